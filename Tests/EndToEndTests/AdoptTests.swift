import Age
import FoundationEssentials
import LiveSupport
import Postgres
import Processes
import TestSupport
import Testing

/// A repository that a second host takes over, with what the recovery sheet says.
@Suite struct AdoptTests {
    private struct Sheet: Decodable {
        let signer: String
        let identityFile: String?
    }

    private let other: [String: EnvironmentValue]
    private let instance: OpsInstance
    private let sheet: Sheet
    /// The identity as it was carried to the other host.
    private let identity: String

    init() throws {
        instance = try OpsInstance(nil)
        try instance.sql("CREATE TABLE t AS SELECT generate_series(1, 100) AS a")
        try instance.ops("backup").expect(0)
        sheet = try instance.ops("init", "--no-configuration", "--json").expect(0).object()
        identity = instance.path("carried.txt")
        try FileManager.default.copyItem(atPath: try instance.identityFile, toPath: identity)
        other = ["INFISICAL_OPS_STATE_FOLDER": .plain(instance.path("other-state"))]
    }

    private func onOther(_ arguments: String...) throws -> OpsResult {
        try instance.run(arguments, environment: other)
    }

    @Test func `another host can do nothing until it adopts, and everything afterwards`() throws {
        for command in [
            ["backup"], ["status"], ["verify"], ["restore", "--to-database", "x", "--yes"], ["init", "--yes"],
        ] {
            let fault = try instance.refuses(
                command, exit: 3, code: "repository.signer-not-pinned", naming: [instance.repository],
                environment: other)
            #expect(
                fault.hints.contains(
                    "run, with FINGERPRINT and the identity FILE as on the recovery sheet: infisical-ops init --adopt "
                        + "--repository \(instance.repository) --signer FINGERPRINT --identity-file FILE"))
        }
        try instance.refuses(
            ["init", "--adopt", "--yes", "--no-configuration", "--signer", sheet.signer], exit: 3,
            code: "repository.identity-missing", environment: other)
        let plan = try onOther(
            "init", "--adopt", "--signer", sheet.signer, "--identity-file", identity, "--no-configuration", "--dry-run"
        ).expect(0).output
        #expect(plan.contains("take over the repository in \(instance.repository) on this host"))
        #expect(!FileManager.default.fileExists(atPath: instance.path("other-state")))
        try onOther(
            "init", "--adopt", "--signer", sheet.signer, "--identity-file", identity, "--no-configuration", "--yes"
        ).expect(0)
        try onOther("backup").expect(0)
        try onOther("verify", "--all", "--level", "readable", "--identity-file", identity).expect(0)
        let copy = try instance.restoredName()
        try onOther("restore", "--to-database", copy, "--identity-file", identity, "--yes").expect(0)
        #expect(try instance.counts(of: [("public", "t")], in: copy) == [100])
        // Both hosts go on in one chain.
        try instance.ops("backup").expect(0)
        try instance.ops("verify", "--all").expect(0)
        #expect(try instance.ids().count == 3)
    }

    @Test func `a host that only verifies notices that the repository went back`() throws {
        try onOther(
            "init", "--adopt", "--signer", sheet.signer, "--identity-file", identity, "--no-configuration", "--yes"
        ).expect(0)
        let before = try instance.ids()
        try instance.ops("backup").expect(0)
        let added = try #require(try instance.ids().first { !before.contains($0) })
        // Adopted with an identity that is not kept here, which has to be said.
        try onOther("verify", "--all").expect(2)
        let verify = { [self] in
            try instance.run(
                ["verify", "--all"], environment: other.merging(["INFISICAL_OPS_IDENTITY_FILE": "none"]) { $1 })
        }
        try verify().expect(0)
        for suffix in ["json", "json.sig"] {
            try FileManager.default.removeItem(atPath: "\(instance.repository)/backups/\(added).\(suffix)")
        }
        let damaged = try verify().expect(13)
        #expect(damaged.output.contains("its newest backup has number 1, but this host saw number 2"))
    }

    @Test func `a wrong fingerprint or identity changes nothing on a host that works`() throws {
        let wrong = "SHA256:" + String(repeating: "A", count: 43)
        let adopt = ["init", "--adopt", "--yes", "--no-configuration", "--signer"]
        let fault = try instance.refuses(adopt + [wrong], exit: 3, code: "repository.unknown-signer", naming: [wrong])
        // Nobody is led to trust whoever signed what is there.
        let told = fault.message + fault.hints.joined(separator: "\n")
        #expect(!told.contains(sheet.signer) && !told.contains("pinned"), "\(told)")
        #expect(
            fault.hints[0].contains("recovery sheet") && fault.hints[0].contains("never copy it from the repository"))
        for malformed in ["SHA256:abc", "abc", String(wrong.dropFirst(7)), wrong + "A"] {
            try instance.refuses(
                adopt + [malformed], exit: 64, code: "usage.bad-value",
                naming: ["--signer must be a fingerprint of the form SHA256: and 43 characters, not \"\(malformed)\""])
        }
        let stranger = instance.path("stranger.txt")
        try instance.writeIdentity(try .generate(), to: stranger)
        try instance.refuses(
            [
                "init", "--adopt", "--signer", sheet.signer, "--identity-file", stranger, "--yes", "--no-configuration",
            ], exit: 12, code: "repository.identity-opens-nothing", naming: [stranger])
        try instance.ops("backup").expect(0)
        try instance.ops("verify").expect(0)
    }

    @Test func `a pinned signer is not overruled by the command line`() throws {
        try instance.write(Array("repository:\n  signer: \(sheet.signer)\n".utf8), to: instance.configuration)
        let given = "SHA256:" + String(repeating: "B", count: 43)
        try instance.refuses(
            ["init", "--adopt", "--signer", given, "--yes"], exit: 3, code: "init.other-signer-pinned",
            naming: [sheet.signer, given])
        try instance.refuses(["init", "--signer", given], exit: 64, code: "usage.refused-value", naming: ["--adopt"])
    }

    @Test func `a host that lost its keys gets them back with the identity alone`() throws {
        let folder = try #require(try FileManager.default.contentsOfDirectory(atPath: instance.state).first)
        for name in ["signing-key", "id-key-1"] {
            try FileManager.default.removeItem(atPath: "\(instance.state)/\(folder)/\(name)")
            // A new generation needs no id key of the old one, but somebody has to sign for it.
            let rekey = name == "signing-key" ? [["repository", "rekey", "--yes"]] : []
            for command in [["backup"], ["init", "--yes", "--no-configuration"]] + rekey {
                let fault = try instance.refuses(
                    command, exit: 3, code: "repository.host-keys-missing", naming: [instance.state])
                #expect(fault.hints.first == "run: infisical-ops init --adopt")
            }
            try instance.ops("init", "--adopt", "--yes", "--no-configuration").expect(0)
            try instance.ops("backup").expect(0)
        }
        try instance.ops("verify", "--all", "--level", "readable").expect(0)
    }

    @Test func `there must be something to adopt`() throws {
        try instance.refuses(
            ["init", "--adopt", "--signer", sheet.signer, "--yes", "--repository", instance.path("nothing")], exit: 3,
            code: "init.nothing-to-adopt", naming: [instance.path("nothing")])
        #expect(!FileManager.default.fileExists(atPath: instance.path("nothing")))
    }
}
