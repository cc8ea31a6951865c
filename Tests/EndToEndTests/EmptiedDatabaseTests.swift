import FoundationEssentials
import LiveSupport
import Postgres
import TestSupport
import Testing

/// A live database that lost what the last good backup held is no instance any more, however green its parts are.
@Suite struct EmptiedDatabaseTests {
    private struct Status: Decodable {
        struct Shrunk: Decodable {
            struct Loss: Decodable {
                let what: String
                let before: String
                let now: String
            }
            let comparedWith: String
            let losses: [Loss]
        }
        let databaseShrunk: Shrunk?
        let exit: Int32
    }
    private struct Export: Decodable {
        let from: String
        let backup: String?
        let warnings: [String]
        let exit: Int32
    }
    private struct Census: Decodable {
        let warnings: [String]
        let exit: Int32
    }

    private let instance: OpsInstance
    private let good: String
    private let export = ["export", "--project", "harbour-api", "--format", "json"]
    private let file: String
    private let whole: Data

    init() throws {
        instance = try OpsInstance(.october)
        try instance.ops("backup").expect(0)
        good = try instance.ids()[0]
        file = instance.path("out.json")
        try instance.run(export + ["--output", file]).expect(0)
        whole = try Data(contentsOf: URL(filePath: file))
    }

    private func content(of file: String) throws -> Data { try Data(contentsOf: URL(filePath: file)) }

    private func status(_ codes: Int32...) throws -> Status {
        let run = try instance.ops("status", "--json")
        #expect(codes.contains(run.exit), "\(run.output) \(run.errors)")
        return try run.object()
    }

    /// `auto` gives what the backup holds, and says why; the file of before is never replaced by less.
    private func expectFallback(_ live: Int32...) throws {
        let auto = try instance.run(export + ["--from", "auto"]).expect(2)
        #expect(Data(auto.output.utf8) == whole)
        #expect(auto.errors.contains("the live database is not taken: it is shrunk: "), "\(auto.errors)")
        #expect(auto.errors.contains("taken from the backup \(good)"), "\(auto.errors)")
        let listed = try instance.ops("export", "--list", "--from", "auto").expect(2)
        #expect(listed.output.contains("harbour-api") && listed.errors.contains("shrunk"))
        let object: Export = try instance.run(export + ["--from", "auto", "--output", file, "--json"]).expect(2)
            .object()
        #expect(object.from == "backup" && object.backup == good && object.exit == 2)
        let kept = try instance.run(export + ["--output", file])
        #expect(live.contains(kept.exit) && kept.errors.contains("shrunk"), "\(kept.exit) \(kept.errors)")
        #expect(try content(of: file) == whole)
    }

    @Test func `secrets that are gone are told by whatever reads the live database, until somebody accepts it`() throws
    {
        let commands = "instance:\n  commands: { stop: [/bin/true], start: [/bin/true] }\n"
        try instance.write(Array(commands.utf8), to: instance.configuration)
        #expect(try status(0).databaseShrunk == nil)
        #expect(try instance.ops("restart", "--dry-run").expect(15).errors.contains("shrunk") == false)
        try instance.sql("DELETE FROM secrets_v2")

        let told = try #require(try status(2).databaseShrunk)
        #expect(told.comparedWith == good && told.losses.map(\.what) == ["secrets"] && told.losses[0].now == "0")
        let text = try instance.ops("status").expect(2).output
        #expect(
            text.contains("content now SHRUNK: no secrets (before: \(told.losses[0].before)); compared with \(good)"))
        #expect(text.contains("whose key opened its data: \(good)"), "\(text)")
        let census: Census = try instance.ops("census", "--live", "--json").expect(2).object()
        #expect(census.warnings.joined().contains("the live database is shrunk: no secrets") && census.exit == 2)
        #expect(try instance.ops("restart", "--dry-run").expect(15).errors.contains("the live database is shrunk: "))

