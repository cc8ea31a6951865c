import DurableFiles
import InstanceAccess
import Repository

/// What a recovery has begun, for the run that goes on after it was killed. It is there from before the first change until
/// everything works. What was done is asked of files, engine and server; the record says only what is this recovery's own.
struct RecoveryRecord: Codable, Equatable {
    private var schema = "infisical-ops/recovery/1"
    let backup: String
    let project: String
    /// Of the project on this host.
    let folder: String
    /// Under which name the copy is restored before it gets the database's own.
    let copy: String
    /// The system identifier of the new server; nil until that was asked.
    var server: String?
    /// `pg_database.oid` of the copy once it is whole, whatever it is called by then.
    var oid: UInt32?

    init(backup: String, project: String, folder: String, copy: String) {
        self.backup = backup
        self.project = project
        self.folder = folder
        self.copy = copy
    }

    static func path(_ instance: InstanceAccess) -> String { instance.stateFile("recovery.json") }

    /// That of an unfinished recovery; nil where there is none.
    static func read(_ instance: InstanceAccess) throws -> RecoveryRecord? {
        let files = instance.surroundings.files, path = path(instance)
        guard try files.status(path) != nil else { return nil }
        do {
            return try StoredJSON.decode(
                RecoveryRecord.self, from: try files.readRegular(path, limit: 1 << 16), path: path)
        } catch is RepositoryFault { throw RecoveryFault.badRecord(path: path) }
    }

    func write(_ instance: InstanceAccess) throws {
        let path = RecoveryRecord.path(instance)
        try instance.surroundings.files.createFolder(Files.parent(of: path))
        try instance.surroundings.files.publish(try StoredJSON.encode(self), at: path)
    }

    static func remove(_ instance: InstanceAccess) throws { try instance.surroundings.files.remove(path(instance)) }

    /// What would do the same as this one.
    func isSame(project: String, folder: String, backup: String) -> Bool {
        (self.project, self.folder, self.backup) == (project, folder, backup)
    }
}
