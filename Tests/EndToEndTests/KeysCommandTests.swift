import FoundationEssentials
import Glibc
import InfisicalData
import LiveSupport
import Processes
import Secrets
import TestSupport
import Testing

/// `keys generate`, `keys label` and `keys write`.
@Suite struct KeysCommandTests {
    private struct Generated: Decodable {
        let kind: String
        let variable: String
        let form: String
        let label: String?
        let value: String
    }
    private struct Label: Decodable {
        struct Key: Decodable, Equatable {
            let variable: String
            let label: String
            let fips: Bool
        }
        let keys: [Key]
        let problems: [String]
        let database: String
        let databaseText: String
        let warnings: [String]
        let exit: Int32
    }

    private func text(_ instance: OpsInstance, _ name: String) throws -> String {
        String(decoding: try Data(contentsOf: URL(filePath: instance.path(name))), as: UTF8.self)
    }

    @Test(arguments: KeyKind.allCases)
    func `a new value goes alone to standard output, and what it is to standard error`(kind: KeyKind) throws {
        let instance = try OpsInstance(nil, initialised: false)
        let result = try instance.ops("keys", "generate", "--kind", kind.rawValue).expect(0)
        let value = result.output.dropLast(), key = Secret(testing: String(value))
        #expect(result.output.hasSuffix("\n") && !value.contains("\n"))
        #expect(kind.problem(of: key, fips: false) == nil)
        #expect(
            result.errors.hasPrefix("\(kind.variable): \(kind.form(fips: false))") && !result.errors.contains(value))
        #expect(try instance.ops("keys", "generate", "--kind", kind.rawValue, "-q").expect(0).errors == "")
        let shown: Generated = try instance.ops("keys", "generate", "--kind", kind.rawValue, "--show", "--json")
            .expect(0).object()
        #expect(shown.kind == kind.rawValue && shown.variable == kind.variable && shown.value != value)
        // Nothing of it is anywhere.
        #expect(!FileManager.default.fileExists(atPath: instance.state))
    }

    @Test func `a value is shown on a terminal or in JSON only where that was asked for`() throws {
        let instance = try OpsInstance(nil, initialised: false)
        let refused = try instance.ops("keys", "generate", "--json").expect(3)
        let code = try refused.fault().code
        #expect(refused.output == "" && code == "keys.would-be-shown")
        let terminal = try TerminalRun(instance, ["keys", "generate"])
        #expect(try terminal.ended() == 3)
        #expect(terminal.shown.contains("keys write --new --to FILE") && terminal.shown.contains("--show"))
        #expect(terminal.shown.firstMatch(of: /[0-9a-f]{32}/) == nil)
        let asked = try TerminalRun(instance, ["keys", "generate", "--show"])
        #expect(try asked.ended() == 0 && asked.shown.firstMatch(of: /[0-9a-f]{32}/) != nil)
        try instance.ops("keys", "generate", "--kind", "password").expect(64)
    }

    @Test func `keys in force are named by their labels, and by what the database opens with`() throws {
        let instance = try OpsInstance(.october, initialised: false)
        let label: Label = try instance.ops("keys", "label", "--json").expect(0).object()
        #expect(label.keys.count == 1 && label.keys[0].variable == "ENCRYPTION_KEY" && !label.keys[0].fips)
        #expect(label.database == "opens" && label.databaseText.contains(label.keys[0].label))
        #expect(label.exit == 0 && label.problems == [])
        let told = try instance.ops("keys", "label", "-q").expect(0)
        #expect(told.output.contains("label \(label.keys[0].label)") && told.output.contains("database: the root key"))
        // Another key.
        try instance.ops("keys", "write", "--new", "--to", instance.path("other.env")).expect(0)
        let other: Label = try instance.ops("keys", "label", "--key-file", instance.path("other.env"), "--json")
            .expect(12).object()
        #expect(other.database == "does not open" && other.keys[0].label != label.keys[0].label)
        // Without a database.
        let address = "postgresql://postgres@127.0.0.1:1/none"
        instance.environment["INFISICAL_OPS_DATABASE_URL"] = .plain(address)
        let blind: Label = try instance.ops("keys", "label", "--json").expect(0).object()
        #expect(blind.keys == label.keys && blind.database == "not checked")
        #expect(try instance.ops("keys", "label").expect(0).output.contains("not verified"))
    }

    @Test func `a value of another form is told with what makes the right one, and is never written`() throws {
        let instance = try OpsInstance(.october, initialised: false)
        for (value, words) in [
            (String(repeating: "0a", count: 32), "64 hex characters"), ("too-short-key", "has 13 bytes"),
        ] {
            try instance.write(Array("INFISICAL_ENCRYPTION_KEY=\(value)\n".utf8), to: instance.envFile)
            let result = try instance.ops("keys", "label", "--key-file", instance.envFile).expect(12)
            #expect(result.errors.contains(words) && result.errors.contains("infisical-ops keys generate"))
            let refused = try instance.ops("keys", "write", "--to", instance.path("copy.env")).expect(3)
            #expect(refused.errors.contains(words))
            #expect(!FileManager.default.fileExists(atPath: instance.path("copy.env")))
        }
        try instance.write(Array("A=1\n".utf8), to: instance.envFile)
        try instance.ops("keys", "label").expect(12)
        try instance.ops("keys", "write", "--to", instance.path("copy.env")).expect(12)
    }

    @Test func `keys are written for their owner only, and never over anything`() throws {
        let instance = try OpsInstance(.october, initialised: false), file = instance.path("copy.env")
        let before: Label = try instance.ops("keys", "label", "--json").expect(0).object()
        let told = try instance.ops("keys", "write", "--to", file).expect(0)
        #expect(told.output.contains(before.keys[0].label))
        var status = stat()
        #expect(stat(file, &status) == 0 && status.st_mode & 0o777 == 0o600)
        #expect(try text(instance, "copy.env").contains("# the keys of Infisical in force"))
        // What was written is the key, whoever reads the file.
        for syntax in ["compose", "systemd", "docker"] {
            instance.environment["INFISICAL_OPS_INSTANCE_ENV_SYNTAX"] = .plain(syntax)
            let after: Label = try instance.ops("keys", "label", "--key-file", file, "--json").expect(0).object()
            #expect(after.keys == before.keys && after.database == "opens", "\(syntax)")
        }
        let content = try text(instance, "copy.env")
        for more in [[], ["--new"]] {
            let refused = try instance.run(["keys", "write", "--to", file] + more).expect(3)
            #expect(refused.errors.contains("already exists"))
        }
        #expect(try text(instance, "copy.env") == content)
        #expect(symlink("/nonexistent/x", instance.path("link.env")) == 0)
        try instance.ops("keys", "write", "--new", "--to", instance.path("link.env")).expect(3)
        try instance.ops("keys", "write", "--to", instance.path("none/x.env")).expect(1)
        try instance.ops("keys", "write", "--fips", "--to", instance.path("y.env")).expect(64)
        try instance.ops("keys", "write", "--new", "--kind", "auth-secret", "--to", instance.path("a.env")).expect(0)
        #expect(try text(instance, "a.env").contains("\nAUTH_SECRET="))
    }
}
