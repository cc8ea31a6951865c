import Age
import FoundationEssentials
import LiveSupport
import Postgres
import Processes
import TestSupport
import Testing

/// What `init` makes, what it leaves alone, and the sheet that it prints.
@Suite struct InitTests {
    private struct Report: Decodable {
        let repository: String
        let signer: String
        let identityFile: String?
        let recipients: [String]
        let escrowRecipients: [String]
        let configuration: String?
        let made: [String]
        let warnings: [String]
    }

    private func mode(_ path: String) throws -> Int {
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        return try #require(attributes[.posixPermissions] as? Int)
    }

    @Test func `the recovery sheet says what to keep off the host, and how to recover with it`() throws {
        let instance = try OpsInstance(nil, initialised: false)
        let sheet = try instance.ops("init", "--yes", "--no-configuration").expect(0).output
        let identity = try instance.identityFile
        let report: Report = try instance.ops("init", "--yes", "--no-configuration", "--json").expect(0).object()
        #expect(report.identityFile == identity && report.made == [] && report.recipients.count == 1)
        for word in [
            "RECOVERY SHEET", instance.repository, report.signer, identity, report.recipients[0],
            "does not depend on this host",
            "copy it off the host", "Keep off this host", "a copy of the repository's folder",
            "a key stored only in Infisical itself is lost with it",
            "apt-get install age zstd jq openssh-client postgresql-client",
        ] {
            #expect(sheet.contains(word), "\(word)")
        }
        let commands = sheet.replacing("\\\n    ", with: "")
        for purpose in ["--files ~/kept", "--database infisical"] {
            #expect(commands.contains("./recover.sh --identity ~/identity.txt \(purpose) --signer \(report.signer)"))
        }
        #expect(sheet.split(separator: "\n").allSatisfy { $0.count <= 80 || $0.contains("/") || $0.contains("age1") })
        // The identity opens what the sheet says that it opens, and only its owner can read it.
        #expect(try mode(identity) == 0o600 && mode(instance.repository) == 0o700)
        let text = String(decoding: try Data(contentsOf: URL(filePath: identity)), as: UTF8.self)
        #expect(text.contains("# public key: \(report.recipients[0])"))
    }

    @Test func `a second run changes nothing and prints the sheet again`() throws {
        let instance = try OpsInstance(nil, initialised: false)
        let first = try instance.ops("init", "--yes", "--no-configuration").expect(0).output
        let before = try instance.contents()
        for arguments in [["init"], ["init", "--yes"], ["init", "--dry-run"]] {
            try instance.run(arguments + ["--no-configuration"]).expect(0)
        }
        let again = try instance.ops("init", "--no-configuration").expect(0).output
        let sheet = try #require(again.firstRange(of: "RECOVERY SHEET")).lowerBound
        #expect(first.hasSuffix(again[sheet...]))
        let found = again[..<sheet].split(separator: "\n").map(String.init)
        #expect(found[0] == "the repository \(instance.repository) is set up already; nothing was created or changed")
        #expect(found[1] == "found: the repository \(instance.repository): no backup yet", "\(found)")
        #expect(found[2] == "found: the identity \(try instance.identityFile)" && found.count == 5)
        try instance.expectUnchanged(since: before)
    }

    @Test func `what is given again is no other value, and backups without a key are told of at once`() throws {
        let instance = try OpsInstance(nil, initialised: false)
        let path = instance.path("new.yaml"),
            arguments = ["--config", path, "--repository", instance.repository, "--yes"]
        try instance.write([], to: path)
        let first = try instance.run(["init"] + arguments, environment: ["INFISICAL_OPS_ENV_FILE": ""]).expect(0)
        #expect(first.errors.contains("no env file is configured (instance.env_file)"))
        let again = try instance.run(["init"] + arguments).expect(0)
        #expect(!again.errors.contains("this run only") && !again.errors.contains("env file"))
        let text = "repository:\n  identity_file: /elsewhere\n  path: \(instance.repository)\n"
        try instance.write(Array(text.utf8), to: path)
        let other = try instance.run(["init", "--dry-run", "--identity-file", "none"] + arguments.dropLast()).expect(0)
        #expect(other.errors.contains("--identity-file applies to this run only: \(path):2 sets another"))
        let shown = try instance.run(
            ["config", "show", "--config", path],
            environment: ["INFISICAL_OPS_DATABASE_URL": "", "INFISICAL_OPS_ENV_FILE": ""]
        ).expect(0)
        #expect(shown.output.contains("not set") && !shown.output.contains("postgresql://postgres@127.0.0.1"))
    }

