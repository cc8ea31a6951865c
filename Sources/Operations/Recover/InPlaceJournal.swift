import DurableFiles
import FoundationEssentials
import InstanceAccess
import Settings

/// What an in-place restore was about to do: written before each step, so that the next run can tell what was done.
struct InPlaceJournal: Codable, Equatable {
    enum Phase: String, Codable {
        /// The copy is being made; nothing of the instance was touched.
        case copying
        /// The copy is complete, the backend is being stopped.
        case stopping
        /// The databases are being renamed.
        case swapping
        /// The databases are renamed; Redis is being emptied and the backend started.
        case starting
    }

    /// The engine's part of stopping the backend, to be put back.
    struct Backend: Codable, Equatable {
        let name: String
        let restartPolicy: String
    }

    var schema = "infisical-ops/in-place/1"
    var phase: Phase
    /// The server's own number, which tells it from those of other instances on this host; nil if it may not be read.
    let server: String?
    /// The backup; nil for an undo.
    let backup: String?
    /// The database in place.
    let live: String
    /// What takes its place.
    let copy: String
    /// What it is called from then on.
    let kept: String
    /// Nil without containers.
    let backend: Backend?
    let flushesRedis: Bool

    /// Whether the copy was made by this run, so that it may be thrown away.
    var ownsCopy: Bool { backup != nil }
}

/// The journal's file.
struct InPlaceJournalFile {
    let path: String
    let files: Files

    init(_ workplace: Workplace) {
        path = workplace.configuration.stateFolder + "/in-place.json"
        files = workplace.surroundings.files
    }

    func read() throws -> InPlaceJournal? {
        guard try files.status(path) != nil else { return nil }
        let bytes = try files.read(path, limit: 1 << 16)
        guard let journal = try? JSONDecoder().decode(InPlaceJournal.self, from: Data(bytes)) else {
            throw InPlaceFault.badJournal(path: path)
        }
        return journal
    }

    /// What to say of a restore that was killed; nil without one.
    func unfinishedWords() throws -> String? {
        guard let journal = try read() else { return nil }
        let what = journal.backup.map { "the restore of \($0)" } ?? "the undo of a restore"
        return "\(what) in place (database \(journal.live)) was stopped in the middle, or is running now"
    }

    func write(_ journal: InPlaceJournal) throws {
        try files.createFolder(Files.parent(of: path))
        try files.publish(Array(try JSONEncoder().encode(journal)), at: path)
    }

    func remove() throws {
        try files.remove(path)
        try files.syncFolder(Files.parent(of: path))
    }
}