        let health = try instance.ops("health", "--json").expect(2).output
        #expect(health.contains("\"healthy\":false") && health.contains("health.shrunk"), "\(health)")
        try expectFallback(3)
        let fault = try instance.refuses(
            export + ["--output", file], exit: 3, code: "export.live-shrunk", naming: [file])
        #expect(
            fault.hints.first
                == "run: infisical-ops \((export + ["--output", file, "--from", "auto"]).joined(separator: " "))"
                .replacing("--format json --output \(file)", with: "--output \(file) --format json"), "\(fault.hints)")
        // What is left is there for whoever asks for it.
        let left = try instance.run(export).expect(2)
        #expect(left.errors.contains("the live database is shrunk: no secrets"), "\(left.errors)")
        try instance.run(export + ["--output", instance.path("left.json")]).expect(2)
        #expect(try instance.ops("export", "--list").expect(2).errors.contains("the live database is shrunk"))

        // The backup of it changes nothing, and says the same numbers.
        try instance.ops("backup").expect(2)
        let both = try instance.ops("status").expect(2).output
        #expect(both.contains("content     SHRUNK: no secrets (before: \(told.losses[0].before));"), "\(both)")
        #expect(both.contains("content now SHRUNK: no secrets (before: \(told.losses[0].before));"), "\(both)")
        try expectFallback(3)
        try instance.ops("repository", "accept", "latest", "--yes").expect(0)
        #expect(try status(0).databaseShrunk == nil)
        try instance.ops("census", "--live").expect(0)
        // It is right that there is none, and the file of before is still worth more.
        #expect(
            try instance.run(export + ["--output", file, "--json"]).expect(3).fault().code
                == "export.nothing-to-replace")
        try instance.run(export + ["--output", file, "--allow-empty"]).expect(0)
    }

    @Test func `a project that is gone is told with the reason, and tables that are empty or gone as well`() throws {
        try instance.sql("DELETE FROM projects")
        #expect(try status(2, 12).databaseShrunk?.losses.contains { $0.what == "projects" } == true)
        let none = try instance.run(export + ["--json", "--output", instance.path("new.json")])
        #expect(none.exit == 10, "\(none.errors)")
        #expect(try none.fault().message.contains("the live database is shrunk: "))
        try expectFallback(3)

        try instance.truncateAll()
        let truncated = try #require(try status(2, 12).databaseShrunk)
        #expect(truncated.losses.map(\.what).starts(with: ["rootKeys", "kmsKeys", "users"]))
        let census = try instance.ops("census", "--live")
        #expect([2, 12].contains(census.exit) && census.errors.contains("the live database is shrunk: "))
        try expectFallback(3)

        try LiveServer.drop(instance.database)
        try LiveServer.connect(LiveServer.get().endpoint()).query(
            "CREATE DATABASE \(identifier: instance.database) TEMPLATE template0")
        let gone = try #require(try status(2).databaseShrunk)
        // The tables are gone, and their numbers are still those that were counted.
        #expect(gone.losses.map(\.before) == truncated.losses.map(\.before))
        let refused = try instance.refuses(
            ["census", "--live"], exit: 1, code: "instance-data.live-shrunk", naming: ["no root keys", good])
        #expect(refused.hints.first == "run: infisical-ops export --list --from auto")
        try expectFallback(1)
        struct Taken: Decodable {
            struct Backup: Decodable { let shrunk: Status.Shrunk? }
            let backup: Backup
        }
        let taken: Taken = try instance.ops("backup", "--json").expect(2).object()
        #expect(taken.backup.shrunk?.losses.map(\.before) == gone.losses.map(\.before))
        // The latest is what is left.
        let health = try instance.ops("health").expect(15)
        #expect(health.output.contains("run: infisical-ops restore \(good) --in-place"), "\(health.output)")
        #expect(!health.output.contains("restore latest") && health.errors.contains("the live database is shrunk: "))
    }

    @Test func `a database of nobody's is told when it has no row left`() throws {
        let other = try OpsInstance(nil)
        try other.ops("backup").expect(0)
        try other.ops("status").expect(0)
        try other.sql("DELETE FROM public.something")
        let text = try other.ops("status").expect(2).output
        #expect(text.contains("content now SHRUNK: no rows (before: 1); compared with "), "\(text)")
        try other.sql("INSERT INTO public.something VALUES (2)")
        try other.ops("status").expect(0)
    }

    @Test func `a shrunk backup is told by verify, census and restore, and no lost env file is taken from it`() throws {
        try instance.sql("DELETE FROM secrets_v2")
        try instance.ops("backup").expect(2)
        let shrunk = try instance.ids()[1]
        let verified = try instance.ops("verify").expect(2)
        #expect(verified.output.contains(", SHRUNK") && verified.output.contains("but it is shrunk"))
        #expect(
            verified.errors.contains("the backup \(shrunk) is shrunk: no secrets") && verified.errors.contains(good))
        try instance.ops("verify", good).expect(0)
        let census: Census = try instance.ops("census", shrunk, "--json").expect(2).object()
        #expect(census.warnings.joined().contains("the backup \(shrunk) is shrunk: no secrets"))
        try instance.ops("census", good).expect(0)
        let plan = try instance.ops("restore", shrunk, "--to-database", try instance.restoredName(), "--dry-run")
            .expect(2)
        #expect(plan.errors.contains("the backup \(shrunk) is shrunk: no secrets"))

        // A newer one that is whole, and whose files hold another key.
        try instance.ops("repository", "accept", shrunk, "--yes").expect(0)
        try instance.ops("repository", "accept", shrunk, "--revoke", "--yes").expect(0)
        let own = "9f2c47d1e0b86a35c7f41d9280ae53b6"
        try instance.write(Array("instance:\n  env_file: \(instance.envFile)\n".utf8), to: instance.configuration)
        instance.environment["INFISICAL_OPS_ENV_FILE"] = nil
        try instance.editEnvFile(own, "00112233445566778899aabbccddeeff")
        try instance.ops("backup").expect(12)
        try FileManager.default.removeItem(atPath: instance.envFile)
        let fault = try instance.refuses(["backup"], exit: 3, code: "settings.not-found", naming: [instance.envFile])
        #expect(fault.hints.first == "run: infisical-ops restore \(good) --files kept-files", "\(fault.hints)")
        #expect(try instance.ops("status").output.contains("run: infisical-ops restore \(good) --files kept-files"))
        let kept = instance.path("kept")
        #expect(try instance.ops("restore", good, "--files", kept, "--yes").expect(0).errors == "")
    }

    @Test func `without a backup that keeps the key of a lost env file that is said`() throws {
        let other = try OpsInstance(.october)
        try other.write(Array("instance:\n  env_file: \(other.envFile)\n".utf8), to: other.configuration)
        other.environment["INFISICAL_OPS_ENV_FILE"] = nil
        try other.editEnvFile("9f2c47d1e0b86a35c7f41d9280ae53b6", "00112233445566778899aabbccddeeff")
        try other.ops("backup").expect(12)
        try FileManager.default.removeItem(atPath: other.envFile)
        let fault = try other.refuses(["backup"], exit: 3, code: "settings.not-found", naming: [other.envFile])
        #expect(fault.hints.first == "run: infisical-ops list", "\(fault.hints)")
        #expect(fault.hints.last?.hasPrefix("no backup here that counts keeps an env file whose key opened") == true)
    }

    @Test func `a census of a backup that is not Infisical's names one that is`() throws {
        let other = try OpsInstance(nil)
        try other.ops("backup").expect(0)
        let id = try other.ids()[0]
        let alone = try other.refuses(["census"], exit: 1, code: "instance-data.not-infisical", naming: [id])
        #expect(alone.hints.first == "run: infisical-ops show \(id)")
        try LiveServer.drop(instance.database)
        try LiveServer.connect(LiveServer.get().endpoint()).query(
            "CREATE DATABASE \(identifier: instance.database) TEMPLATE template0")
        try instance.ops("backup").expect(2)
        let beside = try instance.refuses(["census"], exit: 1, code: "instance-data.not-infisical")
        #expect(beside.hints == ["run: infisical-ops census \(good)"])
    }

    @Test func `status names the way back, and one way to call it right`() throws {
        try instance.sql("DELETE FROM secrets_v2")
        let back = "to have all of it back, run: infisical-ops restore \(good) --in-place; to look at it first, run: "
        #expect(try instance.ops("status").expect(2).output.contains(back))
        try instance.ops("backup").expect(2)
        let id = try #require(try instance.ids().last), status = try instance.ops("status").expect(2).output
        #expect(
            status.ranges(of: back).count == 1 && status.contains("run: infisical-ops repository accept \(id)"),
            "\(status)")
        #expect(!status.contains("accept latest"), "\(status)")
    }
}
