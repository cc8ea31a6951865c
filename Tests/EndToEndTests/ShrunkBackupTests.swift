import FoundationEssentials
import LiveSupport
import Postgres
import Processes
import TestSupport
import Testing

/// A backup of what is left of an instance, or of another one, is not a good backup.
@Suite struct ShrunkBackupTests {
    fileprivate struct Shrunk: Decodable {
        struct Loss: Decodable, Equatable {
            let what: String
            let before: String?
            let now: String?
        }
        let code: String
        let accepted: String?
        let comparedWith: String?
        let losses: [Loss]
    }
    fileprivate struct Backup: Decodable {
        let id: String
        let shrunk: Shrunk?
    }
    fileprivate struct Report: Decodable {
        let backup: Backup
        let warnings: [String]
        let exit: Int32
    }
    fileprivate struct Status: Decodable {
        let latest: Backup?
        let exit: Int32
    }
    fileprivate struct Plan: Decodable {
        let warnings: [String]
        let exit: Int32
        let shrunk: Shrunk?
    }

    /// An instance with the database and the env file of a fixture.
    private func instance(of fixture: String) throws -> OpsInstance {
        if let known = LiveFixture(rawValue: fixture) { return try OpsInstance(known) }
        let instance = try OpsInstance(nil, initialised: false)
        try load(fixture, into: instance)
        try instance.ops("init", "--yes", "--no-configuration").expect(0)
        return instance
    }

    /// Puts a fixture's database and env file in the place of the instance's.
    private func load(_ fixture: String, into instance: OpsInstance) throws {
        try recreate(instance)
        let server = try LiveServer.get()
        try shell(
            "pg_restore --no-owner --exit-on-error -h \"$0\" -p \"$1\" -U postgres -d \"$2\" \"$3\"", server.folder,
            String(server.port), instance.database, Fixtures.path("\(fixture)/database.dump"))
        let env = Fixtures.path("\(fixture)/instance.env")
        try instance.write(Array(Data(contentsOf: URL(filePath: env))), to: instance.envFile)
        instance.moreEnvFiles.append(env)
    }

    /// Drops the database and makes an empty one of its name.
    private func recreate(_ instance: OpsInstance) throws {
        try LiveServer.drop(instance.database)
        try LiveServer.connect(LiveServer.get().endpoint()).query(
            "CREATE DATABASE \(identifier: instance.database) TEMPLATE template0")
    }

    /// Takes a backup that must be published; one whose root key is gone may end with the code of a key that opens
    /// nothing, which comes first.
    ///
    /// The dry run before it must come to the same, and leave everything as it was.
    private func backup(_ instance: OpsInstance, _ codes: Int32...) throws -> Report {
        let before = try instance.contents(), dry = try instance.ops("backup", "--dry-run", "--json")
        try instance.expectUnchanged(since: before)
        let plan: Plan = try dry.object()
        let result = try instance.ops("backup", "--json")
        #expect(codes.contains(result.exit), "\(result.output)\(result.errors)")
        let report: Report = try result.object()
        #expect(dry.exit == result.exit && plan.exit == result.exit, "\(dry.output)\(dry.errors)")
        #expect(plan.shrunk?.losses == report.backup.shrunk?.losses, "\(dry.output)")
        #expect(plan.shrunk?.comparedWith == report.backup.shrunk?.comparedWith)
        let isOther = report.backup.shrunk?.losses.contains { ["rootKey", "instance"].contains($0.what) } == true
        let words = isOther ? "would be of another instance: " : "would be shrunk: "
        #expect(plan.warnings.contains { $0.contains(words) } == (report.backup.shrunk != nil), "\(plan.warnings)")
        return report
    }

    private func status(_ instance: OpsInstance) throws -> Status {
        try instance.ops("status", "--json", "--max-age", "1d").object()
    }

