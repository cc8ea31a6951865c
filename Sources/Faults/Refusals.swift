/// Several reasons at once why something was refused: whoever mends one need not come back for each of the others.
///
/// For scripts it is one about a key where there is one, then one about an instance that does not answer, else the first.
package struct SeveralFaults: Fault {
    package let faults: [any Fault]
    private let main: any Fault

    /// - Parameter faults: in the order in which they were found.
    fileprivate init(_ first: any Fault, _ others: [any Fault]) {
        faults = [first] + others
        main = faults.first { $0.exit == .keyMismatch } ?? faults.first { $0.exit == .unhealthy } ?? first
    }

    /// Those that a fault stands for; nil where it is one.
    package static func of(_ fault: any Fault) -> SeveralFaults? {
        ((fault as? Failure)?.cause ?? fault) as? SeveralFaults
    }

    package var code: String { main.code }
    package var exit: ExitCode { main.exit }
    /// How many there are, for a text in which each has a line of its own.
    package var title: String { "\(faults.count) things stand in the way:" }
    package var message: String {
        title + " "
            + faults.enumerated().map { "(\($0 + 1)) \($1.message)" }.joined(separator: "; ")
    }
    package var hints: [Hint] {
        var hints: [Hint] = []
        for hint in faults.flatMap(\.hints) where !hints.contains(hint) { hints.append(hint) }
        return hints
    }
}

/// Collects why something is refused, check by check.
package struct Refusals {
    private var faults: [any Fault] = []

    package init() {}

    /// Whether nothing was refused so far.
    package var isEmpty: Bool { faults.isEmpty }

    /// Runs a check; what it throws is kept, and others follow. An interruption ends all of them.
    ///
    /// - Returns: nil where it was refused.
    @discardableResult
    package mutating func check<Value>(_ body: () throws -> Value) throws -> Value? {
        do { return try body() } catch {
            try keep(error)
            return nil
        }
    }

    /// The same for what later checks need: where it is refused, all that was found is thrown.
    package mutating func required<Value>(_ body: () throws -> Value) throws -> Value {
        do { return try body() } catch {
            try keep(error)
            try end()
            throw error
        }
    }

    private mutating func keep(_ error: any Error) throws {
        let fault: any Fault = .of(error)
        if fault.exit == .interrupted || fault.exit == .terminated { throw error }
        faults.append(fault)
    }

    /// Ends with what was found, if anything was.
    package func end() throws {
        guard let first = faults.first else { return }
        if faults.count == 1 { throw first }
        throw SeveralFaults(first, Array(faults.dropFirst()))
    }
}
