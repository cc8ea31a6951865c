import DurableFiles
package import InPlace
import Journal

/// The journal of the restores in place that are run with one state folder: what is open, and what can be undone.
package final class InPlaceJournal {
    package private(set) var history: InPlaceHistory
    private let path: String
    private let files: Files
    private var journal: Journal?

    /// Opens it to go on with it; call under the lock for changes of the instance.
    package init(_ instance: InstanceAccess) throws {
        path = InPlaceJournal.path(instance)
        files = instance.surroundings.files
        try InPlaceJournal.refuseOlder(instance)
        journal = try Journal.open(path, kind: InPlaceRecord.kind, files: files)
        history = try InPlaceJournal.read(journal?.records ?? [], path)
    }

    /// What it says, for those who only look.
    package static func history(_ instance: InstanceAccess) throws -> InPlaceHistory {
        try refuseOlder(instance)
        let path = path(instance)
        return try read(
            try Journal.records(path, kind: InPlaceRecord.kind, files: instance.surroundings.files) ?? [], path)
    }

    /// What to say of a restore that was killed; nil without one.
    package static func unfinishedText(_ instance: InstanceAccess) throws -> String? {
        try history(instance).open.map {
            "\($0.work.title) in place (database \($0.work.live)) was interrupted, or is running now"
        }
    }

    /// The command that finishes or undoes it, and then goes on with nothing else than it was to do.
    package static func unfinishedCommand(_ instance: InstanceAccess) throws -> [String]? {
        try history(instance).open?.work.command
    }

    /// Begins a work. What earlier ones left to be undone is carried over, so the journal stays short.
    package func begin(_ work: InPlaceWork) throws -> InPlaceHistory.OpenWork {
        let records = history.digest + [.began(work)]
        journal = try Journal.create(
            path, kind: InPlaceRecord.kind, records: try records.map { try $0.line() }, files: files)
        history = InPlaceHistory(records)
        return InPlaceHistory.OpenWork(work)
    }

    /// Records a state before what is to be done in it, or an end.
    package func enter(_ state: InPlaceMachine.State) throws {
        let record = InPlaceRecord.entered(state)
        try journal?.append(try record.line())
        history.add(record)
    }

    package static func path(_ instance: InstanceAccess) -> String { instance.stateFile("in-place.journal") }

    private static func read(_ lines: [String], _ path: String) throws -> InPlaceHistory {
        do { return InPlaceHistory(try lines.map { try InPlaceRecord(line: $0) }) } catch {
            throw InPlaceFault.badJournal(path: path)
        }
    }

    /// Versions before the journal had lines kept one document, which is there only while a restore is unfinished.
    private static func refuseOlder(_ instance: InstanceAccess) throws {
        let older = instance.stateFile("in-place.json")
        if try instance.surroundings.files.status(older) != nil { throw InPlaceFault.badJournal(path: older) }
    }
}