    @Test(arguments: ["infisical-2024-10", "infisical-2026-07", "infisical-s8"])
    func `tables that were emptied are told until somebody accepts it, and again when he takes it back`(
        fixture: String
    ) throws {
        let instance = try instance(of: fixture)
        let good = try backup(instance, 0)
        #expect(good.backup.shrunk == nil && good.exit == 0)
        #expect(try status(instance).exit == 0)

        try instance.truncateAll()
        let bad = try backup(instance, 2, 12)
        let shrunk = try #require(bad.backup.shrunk)
        #expect(shrunk.code == "backup.shrunk" && shrunk.accepted == nil && shrunk.comparedWith == good.backup.id)
        let expected = ["rootKeys", "kmsKeys", "users", "organizations", "projects", "secrets"]
        #expect(shrunk.losses.map(\.what) == expected && shrunk.losses.allSatisfy { $0.now == "0" })
        #expect(
            bad.warnings.contains { $0.contains("is shrunk") && $0.hasSuffix("repository accept \(bad.backup.id)") })

        // Everywhere it is looked at, and first of all by `status`.
        #expect(try [2, 12].contains(status(instance).exit))
        let lines = try instance.ops("status").output.split(separator: "\n")
        #expect(lines[0].hasPrefix("content     SHRUNK: no root keys (before: 1)"), "\(lines)")
        #expect(lines[1].contains(good.backup.id) && lines[1].contains("repository accept \(bad.backup.id)"))
        #expect(try instance.ops("list").expect(0).output.contains(", SHRUNK"))
        #expect(try instance.ops("show").expect(0).output.contains("content    SHRUNK: no root keys"))
        let copy = try instance.restoredName()
        let plan: Plan = try instance.ops("restore", "--to-database", copy, "--dry-run", "--json").expect(2).object()
        #expect(plan.warnings.contains { $0.contains("is shrunk") && $0.contains(good.backup.id) })

        // The next night is no better.
        #expect(try backup(instance, 2, 12).backup.shrunk?.comparedWith == good.backup.id)

        let accept = ["repository", "accept", bad.backup.id]
        let before = try instance.contents()
        #expect(try instance.run(accept + ["--dry-run"]).expect(0).output.contains("no users (before: "))
        #expect(try instance.run(accept + ["--json"]).expect(3).fault().code == "command.not-confirmed")
        try instance.expectUnchanged(since: before)
        #expect(try instance.run(accept + ["--yes"]).expect(0).output.hasSuffix("\(bad.backup.id) is accepted\n"))
        #expect(try instance.run(accept + ["--yes"]).expect(0).output.contains("nothing to do"))
        let accepted = try status(instance)
        #expect(accepted.latest?.shrunk == nil, "it was compared with the accepted one")
        // Without a root key there is nothing that a key could be proven on.
        #expect(try backup(instance, 2, 12).backup.shrunk == nil)
        #expect(try instance.ops("list").expect(0).output.contains(", shrunk but accepted"))

