import Effects
import Faults
import LiveSupport
import Operations
import Postgres
import Repository
import Secrets
import Synchronization
import TestSupport
import Testing

/// Restores into new databases, in this process.
@Suite struct RestoreTests {
    private func restore(
        _ bench: Bench, _ options: RestoreOperation.Options
    ) throws -> RestoreOperation.Report {
        let operation = RestoreOperation(try bench.workplace(), options)
        return try operation.perform(try operation.plan(), progress: BackupProgress())
    }

    private func plan(_ bench: Bench, _ options: RestoreOperation.Options) throws -> RestoreOperation.Plan {
        try RestoreOperation(try bench.workplace(), options).plan()
    }

    private func options(
        _ database: String, _ change: (inout RestoreOperation.Options) -> Void = { _ in }
    )
        -> RestoreOperation.Options
    {
        var options = RestoreOperation.Options(database: database)
        change(&options)
        return options
    }

    /// What there is of a name, whole or half-made.
    private func databases(_ name: String) throws -> [String] {
        let session = try LiveServer.connect(try LiveServer.get().endpoint())
        defer { session.close() }
        return try session.query("SELECT datname FROM pg_database WHERE starts_with(datname, \(name)) ORDER BY 1")
            .map { try $0.string("datname") }
    }

    @Test func `a database comes back with its description, sequences and views`() throws {
        let bench = try Bench.small(), copy = bench.newName(), progress = BackupProgress()
        let operation = RestoreOperation(try bench.workplace(), options(copy) { $0.jobs = 2 }),
            plan = try operation.plan()
        #expect(plan.missingRoles.isEmpty && plan.warnings.isEmpty && plan.leftovers.isEmpty && plan.key == nil)
        #expect(plan.tables.count == 4 && plan.targetVersion.major == 15)
        let report = try operation.perform(plan, progress: progress)
        #expect(report.rows == 20_014 && report.exit == .done)
        #expect(progress.rows.load(ordering: .relaxed) == 20_014 && progress.bytes.load(ordering: .relaxed) > 0)
        #expect(try bench.count("public.parts", in: copy) == 20_005 && bench.count("public.counted", in: copy) == 7)
        let session = try LiveServer.connect(try LiveServer.get().endpoint(database: copy))
        defer { session.close() }
        let facts = try session.query(
            """
            SELECT shobj_description(d.oid, 'pg_database') AS comment, s.setconfig::text AS settings,
                nextval('public.numbers') AS number, d.datacl::text AS acl,
                (SELECT relispopulated FROM pg_class WHERE relname = 'unfilled') AS filled,
                (SELECT count(*) FROM pg_constraint WHERE contype = 'f') AS keys
            FROM pg_database d LEFT JOIN pg_db_role_setting s ON s.setdatabase = d.oid WHERE d.datname = current_database()
            """
        ).only()
        #expect(try facts.string("comment") == "ours" && facts.string("settings") == "{work_mem=7MB}")
        #expect(try facts.integer("number") == 42 && !facts.bool("filled") && facts.integer("keys") == 1)
        #expect(try facts.string("acl").contains("=CTc/postgres"))
        // Nothing is overwritten.
        let again = fault { try self.plan(bench, options(copy)) }
        #expect(again?.code == "restore.database-exists" && again?.exit == .refused)
    }

    @Test func `an earlier backup is restored by the beginning of its id`() throws {
        let prepared = try PreparedRepository.ofSmall(), bench = try Bench(copying: prepared), copy = bench.newName()
        let report = try restore(bench, options(copy) { $0.id = String(prepared.ids[0]) })
        #expect(report.rows == 20_009)
        #expect(fault { try plan(bench, options("x") { $0.id = "1999" }) }?.exit == .notFound)
        let role = fault { try plan(bench, options("x") { $0.role = "audit-logs" }) }
        #expect(role?.code == "restore.no-such-database-in-backup")
    }

    @Test func `single tables come without the keys to the others, and names must be clear`() throws {
        let bench = try Bench.small(), copy = bench.newName()
        let report = try restore(bench, options(copy) { $0.tables = ["parts", "public.parts", "beside.wholes"] })
        #expect(report.rows == 20_007)
        #expect(try bench.count("public.wholes", in: copy) == 0 && bench.count("beside.wholes", in: copy) == 2)
        #expect(try bench.count("pg_constraint WHERE contype = 'f'", in: copy) == 0)
        #expect(try bench.count("pg_constraint WHERE conname IN ('wholes_pkey', 'parts_pkey')", in: copy) == 2)
        let ambiguous = fault { try plan(bench, options("x") { $0.tables = ["wholes"] }) }
        #expect(ambiguous?.code == "restore.ambiguous-table" && ambiguous?.message.contains("beside.wholes") == true)
        let none = fault { try plan(bench, options("x") { $0.tables = ["part"] }) }
        #expect(none?.code == "restore.no-such-table" && none?.message.contains("did you mean \"parts\"") == true)
    }

