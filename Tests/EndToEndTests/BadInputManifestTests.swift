import FoundationEssentials
import LiveSupport
import Postgres
import TestSupport
import Testing

/// Manifests that are damaged, met by a restore.
@Suite struct BadInputManifestTests {
    enum Damage: String, CaseIterable, Sendable {
        case truncated, edited, emptied, reordered, unsigned, otherSignature

        var code: String {
            switch self {
            case .truncated, .edited, .reordered, .otherSignature: "repository.bad-signature"
            case .emptied: "repository.malformed"
            case .unsigned: "repository.missing-file"
            }
        }

        /// - Parameter other: another manifest, whose signature is real.
        func apply(to path: String, other: String, _ instance: OpsInstance) throws {
            let bytes = [UInt8](try Data(contentsOf: URL(filePath: path)))
            let text = String(decoding: bytes, as: UTF8.self)
            switch self {
            case .truncated: try instance.write(Array(bytes.dropLast(9)), to: path)
            case .edited:
                let edited = text.replacing(#""rows":1000"#, with: #""rows":1001"#)
                try #require(edited != text)
                try instance.write(Array(edited.utf8), to: path)
            case .reordered:
                // The same document with its last member put first.
                let last = #","tags":{}}"#
                try #require(text.contains(last))
                let moved = #"{"tags":{},"# + text.replacing(last, with: "}").dropFirst()
                _ = try JSONDecoder().decode([String: Anything].self, from: Data(moved.utf8))
                try instance.write(Array(moved.utf8), to: path)
            case .emptied: try instance.write([], to: path)
            case .unsigned: try FileManager.default.removeItem(atPath: path + ".sig")
            case .otherSignature:
                try instance.write([UInt8](try Data(contentsOf: URL(filePath: other + ".sig"))), to: path + ".sig")
            }
        }

        private struct Anything: Decodable { init(from decoder: any Decoder) {} }
    }

    private func twoBackups() throws -> OpsInstance {
        let instance = try OpsInstance(nil)
        try instance.sql("CREATE TABLE t AS SELECT generate_series(1, 1000) AS a")
        for _ in 1...2 { try instance.ops("backup").expect(0) }
        return instance
    }

    @Test(arguments: Damage.allCases)
    func `a restore trusts no damaged manifest, and latest does not silently become an older backup`(
        damage: Damage
    ) throws {
        let instance = try twoBackups(), ids = try instance.ids()
        let path = { (id: String) in "\(instance.repository)/backups/\(id).json" }
        try damage.apply(to: path(ids[1]), other: path(ids[0]), instance)

        for options in [["--to-database", try instance.restoredName()], ["--files", instance.path("kept")]] {
            try instance.refuses(
                ["restore", ids[1]] + options + ["--yes"], exit: 13, code: damage.code, naming: [ids[1]])
            let fault = try instance.refuses(
                ["restore", "latest"] + options + ["--yes"], exit: 13, code: "repository.latest-uncertain",
                naming: [ids[0], ids[1]])
            #expect(fault.hints.contains("run: infisical-ops repair") && fault.hints.joined().contains(ids[0]))
        }
        #expect(try instance.databases() == [instance.database])
        for command in ["list", "status", "verify"] { try instance.ops(command).expect(13) }
        #expect(try instance.ops("show", "--json").expect(13).output.contains(damage.code))
        // Who names the older one gets it.
        let copy = try instance.restoredName()
        try instance.ops("restore", ids[0], "--to-database", copy, "--yes").expect(0)
        #expect(try instance.counts(of: [("public", "t")], in: copy) == [1000])

        // A backup is taken beside the damage, and says so.
        let after = try instance.ops("backup").expect(13)
        #expect(after.errors.contains(ids[1]) && after.errors.contains("infisical-ops repair"))
        try instance.ops("repair", "--yes").expect(2)
        for command in ["list", "status", "verify"] { try instance.ops(command).expect(0) }
        try instance.ops("restore", "--to-database", try instance.restoredName(), "--yes").expect(0)
    }

    @Test func `two manifests that changed places are both found`() throws {
        let instance = try twoBackups(), ids = try instance.ids(), folder = "\(instance.repository)/backups/"
        for suffix in [".json", ".json.sig"] {
            let files = ids.map { folder + $0 + suffix }
            let contents = try files.map { [UInt8](try Data(contentsOf: URL(filePath: $0))) }
            try instance.write(contents[1], to: files[0])
            try instance.write(contents[0], to: files[1])
        }
        for (id, other) in zip(ids, ids.reversed()) {
            try instance.refuses(
                ["restore", id, "--to-database", "x", "--yes"], exit: 13, code: "repository.malformed",
                naming: [id, other])
        }
        let fault = try instance.refuses(
            ["restore", "--to-database", "x", "--yes"], exit: 13, code: "repository.malformed")
        #expect(fault.hints.contains("run: infisical-ops repair"))
        try instance.ops("verify", "--all").expect(13)
    }

    @Test func `a repository that went back is told, and not restored from as if it were the latest`() throws {
        let instance = try twoBackups(), ids = try instance.ids()
        for suffix in [".json", ".json.sig"] {
            try FileManager.default.removeItem(atPath: "\(instance.repository)/backups/\(ids[1])\(suffix)")
        }
        for command in ["list", "status", "verify"] {
            #expect(try instance.ops(command, "--json").expect(13).output.contains("repository.went-back"))
        }
        let fault = try instance.refuses(
            ["restore", "--to-database", "x", "--yes"], exit: 13, code: "repository.latest-uncertain",
            naming: ["went back", ids[0]])
        #expect(fault.hints.contains("run: infisical-ops repair"))
    }

    @Test func `a keyring or a signer that was exchanged is not trusted`() throws {
        let instance = try twoBackups(), other = try OpsInstance(nil)
        let signers = "/keys/allowed_signers"
        let foreign = [UInt8](try Data(contentsOf: URL(filePath: other.repository + signers)))
        let own = [UInt8](try Data(contentsOf: URL(filePath: instance.repository + signers)))
        try instance.write(foreign, to: instance.repository + signers)
        for command in [["backup"], ["restore", "--to-database", "x", "--yes"], ["verify"], ["repair", "--yes"]] {
            let fault = try instance.refuses(command, exit: 3, code: "repository.unknown-signer", naming: ["SHA256:"])
            #expect(fault.hints.joined().contains("recovery sheet"))
        }
        try instance.write(own, to: instance.repository + signers)
        let keyring = "/keys/keyring-1.json"
        let edited = [UInt8](try Data(contentsOf: URL(filePath: other.repository + keyring)))
        try instance.write(edited, to: instance.repository + keyring)
        for command in [["backup"], ["restore", "--to-database", "x", "--yes"]] {
            try instance.refuses(
                command, exit: 13, code: "repository.bad-signature", naming: ["keys/keyring-1.json"])
        }
    }
}