        #expect(try instance.run(accept + ["--revoke", "--yes"]).expect(0).output.contains("no longer accepted"))
        #expect(try status(instance).latest?.shrunk?.comparedWith == good.backup.id)
        #expect(try [2, 12].contains(status(instance).exit))
        try instance.ops("verify", "--all").expect(2)
    }

    @Test func `a database that was made anew is no good backup, nor is the first one of an empty one`() throws {
        let instance = try OpsInstance()
        let good = try backup(instance, 0)
        try recreate(instance)
        let bad = try backup(instance, 2)
        #expect(bad.backup.shrunk?.comparedWith == good.backup.id && bad.exit == 2)
        #expect(try status(instance).exit == 2)
        // Back again, it is as if nothing had been.
        try load("infisical-2024-10", into: instance)
        #expect(try backup(instance, 0).backup.shrunk == nil)
        #expect(try status(instance).exit == 0)

        let empty = try OpsInstance(nil)
        try recreate(empty)
        let first = try backup(empty, 2)
        #expect(first.backup.shrunk?.losses.map(\.what) == ["nothing"] && first.backup.shrunk?.comparedWith == nil)
        #expect(try status(empty).exit == 2)
        // Nothing better is there: all of it is restored, and that it is shrunk is said.
        let copy = try empty.restoredName()
        let plan = try empty.ops("restore", "latest", "--to-database", copy, "--dry-run").expect(0)
        #expect(
            plan.output.contains("every older backup is, too") || plan.errors.contains("every older backup is, too"))
        let restored = try empty.ops("restore", "latest", "--to-database", copy, "--yes").expect(0)
        #expect((restored.output + restored.errors).contains("is shrunk: no user, organization, project or secret"))
        try empty.ops("repository", "accept", "latest", "--yes").expect(0)
        #expect(try status(empty).exit == 0)
    }

    @Test(arguments: [
        ("infisical-2024-10", "infisical-2026-07"), ("infisical-2026-07", "infisical-2024-07"),
        ("infisical-s8", "infisical-2026-07"),
    ])
    func `another instance in its place is told, whatever it holds`(first: String, second: String) throws {
        let instance = try instance(of: first)
        let good = try backup(instance, 0)
        try load(second, into: instance)
        // Its own key opens it: everything else is as on every day.
        let other = try backup(instance, 2)
        let losses = try #require(other.backup.shrunk).losses.map(\.what)
        #expect(losses.starts(with: ["rootKey", "instance"]), "\(losses)")
        struct Difference: Decodable {
            let same: Bool
            let otherInstance: String?
        }
        let difference: Difference = try instance.ops("diff", good.backup.id, "latest", "--json").expect(0).object()
        #expect(difference.otherInstance?.hasPrefix("the first is of the instance ") == true && !difference.same)
        let shown = try instance.ops("diff", good.backup.id, "latest").expect(0).output
        #expect(shown.contains("different instances: the first is of the instance "), "\(shown)")
        let same: Difference = try instance.ops("diff", "latest", "latest", "--json").expect(0).object()
        #expect(same.otherInstance == nil && same.same)
        #expect(try status(instance).exit == 2)
        #expect(other.backup.shrunk?.comparedWith == good.backup.id)
        try instance.ops("repository", "accept", "latest", "--yes").expect(0)
        #expect(try status(instance).exit == 0 && backup(instance, 0).backup.shrunk == nil)
        // And so is the way back.
        try load(first, into: instance)
        #expect(try backup(instance, 2).backup.shrunk?.losses.first?.what == "rootKey")
    }

    @Test func `a backup of another instance is left out, and everything is calm again`() throws {
        struct Hints: Decodable { let hints: [String] }
        let instance = try instance(of: "infisical-2024-10")
        let good = try backup(instance, 0).backup.id
        try load("infisical-2026-07", into: instance)
        // The address leads elsewhere: nothing is advised that would put it among the good ones.
        let elsewhere = try instance.ops("status").expect(2).output
        #expect(
            elsewhere.contains("NOT the one of the newest backup")
                && elsewhere.contains("look first whether the address"))
        #expect(elsewhere.contains("take no backup before: it would stand among those of another instance"))
        let hints: Hints = try instance.ops("status", "--json").expect(2).object()
        #expect(hints.hints.first?.contains("infisical-ops config show") == true)
        #expect(hints.hints.allSatisfy { !$0.hasPrefix("run: infisical-ops backup") }, "\(hints)")

        let taken = try backup(instance, 2), foreign = taken.backup.id
        #expect(taken.warnings.contains { $0.contains("look first") && $0.contains("repository reject \(foreign)") })
        let stays = try instance.ops("status").expect(2).output
        #expect(stays.contains("NOT the one of the newest backup that counts, \(good)"), "\(stays)")
        #expect(
            stays.contains("look first whether the address is the right one; run: infisical-ops config show; to leave"))

        // With the right address again.
        try load("infisical-2024-10", into: instance)
        let corrected = try instance.ops("status").expect(2).output
        #expect(
            corrected.contains("the address leads to the instance of the backups before it; to leave this backup out"))
        #expect(!corrected.contains("NOT the one of") && !corrected.contains("repository accept"), "\(corrected)")

        let reject = ["repository", "reject", foreign], before = try instance.contents()
        #expect(try instance.run(reject + ["--dry-run"]).expect(0).output.contains("as not of this instance"))
        #expect(try instance.run(reject + ["--json"]).expect(3).fault().code == "command.not-confirmed")
        try instance.expectUnchanged(since: before)
        #expect(try instance.run(reject + ["--yes"]).expect(0).output.hasSuffix("\(foreign) is rejected\n"))
        #expect(try instance.run(reject + ["--yes"]).expect(0).output.contains("was rejected at 20"))
        let accepted = try instance.run(["repository", "accept", foreign, "--yes", "--json"]).expect(3).fault()
        #expect(accepted.code == "command.accepts-rejected" && accepted.message.contains("was rejected at 20"))
        // Which one that is changes with the rejection.
        let again = try instance.run(["repository", "reject", "latest", "--yes", "--json"]).expect(3).fault()
        #expect(again.code == "command.latest-rejected")

        let calm = try instance.ops("status", "--max-age", "1d").expect(0).output
        #expect(calm.contains("backup      \(good)") && calm.contains("2 in all, 1 rejected"), "\(calm)")
        for word in ["SHRUNK", "repository reject", "repository accept", "look first"] { #expect(!calm.contains(word)) }
        #expect(try status(instance).latest?.id == good)
        #expect(try instance.ops("list").expect(0).output.contains(", REJECTED"))
        #expect(try instance.ops("show").expect(0).output.contains("backup     \(good)"))
        #expect(try instance.ops("show", foreign).expect(0).output.contains("content    rejected at 20"))
        let copy = try instance.restoredName()
        let restore = ["restore", "--to-database", copy, "--dry-run", "--json"]
        let plan: Plan = try instance.run(restore).expect(0).object()
        #expect(!plan.warnings.contains { $0.contains(foreign) })
        let named: Plan = try instance.run(restore + [foreign]).expect(2).object()
        #expect(named.warnings.contains { $0.contains("was rejected at") && $0.contains(good) })
        // The same for stock tools.
        let script = try instance.shell(
            """
            bash "$REPOSITORY/recover.sh" --identity '\(instance.identityFile)' --signer '\(signer(instance))' \
                --files '\(instance.path("by-script"))' 2>&1
            """
        ).expect(0).output
        #expect(script.contains("backup \(good), finished at"), "\(script)")
        let byID = try instance.shell(
            """
            bash "$REPOSITORY/recover.sh" --identity '\(instance.identityFile)' --signer '\(signer(instance))' \
                --files '\(instance.path("by-id"))' \(foreign) 2>&1
            """
        ).expect(0).output
        #expect(byID.contains("warning: this backup was rejected, as not of this instance"), "\(byID)")

        // What comes after is compared with the good one, whose chain it goes on.
        let next = try backup(instance, 0)
        next.expectWhole()
        #expect(try status(instance).exit == 0)
        try instance.ops("verify", "--all").expect(0)
        #expect(try instance.run(reject + ["--revoke", "--yes"]).expect(0).output.contains("is no longer rejected"))
        #expect(try instance.ops("list").expect(0).output.contains(", OF ANOTHER INSTANCE"))
        #expect(try status(instance).latest?.id == next.backup.id && status(instance).exit == 0)
    }

    @Test func `less than half of the secrets is told, half and an audit log are not`() throws {
        let instance = try OpsInstance()
        let count: Int = try instance.sql("SELECT count(*) AS n FROM secrets_v2").only().integer("n")
        try instance.sql("INSERT INTO audit_logs SELECT * FROM audit_logs LIMIT 0")
        try backup(instance, 0).expectWhole()
        try instance.sql("DELETE FROM audit_logs")
        try backup(instance, 0).expectWhole()
        try instance.sql(
            "DELETE FROM secrets_v2 WHERE ctid IN (SELECT ctid FROM secrets_v2 LIMIT \(raw: String(count / 3)))")
        try backup(instance, 0).expectWhole()
        try instance.sql(
            "DELETE FROM secrets_v2 WHERE ctid IN (SELECT ctid FROM secrets_v2 LIMIT \(raw: String(count / 2)))")
        let bad = try backup(instance, 2)
        #expect(bad.backup.shrunk?.losses.map(\.what) == ["secrets"], "\(bad)")
        #expect(bad.backup.shrunk?.losses[0].before.flatMap(Int.init) ?? 0 > 0)
    }

    @Test func `a latest backup that is shrunk is not put in place, and its files are not handed out in silence`()
        throws
    {
        let instance = try OpsInstance()
        let commands = """
            instance:
              containers: none
              commands: { stop: [/bin/true], start: [/bin/true] }

            """
        try instance.write(Array(commands.utf8), to: instance.configuration)
        let good = try backup(instance, 0).backup.id
        try instance.sql("DELETE FROM secrets_v2")
        let shrunk = try backup(instance, 2).backup.id
        let refused = try instance.ops("restore", "latest", "--in-place", "--keep-redis", "--yes").expect(3)
        #expect(refused.errors.contains(good) && refused.errors.contains("is shrunk"), "\(refused.errors)")
        #expect(refused.errors.contains("infisical-ops restore \(good) --in-place --keep-redis"), "\(refused.errors)")
        #expect(refused.errors.contains("give its id: \(shrunk)"), "\(refused.errors)")
        // What is advised would ask, and there is nobody.
        #expect(
            refused.errors.hasSuffix(
                "hint: restore asks before anything is changed; without a terminal, look at the plan with --dry-run, "
                    + "then add --yes\n"), "\(refused.errors)")
        try instance.ops("restore", shrunk, "--in-place", "--keep-redis", "--dry-run").expect(15)
        let files = instance.path("kept")
        let handed = try instance.ops("restore", "latest", "--files", files, "--yes").expect(2)
        #expect(handed.errors.contains(good), "\(handed.errors)")
    }

    @Test func `a restore in place and its undo are no alarm, one by hand is`() throws {
        let instance = try OpsInstance()
        let commands = """
            instance:
              containers: none
              commands: { stop: [/bin/true], start: [/bin/true] }

            """
        try instance.write(Array(commands.utf8), to: instance.configuration)
        defer {
            // Whatever the restores kept.
            do { instance.restored += try instance.databases().filter { $0 != instance.database } } catch {
                Issue.record(error)
            }
        }
        try instance.sql("DELETE FROM secrets_v2 WHERE ctid NOT IN (SELECT ctid FROM secrets_v2 LIMIT 20)")
        let small = try backup(instance, 0)
        try load("infisical-2024-10", into: instance)
        try backup(instance, 0).expectWhole()

        // Nothing is known of a backend here, which is no success.
        try instance.ops("restore", small.backup.id, "--in-place", "--keep-redis", "--yes").expect(15)
        let back = try backup(instance, 0)
        back.expectWhole()
        try backup(instance, 0).expectWhole()
        try instance.ops("restore", "--in-place", "--undo", "--keep-redis", "--yes").expect(15)
        try backup(instance, 0).expectWhole()

        let copy = try instance.restoredName(), aside = try instance.restoredName("_aside")
        try instance.ops("restore", small.backup.id, "--to-database", copy, "--yes").expect(0)
        let session = try LiveServer.connect(LiveServer.get().endpoint())
        try session.query(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = \(literal: instance.database)")
        try session.query("ALTER DATABASE \(identifier: instance.database) RENAME TO \(identifier: aside)")
        try session.query("ALTER DATABASE \(identifier: copy) RENAME TO \(identifier: instance.database)")
        #expect(try backup(instance, 2).backup.shrunk?.losses.map(\.what) == ["secrets"])
    }

    @Test func `what was accepted goes with a copy of the repository, and a host without the key accepts nothing`()
        throws
    {
        let instance = try OpsInstance()
        try backup(instance, 0).expectWhole()
        try recreate(instance)
        let bad = try backup(instance, 2)
        let elsewhere: [String: EnvironmentValue] = [
            "INFISICAL_OPS_STATE_FOLDER": .plain(instance.path("elsewhere")),
            "INFISICAL_OPS_SIGNER": .plain(try signer(instance)),
        ]
        let fault = try instance.refuses(
            ["repository", "accept", "latest", "--yes"], exit: 3, code: "repository.host-keys-missing",
            environment: elsewhere)
        #expect(fault.hints.first?.hasPrefix("run: infisical-ops init --adopt") == true)
        try instance.ops("repository", "accept", bad.backup.id, "--yes").expect(0)
        #expect(try instance.run(["show"], environment: elsewhere).expect(0).output.contains("accepted at 20"))
        try instance.refuses(
            ["repository", "accept", "20000101T000000Z-00000000", "--yes"], exit: 10, code: "repository.no-such-backup")
    }

    private func signer(_ instance: OpsInstance) throws -> String {
        for line in try instance.ops("show").output.split(separator: "\n") where line.hasPrefix("signer") {
            return String(line.split(separator: " ")[1])
        }
        throw TestProblem("no signer is shown")
    }
}

extension ShrunkBackupTests.Report {
    fileprivate func expectWhole(sourceLocation: SourceLocation = #_sourceLocation) {
        #expect(backup.shrunk == nil, sourceLocation: sourceLocation)
    }
}
