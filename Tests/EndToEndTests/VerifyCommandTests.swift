import DurableFiles
import Effects
import FoundationEssentials
import LiveSupport
import Postgres
import Processes
import TestSupport
import Testing

/// `verify`: how deep, how much, and what it may claim afterwards.
@Suite struct VerifyCommandTests {
    private struct Report: Decodable {
        struct Outcome: Decodable {
            let id: String
            let damaged: Bool
            let proven: String?
        }
        struct Finding: Decodable {
            let code: String
            let severity: String
            let subject: String
        }
        let level: String
        let sample: Int
        let chunks: Int
        let backups: [Outcome]
        let findings: [Finding]
        let warnings: [String]
        let hints: [String]
        let exit: Int32
    }

    private func verify(
        _ instance: OpsInstance, _ arguments: String..., expecting code: Int32 = 0,
        environment: [String: EnvironmentValue] = [:]
    ) throws -> Report {
        try instance.run(["verify", "--json"] + arguments, environment: environment).expect(code).object()
    }

    @Test func `a sample proves nothing about the rest`() throws {
        let instance = try OpsInstance()
        try instance.ops("backup").expect(0)
        let part = try verify(instance, "--sample", "10")
        let proofs = try instance.stored("proofs")
        #expect(part.sample == 10 && part.backups.map(\.proven) == [nil] && part.level == "readable" && proofs == [])
        let text = try instance.ops("verify", "--sample", "99").expect(0).output
        #expect(text.contains("not proven: only 99 % of it was checked"))
        #expect(try instance.ops("list").expect(0).output.contains("not verified"))
        let all = try verify(instance, "--sample", "100")
        #expect(all.chunks > part.chunks && all.backups.map(\.proven) == ["readable"])
        for percent in ["0", "101", "x"] {
            try instance.refuses(["verify", "--sample", percent], exit: 64, code: "usage.bad-value")
        }
    }

    @Test func `stored needs no key, readable needs the identity`() throws {
        let instance = try OpsInstance()
        try instance.ops("backup").expect(0)
        let away = instance.path("away")
        try FileManager.default.moveItem(atPath: try instance.identityFile, toPath: away)
        #expect(try verify(instance, "--all", "--level", "stored").backups.map(\.proven) == ["stored"])
        let shallow = try verify(instance, expecting: 2)
        #expect(shallow.level == "stored" && shallow.warnings.joined().contains("nothing was decrypted"))
        let status = try instance.ops("status").expect(2).output
        #expect(status.contains("verified as stored at ") && status.contains(", not read"), "\(status)")
        try instance.refuses(
            ["verify", "--level", "readable"], exit: 3, code: "repository.identity-missing", naming: ["identity"])
        #expect(try verify(instance, "--identity-file", away).level == "readable")
        #expect(try verify(instance, "--level", "P0").level == "stored")
        #expect(try verify(instance, "--level", "P1", "--identity-file", away).level == "readable")
        // Whole repositories without any of the host's keys, as on a second machine that only knows the fingerprint.
        struct Sheet: Decodable { let signer: String }
        let sheet: Sheet = try instance.ops("init", "--json", "--no-configuration").expect(2).object()
        let second = try verify(
            instance, "--all", "--identity-file", away,
            environment: [
                "INFISICAL_OPS_STATE_FOLDER": .plain(instance.path("nothing")),
                "INFISICAL_OPS_SIGNER": .plain(sheet.signer),
            ])
        #expect(second.backups.map(\.proven) == ["readable"])
        #expect(second.warnings.joined().contains("no proof was recorded"))
    }

    @Test func `a sealed identity works with the passphrase from a file`() throws {
        let instance = try OpsInstance()
        try instance.ops("backup").expect(0)
        let sealed = instance.path("sealed.age"), passphrase = instance.path("passphrase")
        try instance.seal(try instance.identityFile, passphrase: "correct horse", to: sealed)
        try FileManager.default.removeItem(atPath: try instance.identityFile)
        instance.environment["INFISICAL_OPS_IDENTITY_FILE"] = .plain(sealed)
        try instance.write(Array("correct horse\n".utf8), to: passphrase)
        // A backup asks for nothing.
        try instance.ops("backup").expect(0)
        // Less than was asked for, and that is said; what is asked for is enough.
        let shallow = try verify(instance, expecting: 2)
        #expect(shallow.level == "stored" && shallow.warnings.joined().contains("sealed with a passphrase"))
        #expect(shallow.hints.joined().contains("INFISICAL_OPS_PASSPHRASE_FILE"))
        #expect(try verify(instance, "--level", "stored").warnings == [])
        let target = try instance.restoredName()
        let fault = try instance.refuses(
            ["restore", "--to-database", target, "--yes"], exit: 3, code: "repository.identity-sealed", naming: [sealed]
        )
        #expect(fault.hints.joined().contains("INFISICAL_OPS_PASSPHRASE_FILE"))

        instance.environment["INFISICAL_OPS_PASSPHRASE_FILE"] = .plain(passphrase)
        #expect(try verify(instance, "--all", "--level", "readable").backups.map(\.proven) == ["readable", "readable"])
        try instance.ops("restore", "--to-database", target, "--yes").expect(0)
        try instance.ops("restore", "--files", instance.path("kept"), "--yes").expect(0)
        try instance.write(Array("wrong horse\n".utf8), to: passphrase)
        let wrong = try instance.refuses(
            ["verify", "--level", "readable"], exit: 12, code: "age.wrong-passphrase", naming: [sealed])
        #expect(!"\(wrong)".contains("horse"))
        try instance.refuses(
            ["verify", "--level", "readable"], exit: 3, code: "settings.not-found", naming: ["/nowhere/passphrase"],
            environment: ["INFISICAL_OPS_PASSPHRASE_FILE": "/nowhere/passphrase"])
    }

