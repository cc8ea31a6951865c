import DurableFiles
import Repository

/// What a recovery has begun, for the run that goes on after it was killed. It is there from before the first change until
/// everything works. What was done is asked of files, engine and server; the record says only what is this recovery's own.
package struct RecoveryRecord: Codable, Equatable, Sendable {
    private var schema = "infisical-ops/recovery/1"
    package let backup: String
    package let project: String
    /// Of the project on this host.
    package let folder: String
    /// Under which name the copy is restored before it gets the database's own.
    package let copy: String
    /// What goes on with it, as a command line without secrets; nil in what earlier releases wrote.
    package let command: [String]?
    /// The system identifier of the new server; nil until that was asked.
    package var server: String?
    /// `pg_database.oid` of the copy once it is whole, whatever it is called by then.
    package var oid: UInt32?
    /// The same of the second database, for audit logs.
    package var auditLogs: UInt32?
    /// Env files on this host that get a new key; written down before the first of them is edited. Nil without one.
    package var edited: [String]?

    package init(backup: String, project: String, folder: String, copy: String, command: [String]) {
        self.backup = backup
        self.project = project
        self.folder = folder
        self.copy = copy
        self.command = command
    }

    /// What goes on with it.
    package var next: [String] { command ?? ["infisical-ops", "recover", backup, "--into", folder] }

    package static func path(_ instance: InstanceAccess) -> String { instance.stateFile("recovery.json") }

    /// That of an unfinished recovery; nil where there is none.
    ///
    /// - Throws: `RepositoryFault.malformed` for what is no such record.
    package static func read(_ instance: InstanceAccess) throws -> RecoveryRecord? {
        let files = instance.surroundings.files, path = path(instance)
        guard try files.status(path) != nil else { return nil }
        return try StoredJSON.decode(
            RecoveryRecord.self, from: try files.readRegular(path, limit: 1 << 16), path: path)
    }

    /// What to say of a recovery that is unfinished, and the command that goes on; nil without one.
    package static func unfinished(_ instance: InstanceAccess) throws -> (text: String, command: [String])? {
        do {
            return try read(instance).map { record in
                (
                    "the recovery of the backup \(record.backup) into \(record.folder) was interrupted, or is running now",
                    record.next
                )
            }
        } catch is RepositoryFault {
            let path = path(instance)
            return ("\(path) is not the record of a recovery that belongs there", ["cat", path])
        }
    }

    package func write(_ instance: InstanceAccess) throws {
        let path = RecoveryRecord.path(instance)
        try instance.surroundings.files.createFolder(Files.parent(of: path))
        try instance.surroundings.files.publish(try StoredJSON.encode(self), at: path)
    }

    package static func remove(_ instance: InstanceAccess) throws {
        try instance.surroundings.files.remove(path(instance))
    }

    /// What would do the same as this one.
    package func isSame(project: String, folder: String, backup: String) -> Bool {
        (self.project, self.folder, self.backup) == (project, folder, backup)
    }
}
