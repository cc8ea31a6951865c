package import Faults

/// Why no key at hand opens the data that is to be read: each cause has a cure of its own.
package enum DataKeyFault: Fault, Equatable {
    /// Nobody gave a key; the reason as a clause.
    case missing(data: String, reason: String, hints: [Hint])
    /// What was given can be no key; the reason names the variable and its place.
    case unusable(data: String, reason: String, hints: [Hint])
    /// It is a key, and not this data's; what was tried, as a clause.
    case closed(data: String, reason: String, hints: [Hint])

    package var code: String {
        switch self {
        case .missing: "instance-data.key-missing"
        case .unusable: "instance-data.key-unusable"
        case .closed: "instance-data.key-does-not-open"
        }
    }

    package var message: String {
        switch self {
        case .missing(let data, let reason, _): "there is no key to open \(data) with: \(reason)"
        case .unusable(let data, let reason, _): "the key for \(data) cannot be used: \(reason)"
        case .closed(let data, let reason, _): "the key does not open \(data): \(reason)"
        }
    }

    package var hints: [Hint] {
        switch self {
        case .missing(_, _, let hints), .unusable(_, _, let hints), .closed(_, _, let hints): hints
        }
    }

    package var exit: ExitCode { .keyMismatch }
}