    @Test func `roles that the server lacks are told, made, or done without`() throws {
        let bench = try Bench(nil), role = "owner_of_\(bench.database)"
        let admin = try LiveServer.connect(try LiveServer.get().endpoint())
        defer { admin.close() }
        try admin.query("CREATE ROLE \(identifier: role)")
        try bench.script(
            """
            CREATE TABLE public.t AS SELECT 1 AS a; ALTER TABLE public.t OWNER TO \(role);
            ALTER DATABASE \(bench.database) OWNER TO \(role);
            ALTER ROLE \(role) IN DATABASE \(bench.database) SET work_mem TO '3MB';
            """)
        try bench.backup()
        try bench.script(
            """
            ALTER DATABASE \(bench.database) OWNER TO postgres; ALTER TABLE public.t OWNER TO postgres;
            ALTER ROLE \(role) IN DATABASE \(bench.database) RESET ALL; DROP ROLE \(role);
            """)
        let missing = fault { try plan(bench, options("x")) }
        #expect(missing?.code == "restore.roles-missing" && missing?.message.contains(role) == true)
        #expect(missing?.exit == .refused && missing?.hints.count == 2)
        let owner = { (name: String) in
            try admin.query("SELECT pg_get_userbyid(datdba)::text AS name FROM pg_database WHERE datname = \(name)")
                .only()
                .string("name")
        }
        let plain = bench.newName()
        #expect(try restore(bench, options(plain) { $0.noOwner = true }).exit == .done)
        #expect(try owner(plain) == "postgres")
        let made = bench.newName()
        #expect(try restore(bench, options(made) { $0.createRoles = true }).plan.missingRoles == [role])
        #expect(try owner(made) == role)
        try LiveServer.drop(made)
        try admin.query("DROP ROLE \(identifier: role)")
    }

    @Test func `a user who may not give the database away is told so`() throws {
        let bench = try Bench.small(), role = "restorer_\(bench.folder.path.suffix(6).lowercased())"
        let admin = try LiveServer.connect(try LiveServer.get().endpoint())
        defer { admin.close() }
        try admin.query("CREATE ROLE \(identifier: role) LOGIN CREATEDB")
        defer { _ = fault { try admin.query("DROP ROLE \(identifier: role)") } }
        var endpoint = try LiveServer.get().endpoint()
        endpoint.user = role
        let target = endpoint
        let plan = try plan(bench, options("x") { $0.server = target })
        #expect(plan.warnings.contains { $0.contains("--no-owner") })
    }

    @Test func `the new database has the locale of the old one, or another one that was asked for`() throws {
        let bench = try Bench.small(), copy = bench.newName()
        let report = try restore(bench, options(copy) { $0.locale = "C" })
        #expect(report.plan.locale.collate == "C")
        #expect(try bench.count("pg_database WHERE datname = '\(copy)' AND datcollate = 'C'", in: copy) == 1)
        let unknown = bench.newName()
        let refused = fault { try restore(bench, options(unknown) { $0.locale = "tlh_QO" }) }
        #expect(refused?.exit == .failed || refused?.exit == .refused)
        #expect(try databases(unknown).isEmpty)
    }

    @Test func `what killed restores left behind is named and left alone`() throws {
        let bench = try Bench.small(), copy = bench.newName(), left = copy + "_restoring_123456"
        bench.drops(left)
        let session = try LiveServer.connect(try LiveServer.get().endpoint())
        try session.query("CREATE DATABASE \(identifier: left) TEMPLATE template0")
        session.close()
        #expect(try plan(bench, options(copy)).leftovers == [left])
        #expect(try restore(bench, options(copy)).exit == .done)
        #expect(try databases(copy) == [copy, left])
    }

    @Test(arguments: [(1, FailingObserver.Kind.failsBefore), (3, .failsBefore), (4, .failsAfter)])
    func `a failure half-way leaves no database`(position: Int, kind: FailingObserver.Kind) throws {
        let bench = try Bench.small(), copy = bench.newName()
        let observer = FailingObserver(at: position, kind: kind) { $0.kind == .copyIn }
        bench.observer = observer
        let failed = fault { try restore(bench, options(copy)) }
        #expect(failed?.exit == .failed && failed?.message.contains("restore of ") == true && observer.happened)
        #expect(try databases(copy).isEmpty)
    }

    @Test(arguments: [Effect.Kind.copyIn, .statement])
    func `a restore that is stopped leaves no database`(kind: Effect.Kind) throws {
        let bench = try Bench.small(), copy = bench.newName()
        bench.observer = CancellingObserver(cancellation: bench.cancellation, kind: kind, signal: 2)
        #expect(fault { try restore(bench, options(copy)) }?.exit == .interrupted)
        #expect(try databases(copy).isEmpty)
    }

