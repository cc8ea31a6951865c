import FoundationEssentials

/// One line of the journal of restores in place.
package enum InPlaceRecord: Codable, Equatable, Sendable {
    /// An exchange of earlier days, which an undo goes back from.
    case earlier(Exchange)
    case began(InPlaceWork)
    case entered(InPlaceMachine.State)

    /// What the journal is called in its first line.
    package static let kind = "infisical-ops/in-place/2"

    /// Two databases that changed places.
    package struct Exchange: Codable, Equatable, Sendable {
        package let server: DatabaseServer
        /// Name of the database in place, before and after.
        package let live: String
        /// What was in place before, as it is called since; nil where nothing was.
        package let kept: DatabaseIdentity?
        /// The backup whose copy was put in place, or taken out of it; nil where an earlier version did so.
        package let backup: String?
        /// Whether the copy was taken out again: it is what is kept, and the next undo puts it back. Absent in the lines of
        /// earlier versions.
        package let isUndo: Bool?

        package init(
            server: DatabaseServer, live: String, kept: DatabaseIdentity?, backup: String? = nil, isUndo: Bool? = nil
        ) {
            self.server = server
            self.live = live
            self.kept = kept
            self.backup = backup
            self.isUndo = isUndo
        }

        /// The exchange that a work comes to.
        init(_ work: InPlaceWork) {
            self.init(
                server: work.server, live: work.live, kept: work.keeps, backup: work.backup ?? work.reversal?.backup,
                isUndo: work.outcome == .undone)
        }

        /// What an undo of it is.
        package var reversal: InPlaceWork.Reversal { .init(backup: backup, isRedo: isUndo == true) }
    }

    /// One line of JSON.
    package func line() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }

    package init(line: String) throws {
        self = try JSONDecoder().decode(InPlaceRecord.self, from: Data(line.utf8))
    }
}
