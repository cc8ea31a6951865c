package import DurableFiles
import InPlace
import Journal
package import Rotation

/// The journal of the rotations that are run with one state folder: what is open, and what the keys of earlier ones are
/// known by.
package final class RotationJournal {
    package private(set) var history: RotationHistory
    private let path: String
    private let files: Files
    private var journal: Journal?

    /// Opens it to go on with it; call under the lock for changes of the instance.
    package convenience init(_ instance: InstanceAccess) throws {
        try self.init(RotationJournal.path(instance), instance.surroundings.files)
    }

    package init(_ path: String, _ files: Files) throws {
        self.path = path
        self.files = files
        journal = try Journal.open(path, kind: RotationRecord.kind, files: files)
        history = try RotationJournal.read(journal?.records ?? [], path)
    }

    /// What it says, for those who only look.
    package static func history(_ instance: InstanceAccess) throws -> RotationHistory {
        let path = path(instance)
        return try read(
            try Journal.records(path, kind: RotationRecord.kind, files: instance.surroundings.files) ?? [], path)
    }

    /// What keeps every other change of the instance from being made; nil while no rotation is open.
    package static func obstacle(_ instance: InstanceAccess) throws -> RotationFault? {
        try history(instance).open.map {
            .stillOpen(title: $0.work.title, RotationStanding($0.work, $0.state))
        }
    }

    /// The same where the rotation may have closed the database to sessions: nothing could be read.
    package static func closure(_ instance: InstanceAccess) throws -> RotationFault? {
        guard let open = try history(instance).open, RotationStanding(open.work, open.state).mayBeClosed else {
            return nil
        }
        return try obstacle(instance)
    }

    /// Begins a work. What is known of earlier ones is carried over.
    ///
    /// - Parameter more: what holds of it from the beginning: it is on disk with it, or neither is.
    package func begin(_ work: RotationWork, _ more: [RotationRecord] = []) throws -> RotationHistory.OpenWork {
        let records = history.digest + [.began(work)] + more
        journal = try Journal.create(
            path, kind: RotationRecord.kind, records: try records.map { try $0.line() }, files: files)
        history = RotationHistory(records)
        return history.open ?? RotationHistory.OpenWork(work)
    }

    /// Records something; it is on disk when this returns.
    package func add(_ record: RotationRecord) throws {
        try journal?.append(try record.line())
        history.add(record)
    }

    package static func path(_ instance: InstanceAccess) -> String { instance.stateFile("rotation.journal") }

    private static func read(_ lines: [String], _ path: String) throws -> RotationHistory {
        do { return RotationHistory(try lines.map { try RotationRecord(line: $0) }) } catch {
            throw RotationFault.badJournal(path: path)
        }
    }
}
