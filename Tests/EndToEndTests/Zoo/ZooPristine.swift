import DurableFiles
import Effects
import Glibc
import LiveSupport
import Postgres
import Processes
import Repository
import Synchronization
import TestSupport
import Testing

/// The repository that every kind of damage is done to a copy of: three backups of a changing database, made by the
/// real program once for all.
final class ZooPristine: Sendable {
    // An instance belongs to the thread that made it only while it is being made; afterwards it is only read.
    nonisolated(unsafe) let instance: OpsInstance
    /// Oldest first.
    let manifests: [Manifest]
    /// Another repository of the same database, by other keys, that this host does not know.
    let foreign: String
    let foreignManifest: Manifest
    /// The repository as it was before the newest backup, under the keyring of today.
    let older: String

    private static let shared = Mutex<ZooPristine?>(nil)

    static func get() throws -> ZooPristine {
        try shared.withLock { stored in
            if let stored { return stored }
            let made = try ZooPristine()
            stored = made
            // Its folder and its database go with it.
            atexit { ZooPristine.shared.withLock { $0 = nil } }
            return made
        }
    }

    private init() throws {
        // A few small tables: what the zoo is about is the repository, and it takes some hundred backups.
        instance = try OpsInstance(nil)
        for table in 1...6 {
            try instance.sql(
                """
                CREATE TABLE public.\(identifier: "t\(table)") AS
                SELECT g AS id, pg_catalog.md5(g::text || \(literal: "\(table)")) AS value
                FROM pg_catalog.generate_series(1, 200 * \(literal: "\(table)")::int) AS g
                """)
        }
        let keyring = "keys/keyring-1.json"
        try instance.ops("backup").expect(0)
        // The files of the first keyring, for the kind in which it comes back.
        try shell("cp \"$0/$1\" \"$0/$1.sig\" \"$2\"", instance.repository, keyring, instance.folder.path)
        try instance.ops("repository", "rekey", "--yes").expect(0)
        try instance.sql("UPDATE public.t1 SET value = 'changed'")
        try instance.sql("DELETE FROM public.t2 WHERE id % 2 = 0")
        try instance.ops("backup").expect(0)
        older = instance.folder.path("older")
        try shell("cp -a \"$0\" \"$1\"", instance.repository, older)
        try instance.sql("UPDATE public.t3 SET value = 'changed'")
        try instance.ops("backup").expect(0)
        manifests = try ZooPristine.manifests(instance.repository, instance.state)

        foreign = instance.folder.path("foreign")
        let foreignState = instance.folder.path("foreign-state")
        for command in [["init", "--yes", "--no-configuration"], ["backup"]] {
            try instance.run(
                command,
                environment: [
                    "INFISICAL_OPS_REPOSITORY": .plain(foreign), "INFISICAL_OPS_STATE_FOLDER": .plain(foreignState),
                ]
            ).expect(0)
        }
        guard let manifest = try ZooPristine.manifests(foreign, foreignState).first else {
            throw TestProblem("the foreign repository has no backup")
        }
        foreignManifest = manifest
    }

    private static func manifests(_ root: String, _ state: String) throws -> [Manifest] {
        let repository = try Repository(
            path: root, stateFolder: state, pinned: nil, files: Files(effects: Effects()))
        return try Inventory(repository).entries.map(\.manifest)
    }

    /// The chunks that the next backup writes again if they are gone: those of the data and the schema as they are now.
    var current: Set<ChunkName> {
        guard let database = manifests.last?.databases.first else { return [] }
        let schema = database.schema
        return Set(database.tables.flatMap { $0.ranges.joined() } + schema.archive + schema.preData + schema.postData)
    }

    /// All chunks, in the order of their names.
    var chunks: [ChunkName] { Set(manifests.flatMap(\.chunks.keys)).sorted() }
}

/// Runs a shell script with arguments `$0`, `$1` …, which must succeed.
func shell(_ script: String, _ arguments: String...) throws {
    let end = try ChildProcess("/bin/sh", ["-euc", script] + arguments).wait()
    guard end == .exited(0) else { throw TestProblem("\(script) \(arguments): \(end)") }
}