    @Test func `nothing is made without consent`() throws {
        let instance = try OpsInstance(nil, initialised: false)
        let plan = try instance.ops("init").expect(3)
        #expect(plan.output.contains("create a repository in \(instance.repository)"))
        #expect(plan.output.contains("create an identity"))
        #expect(plan.errors.contains("--yes") && plan.errors.contains("--dry-run"))
        let fault = try instance.refuses(["init"], exit: 3, code: "command.not-confirmed")
        #expect(fault.message.contains("nothing was changed"))
        let dry = try instance.ops("init", "--dry-run").expect(0)
        #expect(dry.output == plan.output)
        #expect(!FileManager.default.fileExists(atPath: instance.repository))
        #expect(!FileManager.default.fileExists(atPath: instance.state))
        #expect(try instance.configurationText == "")
    }

    @Test func `a configuration is written that the next runs can do with alone`() throws {
        let instance = try OpsInstance(nil, initialised: false)
        let path = instance.path("etc/infisical-ops.yaml")
        let report: Report = try instance.ops("--config", path, "init", "--yes", "--json").expect(0).object()
        #expect(report.configuration == path && report.made.contains(path))
        #expect(try mode(path) == 0o600)
        for name in ["DATABASE_URL", "REPOSITORY", "STATE_FOLDER", "ENV_FILE", "CONFIG"] {
            instance.environment["INFISICAL_OPS_" + name] = nil
        }
        try instance.ops("--config", path, "backup").expect(0)
        let shown = try instance.ops("--config", path, "config", "show").expect(0).output
        for value in [report.signer, instance.repository, instance.envFile, instance.state] {
            #expect(shown.split(separator: "\n").contains { $0.contains(value) && $0.contains(path + ":") }, "\(value)")
        }
        let text = String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self)
        try instance.ops("--config", path, "init", "--yes").expect(0)
        #expect(String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self) == text)
    }

    @Test func `an existing configuration keeps every line and gets what it lacks`() throws {
        let instance = try OpsInstance(nil, initialised: false)
        instance.environment["INFISICAL_OPS_REPOSITORY"] = ""
        let text =
            "# mine\nbackup:\n  jobs: 3   # three\n\nrepository: # here\n  identity_file: \(instance.path("id.txt"))\n"
        try instance.write(Array(text.utf8), to: instance.configuration)
        let plan = try instance.ops("init", "--repository", instance.repository, "--dry-run").expect(0).output
        #expect(plan.contains("add repository.path, repository.signer to the configuration \(instance.configuration)"))
        #expect(try instance.configurationText == text)
        let report: Report = try instance.ops("init", "--repository", instance.repository, "--yes", "--json").expect(0)
            .object()
        let after = try instance.configurationText
        #expect(after.contains("  signer: \(report.signer)\n") && after.contains("  path: \(instance.repository)\n"))
        let kept = after.split(separator: "\n", omittingEmptySubsequences: false)
            .filter { !$0.contains("signer:") && !$0.contains("path:") }
        #expect(kept.joined(separator: "\n") == text)
        #expect(report.identityFile == instance.path("id.txt"))
        try instance.ops("backup").expect(0)
        // A value on the command line that the file contradicts holds for one run, and that is said.
        let other = try instance.ops("init", "--repository", instance.path("other"), "--dry-run").expect(3)
        #expect(other.errors.contains("init.repository-gone") || other.errors.contains("trusts the signer"))
    }

    @Test func `with recipients no identity is made, and only they can read`() throws {
        let instance = try OpsInstance(nil, initialised: false)
        let identities = try (0..<2).map { _ in try AgeIdentity.generate() }
        let recipients = try identities.map { try #require(try $0.recipient().text) }
        let report: Report = try instance.ops(
            "init", "--yes", "--no-configuration", "--recipient", recipients[0], "--recipient", recipients[1], "--json"
        ).expect(0).object()
        #expect(report.identityFile == nil && report.recipients == recipients)
        // Nothing was written that says so, and an identity that is not there counts as lost.
        #expect(report.warnings.contains { $0.contains("set repository.identity_file to none") }, "\(report.warnings)")
        try instance.ops("init", "--no-configuration").expect(2)
        instance.environment["INFISICAL_OPS_IDENTITY_FILE"] = "none"
        let sheet = try instance.ops("init", "--no-configuration").expect(0).output
        #expect(sheet.contains("not on this host") && recipients.allSatisfy { sheet.contains($0) })
        try instance.ops("backup").expect(0)
        #expect(try instance.ops("verify").expect(0).output.contains("stored, not read"))
        for (number, identity) in identities.enumerated() {
            let file = instance.path("identity-\(number)")
            try instance.writeIdentity(identity, to: file)
            try instance.ops("verify", "--identity-file", file, "--level", "readable").expect(0)
        }
        try instance.refuses(
            ["init", "--recipient", recipients[0], "--yes", "--no-configuration"], exit: 3,
            code: "init.other-recipients", naming: recipients)
    }

    @Test func `an identity that is kept elsewhere is not made here`() throws {
        let instance = try OpsInstance(nil, initialised: false)
        try instance.write(Array("repository: { identity_file: none }\n".utf8), to: instance.configuration)
        let fault = try instance.refuses(["init", "--yes"], exit: 3, code: "init.nobody-could-read")
        #expect(fault.hints.joined().contains("age-keygen") && fault.hints.joined().contains("--recipient"))
        try instance.refuses(
            ["init", "--yes", "--identity-file", "none", "--no-configuration"], exit: 3, code: "init.nobody-could-read")
        let recipient = try #require(try AgeIdentity.generate().recipient().text)
        // Flow mappings cannot be added to without disturbing them.
        let refused = try instance.refuses(
            ["init", "--yes", "--recipient", recipient], exit: 3, code: "init.not-completable",
            naming: ["written in braces"])
        #expect(refused.hints.joined().contains("repository.recipients: \(recipient), repository.signer: "))
        let result = try instance.ops("init", "--yes", "--recipient", recipient, "--no-configuration").expect(0)
        #expect(result.output.contains("RECOVERY SHEET"))
        try instance.ops("backup").expect(0)
        #expect(try instance.ops("verify").expect(0).output.contains("nothing was decrypted"))
        let missing = try instance.refuses(
            ["verify", "--level", "readable"], exit: 3, code: "repository.identity-missing",
            naming: ["repository.identity_file is none"])
        #expect(missing.hints.joined().contains("--identity-file"))
    }

    @Test func `a repository and a database on one disk are warned about`() throws {
        let instance = try OpsInstance(nil, initialised: false)
        let result = try instance.shell(
            """
            "$OPS" init --yes --no-configuration -q
            mv "$REPOSITORY" "$REPOSITORY.away"; mkdir -m 700 "$REPOSITORY"
            mount -t tmpfs -o mode=700 tmpfs "$REPOSITORY"
            rm -r "$INFISICAL_OPS_STATE_FOLDER"
            "$OPS" init --yes --no-configuration -q
            """
        ).expect(0)
        #expect(result.errors.split(separator: "\n").filter { $0.contains("on the same disk") }.count == 1)
    }
}
