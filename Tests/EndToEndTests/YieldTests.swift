import Effects
import Glibc
import LiveSupport
import Postgres
import Synchronization
import TestSupport
import Testing

/// A backup that takes long gives way to a change of a table, before the application stands still for long.
@Suite(.serialized) struct YieldTests {
    private static let yieldAfter = 2.0

    /// An instance whose backups last until something ends them, because `pg_dump` never does.
    private func slowInstance(_ steps: String = "exec sleep 120") throws -> OpsInstance {
        let instance = try OpsInstance()
        try instance.replacePgDump(by: steps)
        try instance.write(
            Array("backup: { yield_after: 2s, jobs: 2, pg_dump: \(instance.folder.path("pg_dump")) }\n".utf8),
            to: instance.configuration)
        try instance.connection().execute(
            script: """
                CREATE TABLE public.soak_data AS SELECT n AS id, repeat(md5(n::text), 30) AS text
                FROM generate_series(1, 20000) n
                """)
        return instance
    }

    /// The second program does not end when it is told to: the server's locks must not wait for it.
    @Test(arguments: ["exec sleep 120", "trap '' TERM; sleep 120; exit 1"])
    func `neither the change nor the writers behind it wait longer than agreed`(steps: String) throws {
        let instance = try slowInstance(steps)
        let waits = Mutex((change: 0.0, writer: 0.0))
        let result = try instance.run(["backup", "--json"]) { beside in
            let watcher = try beside.connect()
            try beside.waitUntilRowsAreRead(watcher)
            let endpoint = beside.endpoint
            try Threads.run(2) { number in
                let connection = try LiveServer.connect(endpoint, role: "application")
                if number == 0 {
                    let time = try seconds { try connection.query("ALTER TABLE public.soak_data ADD s3cret int") }
                    waits.withLock { $0.change = time }
                } else {
                    // The change must be in the queue first.
                    try beside.wait {
                        try !connection.query(
                            """
                            SELECT FROM pg_locks WHERE NOT granted AND mode = 'AccessExclusiveLock'
                            AND relation = 'public.soak_data'::regclass
                            """
                        ).isEmpty
                    }
                    let time = try seconds { try connection.query("INSERT INTO public.soak_data VALUES (0, '')") }
                    waits.withLock { $0.writer = time }
                }
            }
        }
        let (change, writer) = waits.withLock { $0 }
        print("the change waited \(change) s, the writer behind it \(writer) s")
        #expect(change > Self.yieldAfter - 0.5, "the change did not wait at all")
        #expect(change < Self.yieldAfter + 3 && writer < Self.yieldAfter + 3)
        let fault = try result.fault()
        #expect(fault.code == "backup.yielded" && fault.exit == 1 && result.exit == 1)
        #expect(
            fault.message.contains("ALTER TABLE on \"public\".\"soak_data\"")
                || fault.message.contains("ALTER TABLE on public.soak_data"))
        #expect(!fault.message.contains("s3cret"))
        #expect(try instance.backups().isEmpty)
    }

    @Test func `what a backup that gave way has stored is used by the next one`() throws {
        let instance = try slowInstance()
        let result = try instance.run(["backup", "--json"]) { beside in
            let watcher = try beside.connect()
            try beside.waitUntilRowsAreRead(watcher)
            try beside.connect().query("CREATE INDEX ON public.soak_data (id)")
            try beside.connect().query("VACUUM FULL public.users")
        }
        let fault = try result.fault()
        #expect(fault.code == "backup.yielded" && fault.message.contains("VACUUM FULL on"))
        let stored = try instance.stored("chunks")
        #expect(!stored.isEmpty)
        try instance.write([], to: instance.configuration)
        struct Report: Decodable {
            struct Backup: Decodable { let newBytes, storedBytes: Int }
            let backup: Backup
        }
        let next: Report = try instance.ops("backup", "--json").expect(0).object()
        #expect(next.backup.newBytes < next.backup.storedBytes / 2)
        try instance.ops("verify", "--all", "--level", "readable").expect(0)
    }

    // pg_dump would queue behind the change, which waits for the leader, which waits for pg_dump.
    @Test func `a change that comes before pg_dump has its locks is let through, and the backup starts over`() throws {
        let instance = try slowInstance("sleep 1")
        try instance.write(
            Array("backup: { jobs: 2, pg_dump: \(instance.folder.path("pg_dump")) }\n".utf8), to: instance.configuration
        )
        let wait = Mutex(0.0)
        let result = try instance.run(["backup", "--json"]) { beside in
            try beside.waitForPgDump()
            let connection = try beside.connect()
            let time = try seconds {
                try connection.query("ALTER TABLE public.soak_data ADD extra float DEFAULT random()")
            }
            wait.withLock { $0 = time }
        }
        try result.expect(0)
        #expect(wait.withLock { $0 } < 10)
        #expect(try instance.backups().count == 1)
        try instance.restored { restored in
            let row = try restored.query("SELECT count(extra) AS n FROM public.soak_data").only()
            #expect(try row.integer("n", as: Int.self) == 20_000)
        }
        try instance.ops("verify", "--all", "--level", "readable").expect(0)
    }
}