    @Test func `a passphrase comes from a command or from systemd, its first line alone`() throws {
        let instance = try OpsInstance(nil)
        try instance.ops("backup").expect(0)
        let sealed = instance.path("sealed.age"), credentials = instance.path("credentials")
        try instance.seal(try instance.identityFile, passphrase: "correct horse", to: sealed)
        let files = Files(effects: Effects()), program = instance.path("secret-store")
        try files.createFolder(credentials)
        try instance.write(
            Array("#!/bin/sh\n[ \"$1 $2\" = 'show a b' ] || exit 7\necho 'correct horse'\necho a second line\n".utf8),
            to: program)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: program)
        let configure = { (line: String) in
            try instance.write(
                Array("repository:\n  identity_file: \(sealed)\n  \(line)\n".utf8), to: instance.configuration)
        }
        try configure("passphrase_command: [\(program), show, a b]")
        try instance.ops("verify", "--level", "readable").expect(0)
        // No word of a command means anything to a shell.
        try configure("passphrase_command: [/bin/echo, '$(echo correct horse)']")
        try instance.refuses(["verify", "--level", "readable"], exit: 12, code: "age.wrong-passphrase")
        try configure("passphrase_command: [\(program), other]")
        let failed = try instance.refuses(
            ["verify", "--level", "readable"], exit: 3, code: "secret.command-failed",
            naming: ["status 7", "\(instance.configuration):3"])
        #expect(failed.hints.joined().contains("by hand"))
        try configure("passphrase_command: /bin/true")
        try instance.refuses(["verify", "--level", "readable"], exit: 3, code: "secret.empty", naming: ["/bin/true"])
        try configure("passphrase_command: /no/such/program")
        try instance.refuses(
            ["verify", "--level", "readable"], exit: 3, code: "secret.command-failed", naming: ["/no/such/program"])
        // A credential is looked for where nothing is configured, and its absence is no error.
        try configure("")
        instance.environment["CREDENTIALS_DIRECTORY"] = .plain(credentials)
        try instance.refuses(["verify", "--level", "readable"], exit: 3, code: "repository.identity-sealed")
        try instance.write(Array("correct horse\n".utf8), to: credentials + "/infisical-ops-passphrase")
        try instance.ops("verify", "--level", "readable").expect(0)
        #expect(try instance.ops("config", "check").expect(0).errors == "")
    }

    @Test func `what harms no backup is a note`() throws {
        let instance = try OpsInstance(nil)
        try instance.ops("backup").expect(0)
        let chunk = try instance.stored("chunks")[0], name = String(repeating: "0", count: 64)
        for path in [
            "tmp/.tmp-1234", "chunks/00/\(name).zst.age", "chunks/stranger", "backups/notes.txt", "escrow/x.age",
        ] {
            try instance.write([1, 2, 3], to: "\(instance.repository)/\(path)")
        }
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o644], ofItemAtPath: "\(instance.repository)/\(chunk)")
        let report = try verify(instance, "--all")
        #expect(report.backups.map(\.proven) == ["readable"] && report.hints == [])
        #expect(report.findings.allSatisfy { $0.severity == "note" })
        let found = Set(report.findings.map { "\($0.code) \($0.subject)" })
        for note in [
            "repository.temporary-file tmp/.tmp-1234", "repository.unnamed-chunk chunks/00/\(name).zst.age",
            "repository.unknown-file chunks/stranger", "repository.unknown-file backups/notes.txt",
            "repository.unknown-file escrow/x.age", "repository.wrong-mode \(chunk)",
        ] {
            #expect(found.contains(note), "\(note)")
        }
        // The next backup takes temporary files away; repair would too.
        try instance.ops("backup").expect(0)
        #expect(try instance.stored("tmp") == [])
    }

    @Test func `either all or some`() throws {
        let instance = try OpsInstance(nil)
        try instance.refuses(
            ["verify", "latest", "--all"], exit: 64, code: "usage.conflict", naming: ["ID", "--all"])
        try instance.refuses(["verify", "--level", "redable"], exit: 64, code: "usage.bad-value", naming: ["readable"])
        try instance.refuses(["verify", "--level", "boots"], exit: 64, code: "usage.bad-value", naming: ["boots"])
    }
}