    @Test func `a restore that is stopped while it makes its database says what became of that`() throws {
        let bench = try Bench.small(), copy = bench.newName()
        bench.observer = CancellingObserver(
            cancellation: bench.cancellation, kind: .statement, signal: 2, subject: "CREATE")
        let stopped = fault { try restore(bench, options(copy)) }
        #expect(stopped?.exit == .interrupted)
        #expect(
            stopped?.message.hasSuffix("the unfinished copy was removed, no other database was touched") == true,
            "\(String(describing: stopped))")
        #expect(try databases(copy).isEmpty)
    }

    @Test func `a database that the server made, although nobody heard of it, is removed`() throws {
        let bench = try Bench.small(), copy = bench.newName()
        let observer = FailingObserver(at: 1, kind: .failsAfter) { $0.kind == .statement && $0.subject == "CREATE" }
        bench.observer = observer
        let lost = fault { try restore(bench, options(copy)) }
        #expect(lost?.code == "postgres.connection-lost" && observer.happened)
        #expect(try databases(copy).isEmpty)
    }

    @Test func `a table that comes out with other rows than were counted is a failure`() throws {
        let bench = try Bench.small(), copy = bench.newName()
        let repository = try bench.workplace().repository(), latest = try #require(try Inventory(repository).latest)
        var manifest = latest.manifest
        manifest.id = try #require(BackupID("20990101T000000Z-00000001"))
        manifest.sequence += 1
        manifest.previous = latest.link
        let place = try #require(manifest.databases[0].tables.firstIndex { $0.name == "parts" })
        manifest.databases[0].tables[place].rows += 1
        try ManifestStore.publish(
            manifest, signer: try #require(try repository.host.signer()), repository: repository)
        let differ = fault { try restore(bench, options(copy)) }
        #expect(differ?.code == "restore.rows-differ" && differ?.message.contains("20005 rows were loaded") == true)
        #expect(try databases(copy).isEmpty)
    }

    @Test func `another server is reached by an address of its own`() throws {
        let bench = try Bench.small(), copy = bench.newName()
        let other = Endpoint(
            host: "127.0.0.1", port: try LiveServer.get().port, database: "postgres", user: "postgres",
            password: Secret(testing: LiveServer.password))
        let report = try restore(bench, options(copy) { $0.server = other })
        #expect(report.plan.server == "127.0.0.1:\(other.port)" && report.rows == 20_014)
    }

    @Test func `which key the data needs is said, and where it is kept`() throws {
        let bench = try Bench.october()
        let fitting = try plan(bench, options("x"))
        #expect(fitting.key?.contains("the instance uses now") == true && fitting.warnings.isEmpty)
        try bench.editEnvFile("9f2c47d1e0b86a35c7f41d9280ae53b6", "00112233445566778899aabbccddeeff")
        let other = try plan(bench, options("x"))
        #expect(other.warnings.count == 1 && other.warnings[0].contains("does not open this backup"))
        #expect(other.warnings[0].contains("kept in escrow/"))
        bench.namesEnvFile = false
        #expect(try plan(bench, options("x")).warnings.isEmpty)
    }

    @Test func `without the identity nothing is read, and a sealed one asks for its passphrase`() throws {
        let bench = try Bench.small(), identity = "\(try bench.hostFolder())/identity.txt"
        try bench.shell("mv '\(identity)' identity.txt")
        let missing = fault { try plan(bench, options("x")) }
        #expect(missing?.code == "repository.identity-missing" && missing?.exit == .refused)
        bench.repositoryLines = ["identity_file: none"]
        let elsewhere = fault { try plan(bench, options("x")) }
        #expect(elsewhere?.message.contains("repository.identity_file is none") == true)
        let plain = bench.folder.path("identity.txt")
        #expect(try plan(bench, options("x") { $0.identityFile = plain }).tables.count == 4)

        try bench.seal("identity.txt", passphrase: "horse", to: "sealed.age")
        bench.repositoryLines = ["identity_file: \(bench.folder.path("sealed.age"))"]
        #expect(fault { try plan(bench, options("x")) }?.code == "repository.identity-sealed")
        bench.passphrase = "horse"
        #expect(try plan(bench, options("x")).tables.count == 4)
        bench.passphrase = "donkey"
        #expect(fault { try plan(bench, options("x")) }?.exit == .keyMismatch)
    }

    @Test func `kept files are put into a folder, all or none`() throws {
        let bench = try Bench.small(), folder = bench.folder.path("deep/kept")
        let operation = { (id: String) in
            RestoreFilesOperation(try bench.workplace(), id: id, folder: folder, identityFile: nil)
        }
        let first = try operation("latest"), plan = try first.plan()
        #expect(plan.files.map(\.path) == [folder + "/.env"] && plan.files[0].was.hasSuffix("/.env"))
        try first.perform(plan)
        #expect(try bench.folder.text("deep/kept/.env") == bench.folder.text(".env"))
        #expect(try bench.mode("deep/kept/.env") == 0o600)
        let again = fault { try operation("latest").plan() }
        #expect(again?.code == "restore.file-exists" && again?.exit == .refused)
        bench.namesEnvFile = false
        try bench.backup()
        #expect(fault { try operation("latest").plan() }?.code == "restore.no-escrow")
    }
}
