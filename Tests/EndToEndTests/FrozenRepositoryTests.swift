import FoundationEssentials
import LiveSupport
import Postgres
import Processes
import TestSupport
import Testing

/// A repository that the first release with format 1 wrote, kept as it was: whoever has such a one must be able to use
/// it with every later release.
///
/// It must never be made again: then this would only say that today's program reads what today's program writes. It
/// holds three backups, of which the second was lost and signed for; recipients were changed and a second generation
/// begun before the last.
@Suite struct FrozenRepositoryTests {
    private let folder: TemporaryFolder
    private let instance: OpsInstance
    private static let fixture = Fixtures.path("repositories/format-1")
    private static let first = "20261125T024301Z-f83651fb", last = "20261125T024302Z-17fd0a71"

    init() throws {
        instance = try OpsInstance(nil, initialised: false)
        folder = try TemporaryFolder()
        // A copy, because a check writes proofs and locks. Git keeps neither modes nor empty folders.
        try shell("cp -R \"$0/repository\" \"$1\"; chmod -R go+rX \"$1/repository\"", Self.fixture, folder.path)
    }

    private func run(_ arguments: String..., identity: String? = nil) throws -> OpsResult {
        let signer = try Data(contentsOf: URL(filePath: Self.fixture + "/signer"))
        let environment: [String: EnvironmentValue] = [
            "INFISICAL_OPS_REPOSITORY": .plain(folder.path("repository")),
            "INFISICAL_OPS_STATE_FOLDER": .plain(folder.path("fresh-state")),
            "INFISICAL_OPS_SIGNER": .plain(String(decoding: signer.dropLast(), as: UTF8.self)),
        ]
        let identity = identity.map { ["--identity-file", Self.fixture + "/" + $0] } ?? []
        return try instance.run(arguments + identity, environment: environment)
    }

    private struct List: Decodable {
        struct Backup: Decodable, Equatable {
            let id: String
            let sequence: Int
            let tables: Int
            let rows: Int
            let proof: String?
            let tags: [String: String]
        }
        let backups: [Backup]
    }

    @Test func `it is listed with its proofs`() throws {
        let list: List = try run("list", "--json").expect(0).object()
        #expect(
            list.backups == [
                .init(
                    id: Self.first, sequence: 1, tables: 5, rows: 370, proof: "readable", tags: ["sample": "first"]),
                .init(id: Self.last, sequence: 3, tables: 5, rows: 371, proof: "readable", tags: ["sample": "last"]),
            ])
    }

    private struct Table: Decodable {
        let schema: String
        let name: String
        let rows: Int
        let digest: String
        let format: String
    }

    private struct Show: Decodable {
        struct Database: Decodable { let tables: [Table] }
        let databases: [Database]
    }

    @Test func `its tables have their counts and digests`() throws {
        let show: Show = try run("show", "latest", "--json").expect(0).object()
        let tables = show.databases.flatMap(\.tables).map { "\($0.name) \($0.format) \($0.rows) \($0.digest)" }
        #expect(
            tables.sorted() == [
                "empty binary 0 00000000000000000000000000000000",
                "events_2025 binary 184 5815ea2efd9f731840b25c52716a626c",
                "events_2026 binary 182 347a2c1b363207caa786101e091157fd",
                "odd \"name text 2 dcb85d36787a69dbf4f9ad15f3e11da3",
                "people text 3 2752e47a05dbbf1afc87540b503d6222",
            ])
    }

    @Test(arguments: ["identity.txt", "second-identity.txt"])
    func `it verifies as readable on a host that never saw it, for either recipient`(identity: String) throws {
        let result = try run("verify", "--all", "--level", "readable", "--json", identity: identity).expect(0)
        let report: ZooCage.Report = try result.object()
        #expect(report.damage.isEmpty)
        #expect(Set(report.notes.map(\.code)) == ["repository.wrong-mode"])
    }

    @Test func `it verifies as stored without any identity`() throws {
        let report: ZooCage.Report = try run("verify", "--all", "--level", "stored", "--json").expect(0).object()
        #expect(report.damage.isEmpty)
    }

    @Test func `a flipped bit in it is found`() throws {
        try shell(
            "printf x | dd of=\"$(find \"$0\" -name '*.age' -size +1k | head -n 1)\" bs=1 seek=600 conv=notrunc 2>/dev/null",
            folder.path("repository/chunks"))
        try run("verify", "--all", "--level", "stored").expect(13)
    }

    /// The lines that a query of a restored database gives.
    private func lines(_ database: String, _ query: SQL) throws -> [String] {
        let connection = try LiveServer.connect(try LiveServer.get().endpoint(database: database))
        return try connection.query(query).map { try #require(try $0.stringIfAny("line")) }
    }

    @Test func `the last backup is restored to the row`() throws {
        let name = "frozen_\(UInt32.random(in: 0...UInt32.max))"
        try run("restore", "latest", "--to-database", name, "--yes", identity: "second-identity.txt").expect(0)
        defer { do { try LiveServer.drop(name) } catch { Issue.record(error) } }
        #expect(
            try lines(name, "SELECT p::text AS line FROM public.people p ORDER BY id") == [
                #"(1,Ada,happy,"1815-12-10 12:00:00+00",1.50,"{a,""b c"",NULL}","{""k"": [1, null, ""é""]}","\\x00ff10",A)"#,
                #"(2,"Übermut ☃",ok,infinity,NaN,{},null,"\\x",Ü)"#,
                "(3,\"tab\tline\nback\\\\slash\",sad,,-0.0000001,,,,t)",
            ])
        #expect(
            try lines(name, "SELECT o::text AS line FROM public.\"odd \"\"name\" o ORDER BY 1") == [
                "(1,pg_class)", "(2,)",
            ])
        // 365 days with the words "event 0" to "event 364", and "the last".
        #expect(
            try lines(
                name, "SELECT (count(*), max(at), sum(length(what)))::text AS line FROM public.events"
            ) == ["(366,2026-12-31,3183)"])
        #expect(try lines(name, "SELECT (last_value, is_called)::text AS line FROM public.numbers") == ["(42,t)"])
        #expect(try lines(name, "SELECT name AS line FROM public.happy") == ["Ada"])
        #expect(try lines(name, "SELECT count(*)::text AS line FROM public.per_month") == ["13"])
        #expect(try lines(name, "SELECT count(*)::text AS line FROM public.empty") == ["0"])
    }

    @Test func `the kept files of the first backup come back`() throws {
        let target = folder.path("kept")
        try run("restore", Self.first, "--files", target, "--yes", identity: "identity.txt").expect(0)
        let env = String(decoding: try Data(contentsOf: URL(filePath: target + "/.env")), as: UTF8.self)
        #expect(env.contains("ENCRYPTION_KEY=6c1fe4e407b8911c104518103505b218\n"))
        #expect(FileManager.default.fileExists(atPath: target + "/docker-compose.yml"))
    }

    @Test func `it is taken over by a new host, which goes on with it`() throws {
        try run("init", "--adopt", "--yes", "--no-configuration", identity: "identity.txt").expect(0)
        try run("backup").expect(0)
        let list: List = try run("list", "--json").expect(0).object()
        #expect(list.backups.map(\.sequence) == [1, 3, 4])
        try run("verify", "--all", "--level", "readable", identity: "identity.txt").expect(0)
    }
}
