import FoundationEssentials
import LiveSupport
import Processes
import TestSupport
import Testing

/// What made somebody stop who wanted a copy of the keys: each state, the text, the exit code.
@Suite struct NewUserKeysTests {
    private let instance: OpsInstance
    private let key = "9f2c47d1e0b86a35c7f41d9280ae53b6", otherKey = "00112233445566778899aabbccddeeff"

    init() throws {
        instance = try OpsInstance(.october, initialised: false)
        try instance.write(Array("a long phrase\n".utf8), to: instance.path("phrase"))
    }

    /// The commands that copy the keys in force, each to a file of its own.
    private func copying(_ name: String) -> [(file: String, command: [String])] {
        let kit = instance.path("\(name).txt"), file = instance.path("\(name).env")
        return [
            (kit, ["keys", "escrow", "--passphrase-file", instance.path("phrase"), "--output", kit]),
            (file, ["keys", "write", "--to", file]),
        ]
    }

    private func isThere(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

    @Test func `a copy of a key that opens nothing is made, with a warning and 12`() throws {
        struct Told: Decodable {
            let database: String
            let warnings: [String]
            let exit: Int32
        }
        for (_, command) in copying("right") {
            let told: Told = try instance.run(command + ["--json"]).expect(0).object()
            #expect(told.database == "opens" && told.warnings == [] && told.exit == 0)
        }
        try instance.editEnvFile(key, otherKey)
        for (file, command) in copying("wrong") {
            let made = try instance.run(command).expect(12)
            #expect(made.errors.contains("warning: what was written does not open the database: "), "\(made.errors)")
            #expect(made.errors.contains("run: infisical-ops keys check") && isThere(file))
        }
        for (_, command) in copying("again") {
            let told: Told = try instance.run(command + ["--json"]).expect(12).object()
            #expect(told.database == "does not open" && told.warnings.count == 1 && told.exit == 12)
        }
        // Where nobody can be asked.
        instance.environment["INFISICAL_OPS_DATABASE_URL"] = "postgresql://postgres@127.0.0.1:1/none"
        for (file, command) in copying("blind") {
            let made = try instance.run(command).expect(0)
            #expect(made.output.contains("whether it opens the database was not verified: "), "\(made.output)")
            #expect(made.errors == "" && isThere(file))
        }
    }

    @Test func `a value that is no key is copied by nothing, and no new key is advised for data that has one`() throws {
        try instance.editEnvFile(key, "abc")
        for (file, command) in copying("none") {
            let fault = try instance.refuses(command, exit: 3, code: "settings.unusable-key", naming: ["has 3 bytes"])
            #expect(fault.hints[0].contains("put back the one that this instance began with"), "\(fault.hints)")
            #expect(!isThere(file))
        }
        let label = try instance.ops("keys", "label").expect(12).errors
        #expect(label.contains("put back the one that this instance began with") && !label.contains("keys generate"))
        #expect(label.contains("run: infisical-ops keys check"))
    }

    @Test func `what is in the way of a copy is left, and refused`() throws {
        for (file, command) in copying("there") {
            try instance.write(Array("mine\n".utf8), to: file)
            let fault = try instance.refuses(
                command, exit: 3, code: "file.exists", naming: ["\(file) already exists", "nothing was written"])
            #expect(fault.hints.contains { $0.hasPrefix("give another name") })
            #expect(try Data(contentsOf: URL(filePath: file)) == Data("mine\n".utf8))
        }
    }

    @Test func `a kit that is named without verify leads to it`() throws {
        let fault = try instance.ops("keys", "escrow", instance.path("kit.txt"), "--json").expect(64).fault()
        #expect(fault.message.contains("keys escrow verify KIT"), "\(fault.message)")
    }

    @Test func `the file that was tried stays in what is advised`() throws {
        let other = instance.path("other.env")
        try instance.write(Array("ENCRYPTION_KEY=\(otherKey)\n".utf8), to: other)
        let label = try instance.ops("keys", "label", "--key-file", other).expect(12).errors
        #expect(label.contains("run: infisical-ops keys check --key-file \(other)"), "\(label)")
    }

    @Test func `without a key no option is advised that the command does not have, and nothing twice`() throws {
        try FileManager.default.removeItem(atPath: instance.envFile)
        let write = try instance.run(["keys", "write", "--to", instance.path("x.env"), "--json"]).expect(12).fault()
        let words = "if another env file holds the key, name that file as instance.env_file"
        #expect(write.hints.contains(words) && !write.hints.contains { $0.contains("--key-file") }, "\(write.hints)")
        let label = try instance.run(["keys", "label", "--json"]).expect(12).fault()
        #expect(label.hints.filter { $0.contains("--key-file") }.count == 1, "\(label.hints)")
        // With a backup that keeps it.
        let kept = try OpsInstance(.october)
        try kept.ops("backup").expect(0)
        try FileManager.default.removeItem(atPath: kept.envFile)
        let found = try kept.run(["keys", "write", "--to", kept.path("x.env"), "--json"]).expect(12).fault()
        #expect(found.hints.contains("run: infisical-ops restore \(try kept.ids()[0]) --files kept-files"))
        #expect(!found.hints.contains { $0.contains("--key-file") }, "\(found.hints)")
    }
}
