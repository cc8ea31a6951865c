/// Questions whose answer a run can do without: a table that does not look like that of any known version must not keep the
/// rest from being read. Each has a savepoint of its own, so the session has to be in a transaction.
package struct OptionalQuery {
    private let connection: Connection
    /// One sentence without full stop for each question that was not answered.
    package private(set) var failures: [String] = []

    package init(_ connection: Connection) { self.connection = connection }

    /// - Parameter what: the subject of the sentence about a failure.
    /// - Returns: nil where the question could not be answered.
    package mutating func callAsFunction<Value>(
        _ what: String, _ question: () throws(PostgresFault) -> Value
    ) throws(PostgresFault) -> Value? {
        try connection.query("SAVEPOINT question")
        do throws(PostgresFault) {
            let value = try question()
            try connection.query("RELEASE SAVEPOINT question")
            return value
        } catch {
            switch error {
            case .statementFailed, .badData, .unexpectedAnswer:
                try connection.query("ROLLBACK TO SAVEPOINT question")
                failures.append("\(what) could not be read: \(error.message)")
                return nil
            default: throw error
            }
        }
    }
}
