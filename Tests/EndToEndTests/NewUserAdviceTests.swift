import Age
import FoundationEssentials
import LiveSupport
import Postgres
import Processes
import TestSupport
import Testing

/// What led somebody astray who followed what the program says: each state, the text, the exit code.
@Suite struct NewUserAdviceTests {
    private struct Told: Decodable {
        let schema: String
        let exit: Int32?
        let hints: [String]?
        let problems: [Problem]?
    }

    private struct Problem: Decodable {
        let message: String
        let hints: [String]
    }

    @Test func `status looks into the identity that lies on the host`() throws {
        let instance = try OpsInstance(nil), identity = try instance.identityFile
        try instance.ops("backup").expect(0)
        try instance.ops("status").expect(0)
        let own = try Data(contentsOf: URL(filePath: identity))
        for (content, words) in [
            ("", "the identity file holds no identity"), ("what is this\n", "is not an age identity"),
        ] {
            try instance.write(Array(content.utf8), to: identity)
            let status = try instance.ops("status").expect(2).output
            #expect(status.contains("identity    OPENS NOTHING: \(identity): ") && status.contains(words), "\(status)")
        }
        try instance.writeIdentity(try .generate(), to: identity)
        let stranger = try instance.ops("status").expect(2).output
        #expect(
            stranger.contains("identity    OPENS NOTHING: the identity in \(identity) opens nothing in this repository")
        )
        // Of one with a passphrase nobody can tell.
        try instance.write(Array(own), to: identity)
        try instance.seal(identity, passphrase: "a long phrase", to: identity)
        try instance.ops("status").expect(0)
    }

    @Test func `a plan of nothing is a plan`() throws {
        let instance = try OpsInstance(nil)
        try instance.ops("backup").expect(0)
        let id = try instance.ids()[0]
        for (command, schema) in [
            (["accept", id], "repository-accept"), (["reject", id, "--revoke"], "repository-reject"),
        ] {
            let words = ["repository"] + command
            let plan: Told = try instance.run(words + ["--dry-run", "--json"]).expect(0).object()
            #expect(plan.schema == "infisical-ops/\(schema)-plan/1" && plan.exit == 0)
            let done: Told = try instance.run(words + ["--yes", "--json"]).expect(0).object()
            #expect(done.schema == "infisical-ops/\(schema)/1")
        }
    }

    @Test func `recipients that stay the same leave the recovery sheet as it is`() throws {
        let instance = try OpsInstance(nil)
        let own = try instance.ops("repository", "recipients").expect(0).output.split(separator: "\n").map(String.init)
        let same = try instance.run(["repository", "recipients"] + own + ["--yes"]).expect(0).output
        #expect(same.contains("the recovery sheet stays as it is") && !same.contains("destroy"), "\(same)")
        let other = try #require(try AgeIdentity.generate().recipient().text)
        let changed = try instance.run(["repository", "recipients"] + own + [other, "--yes"]).expect(0).output
        #expect(changed.contains("print this one, and destroy the old"))
    }

    @Test func `a trusted repository that is gone is fetched, and not made anew`() throws {
        struct Sheet: Decodable { let signer: String }
        let instance = try OpsInstance(nil)
        let sheet: Sheet = try instance.ops("init", "--no-configuration", "--json").expect(0).object()
        try FileManager.default.removeItem(atPath: instance.repository)
        let fresh = try instance.ops("status", "--json").expect(10).fault()
        #expect(fresh.hints.contains("run: infisical-ops init"))
        instance.environment["INFISICAL_OPS_SIGNER"] = .plain(sheet.signer)
        let gone = try instance.ops("status", "--json").expect(10).fault()
        #expect(gone.code == "repository.not-found" && !gone.hints.contains("run: infisical-ops init"))
        #expect(gone.hints.contains("if it is lost, fetch another copy of the repository to \(instance.repository)"))
        #expect(gone.hints.last?.contains("take repository.signer out of the configuration") == true)
    }

    @Test func `a quiet repair says what it gave up, and a signature without its manifest is told as that`() throws {
        let instance = try OpsInstance(nil)
        try instance.ops("backup").expect(0)
        try instance.sql("INSERT INTO public.something VALUES (2)")
        try instance.ops("backup").expect(0)
        let manifest = try #require(try instance.stored("backups").filter { !$0.hasSuffix(".sig") }.first)
        try FileManager.default.removeItem(atPath: "\(instance.repository)/\(manifest)")
        let verified = try instance.ops("verify", "--all").expect(13)
        let words = "the signature of a manifest that is gone, or was never published"
        #expect((verified.output + verified.errors).contains(words), "\(verified.output)\(verified.errors)")
        let repaired = try instance.ops("repair", "--yes", "--quiet").expect(2)
        #expect(repaired.output == "" && repaired.errors.contains("infisical-ops: warning: "), "\(repaired.errors)")
    }

    @Test func `a label is given once, and a plan shows it`() throws {
        let instance = try OpsInstance(nil)
        let twice = try instance.ops("backup", "--tag", "a=b", "--tag", "a=c", "--json").expect(64).fault()
        #expect(twice.message.contains("the label a is given twice"))
        let plan = try instance.ops("backup", "--dry-run", "--tag", "b=c", "--tag", "a=b").expect(0).output
        #expect(plan.contains("\n  tag a=b\n  tag b=c\n"), "\(plan)")
    }

    @Test func `an environment that no project has is not said to lack in one`() throws {
        let instance = try OpsInstance(.october)
        let fault = try instance.ops("export", "--list", "--from", "live", "--env", "nope", "--json").expect(10).fault()
        #expect(fault.message.hasPrefix("no project has an environment \"nope\""), "\(fault.message)")
    }

    @Test func `a database that cannot be reached is followed by what to do`() throws {
        let instance = try OpsInstance(nil)
        try instance.ops("backup").expect(0)
        instance.environment["INFISICAL_OPS_DATABASE_URL"] = "postgresql://postgres@127.0.0.1:1/none"
        let told: Told = try instance.ops("status", "--json").expect(15).object()
        let text = try instance.ops("status").expect(15).output
        let first = try #require(told.hints?.first)
        #expect(text.contains("database    not reachable: ") && text.contains("\n            \(first)\n"), "\(text)")
    }

    @Test func `a problem is told once, and by the name under which it was set`() throws {
        let instance = try OpsInstance(nil)
        try instance.write(
            Array("instance: { commands: { stop: systemctl stop x, start: [/bin/true] } }\n".utf8),
            to: instance.configuration)
        let one: Told = try instance.ops("config", "check", "--json").expect(3).object()
        #expect(one.problems?.count == 1 && one.problems?[0].message.contains("instance.commands.stop") == true)
        try instance.write(Array("instance: { commands: { start: [/bin/true] } }\n".utf8), to: instance.configuration)
        let half: Told = try instance.ops("config", "check", "--json").expect(3).object()
        #expect(half.problems?.count == 1 && half.problems?[0].message.contains("is set, but") == true)
        try instance.write([], to: instance.configuration)
        instance.environment["INFISICAL_OPS_BACKUP_JOBS"] = "x"
        let named: Told = try instance.ops("config", "check", "--json").expect(3).object()
        #expect(named.problems?[0].hints == ["correct INFISICAL_OPS_BACKUP_JOBS, or unset it"])
    }

    @Test func `the name of the live database leads to a restore in its place`() throws {
        let instance = try OpsInstance(nil)
        try instance.ops("backup").expect(0)
        let fault = try instance.refuses(
            ["restore", "--to-database", instance.database, "--yes"], exit: 3, code: "restore.database-exists")
        #expect(fault.hints.contains { $0.contains("--in-place instead of --to-database") }, "\(fault.hints)")
    }

    @Test func `a drill in a container takes an engine, and one without takes no image`() throws {
        let instance = try OpsInstance(nil), place = try DrillPlace(instance)
        try instance.ops("backup").expect(0)
        instance.environment["DOCKER_HOST"] = "unix:///nowhere/docker.sock"
        let fault = try instance.refuses(["drill", "--on", "docker"], exit: 3, code: "drill.no-engine")
        #expect(fault.hints.contains { $0.contains("--on local") }, "\(fault.hints)")
        #expect(!fault.hints.contains { $0.contains("instance.containers") })
        for option in ["--backend-image", "--database-image", "--redis-image"] {
            let ignored = try instance.ops("drill", "--on", "local", option, "x", "--json").expect(64).fault()
            #expect(ignored.message.contains(option), "\(ignored.message)")
        }
        try place.expectNothing()
    }
}
