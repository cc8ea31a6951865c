import Age
import FoundationEssentials
import Glibc
import LiveSupport
import Processes
import Secrets
import Testing

/// Recipients, identities, repositories and ids that are not what they should be.
@Suite struct BadInputKeysTests {
    @Test(arguments: [
        ("age1xyz", "age.not-a-recipient"), ("not a recipient", "age.not-a-recipient"),
        ("age1gntmwt7074ylf7nj9z0vgctx6expalr5p408va98w53uved7uucqmjcu33", "age.not-a-recipient"),
        ("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI", "age.unsupported-recipient"),
        ("AGE-SECRET-KEY-1QQPQ9SECRETHUNTER2", "age.not-a-recipient"),
    ])
    func `a recipient that is not an age key is refused before anything is made`(text: String, code: String) throws {
        let instance = try OpsInstance(nil, initialised: false)
        for command in [["init", "--recipient", text, "--yes"], ["init", "--recipient", text, "--dry-run"]] {
            let fault = try instance.refuses(command, exit: 3, code: code)
            #expect(!"\(fault)".contains("HUNTER2"))
        }
        #expect(!FileManager.default.fileExists(atPath: instance.repository))
        #expect(!FileManager.default.fileExists(atPath: instance.state))
    }

    @Test func `a bad escrow recipient is told before the database is read`() throws {
        let instance = try OpsInstance(nil)
        try instance.write(
            Array("repository: { escrow_recipients: [age1xyz] }\n".utf8), to: instance.configuration)
        for command in [["backup"], ["backup", "--dry-run"]] {
            try instance.refuses(command, exit: 3, code: "age.not-a-recipient", naming: ["age1xyz"])
        }
        try instance.refuses(
            ["repository", "recipients", "age1xyz", "--yes"], exit: 3, code: "age.not-a-recipient", naming: ["age1xyz"])
        try instance.refuses(
            ["repository", "recipients", "age1xyz", "--dry-run"], exit: 3, code: "age.not-a-recipient")
    }

    @Test func `an identity that opens nothing is named, and nothing is made`() throws {
        let instance = try OpsInstance(nil)
        try instance.ops("backup").expect(0)
        let other = instance.path("other.txt")
        try instance.writeIdentity(try .generate(), to: other)
        let target = try instance.restoredName(), kept = instance.path("kept")
        for command in [
            ["verify"], ["verify", "--all", "--level", "readable"], ["restore", "--to-database", target, "--yes"],
            ["restore", "--to-database", target, "--dry-run"], ["restore", "--files", kept, "--yes"],
            ["restore", "--files", kept, "--dry-run"], ["repair", "--yes"],
        ] {
            try instance.refuses(
                command + ["--identity-file", other], exit: 12, code: "repository.identity-opens-nothing",
                naming: [other])
        }
        #expect(try instance.databases() == [instance.database])
        #expect(!FileManager.default.fileExists(atPath: kept))
    }

    @Test func `an identity file that is none is named with what is wrong`() throws {
        let instance = try OpsInstance(nil)
        try instance.ops("backup").expect(0)
        let file = instance.path("identity")
        for (text, code, exit) in [
            ("AGE-SECRET-KEY-1QQQ\n", "age.malformed-identity", Int32(3)), ("# only a comment\n", "age.no-identity", 3),
            ("age-encryption.org/v1\n-> X25519 abc\n", "age.malformed-header", 13),
        ] {
            try instance.write(Array(text.utf8), to: file)
            for command in [["verify"], ["restore", "--files", "x", "--yes"]] {
                let arguments = command + ["--identity-file", file]
                if exit == 13 {
                    // Sealed with something, so a passphrase is asked for first.
                    try instance.refuses(
                        arguments, exit: 3, code: "repository.identity-sealed", naming: [file])
                } else {
                    try instance.refuses(arguments, exit: exit, code: code, naming: [file])
                }
            }
        }
        try instance.refuses(
            ["verify", "--identity-file", "/nowhere/id"], exit: 3, code: "repository.identity-missing",
            naming: ["/nowhere/id"])
        try instance.refuses(
            ["verify", "--identity-file", instance.state], exit: 1, code: "file.wrong-kind",
            naming: [instance.state])
        // A backup reads nothing, so it is taken all the same.
        try instance.run(["backup"], environment: ["INFISICAL_OPS_IDENTITY_FILE": .plain(file)]).expect(0)
    }

    @Test func `a repository of a newer format is left alone`() throws {
        let instance = try OpsInstance(nil)
        try instance.ops("backup").expect(0)
        let path = instance.repository + "/repository.json"
        let text = String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self)
        #expect(text.contains(#""format":1"#))
        try instance.write(Array(text.replacing(#""format":1"#, with: #""format":2"#).utf8), to: path)
        for command in [
            ["backup"], ["list"], ["show"], ["status"], ["verify", "--all"], ["repair", "--yes"],
            ["restore", "--to-database", "x"], ["repository", "rekey", "--yes"], ["init", "--yes"],
        ] {
            try instance.refuses(
                command, exit: 3, code: "repository.newer-format", naming: ["format 2", instance.repository])
        }
    }

    @Test func `a folder that is no repository is named, with the mount in mind`() throws {
        let instance = try OpsInstance(nil, initialised: false)
        for command in [["backup"], ["list"], ["status"], ["verify"], ["repair"], ["restore", "--files", "x"]] {
            let fault = try instance.refuses(
                command, exit: 10, code: "repository.not-found", naming: [instance.repository])
            #expect(fault.hints.contains("run: infisical-ops init"))
            #expect(fault.hints.joined().contains("mounted"))
        }
    }

    @Test func `ids that mean no backup, or several, are told`() throws {
        let instance = try OpsInstance(nil)
        for command in [["show"], ["verify"], ["verify", "--all"], ["restore", "--files", "x"]] {
            try instance.refuses(command, exit: 10, code: "repository.no-backups", naming: [instance.repository])
        }
        try instance.refuses(["show", "2026"], exit: 10, code: "repository.no-backups")
        try instance.ops("backup").expect(0)
        try instance.ops("backup").expect(0)
        let ids = try instance.ids()
        #expect(ids.count == 2)
        for text in ["19990101", "latest2", "/etc/passwd", "../x"] {
            for command in [["show", text], ["verify", text], ["restore", text, "--to-database", "x"]] {
                try instance.refuses(command, exit: 10, code: "repository.no-such-backup", naming: ["\"\(text)\""])
            }
        }
        let fault = try instance.refuses(
            ["show", "20"], exit: 10, code: "repository.ambiguous-backup", naming: ["\"20\"", ids[0], ids[1]])
        #expect(fault.hints == ["run: infisical-ops list"])
    }
}
