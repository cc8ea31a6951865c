import FoundationEssentials

/// One line of a rotation's journal.
package enum RotationRecord: Codable, Equatable, Sendable {
    /// A rotation of earlier days that came to its end.
    case earlier(Past)
    case began(RotationWork)
    case entered(RotationMachine.State)
    /// What another process needs to go on, none of it secret; in a form that the workflow knows.
    case prepared(String)
    /// The keys of this rotation, sealed to the key that the host made for it; the last ones count.
    case sealed(String)
    /// The transaction that encrypts the values, before it is committed: what is asked whether it was.
    case marked(String)
    /// The backup that holds the old key, and was proven.
    case backedUp(String)
    /// Something that the end leaves to be done, as a sentence without full stop.
    case left(String)

    /// What the journal is called in its first line.
    package static let kind = "infisical-ops/rotation/1"

    /// A rotation that is over: what its keys are known by, which needs no secret.
    package struct Past: Codable, Equatable, Sendable {
        package let id: String
        package let route: RotationRoute
        package let depth: RotationWork.Depth?
        package let changes: [RotationWork.Change]
        /// Whether the new value is in force; false where everything was put back.
        package let isRotated: Bool

        init(_ work: RotationWork, isRotated: Bool) {
            id = work.id
            route = work.route
            depth = work.depth
            changes = work.changes
            self.isRotated = isRotated
        }
    }

    /// One line of JSON.
    package func line() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }

    package init(line: String) throws {
        self = try JSONDecoder().decode(RotationRecord.self, from: Data(line.utf8))
    }
}
