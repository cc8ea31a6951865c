extension FixedWidthInteger {
    /// The whole number nearest to zero from `value`, or the last one that there is; 0 for what is not a number.
    ///
    /// `init(_:)` ends the process where the value does not fit, and what a server sends may be anything.
    package init(saturating value: Double) {
        if let exact = Self(exactly: value.rounded(.towardZero)) {
            self = exact
        } else {
            self = value.isNaN ? 0 : value < 0 ? .min : .max
        }
    }
}
