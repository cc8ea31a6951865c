import FoundationEssentials
import Processes
import Testing

@Suite struct InitRemainsTests {
    @Test func `a repository that lost its description is not made anew over its keys`() throws {
        let instance = try OpsInstance()
        try instance.ops("backup").expect(0)
        struct Sheet: Decodable { let signer: String }
        let sheet: Sheet = try instance.ops("init", "--no-configuration", "--json").expect(0).object()
        let description = instance.repository + "/repository.json"
        let kept = try Data(contentsOf: URL(filePath: description))
        try FileManager.default.removeItem(atPath: description)
        let keys = try instance.stored("keys")
        let fault = try instance.ops("init", "--yes", "--no-configuration", "--json").expect(3).fault()
        #expect(fault.code == "repository.remains" && !fault.hints.isEmpty)
        // The same on a host that knows that there was one, and where it is to be taken over.
        instance.environment["INFISICAL_OPS_SIGNER"] = .plain(sheet.signer)
        for command in [["init"], ["init", "--adopt"]] {
            let known = try instance.refuses(
                command + ["--yes", "--no-configuration"], exit: 3, code: "repository.remains",
                naming: ["\(instance.repository) holds backups, but its repository.json is missing"])
            #expect(known.hints.first == "run: infisical-ops repair", "\(known.hints)")
        }
        #expect(try instance.stored("keys") == keys)
        try instance.write(Array(kept), to: description)
        try instance.ops("verify", "--all", "--level", "readable").expect(0)
    }

    @Test(arguments: ["gone", "empty", "of another schema"])
    func `a description is made anew of what the keyring says`(damage: String) throws {
        let instance = try OpsInstance(), description = instance.repository + "/repository.json"
        try instance.ops("backup").expect(0)
        let kept = try Data(contentsOf: URL(filePath: description))
        // A copy from before the keyring changed is of no use, and must not be needed.
        let older = instance.path("older")
        try FileManager.default.copyItem(atPath: instance.repository, toPath: older)
        try instance.ops("repository", "rekey", "--yes").expect(0)
        switch damage {
        case "gone": try FileManager.default.removeItem(atPath: description)
        case "empty": try instance.write([], to: description)
        default:
            try instance.write(
                Array("{\"schema\":\"x\",\"format\":1,\"id\":\"1\",\"created\":\"\"}".utf8), to: description)
        }
        let fault = try instance.ops("verify", "--json").expect(damage == "gone" ? 3 : 13).fault()
        #expect(fault.hints.first == "run: infisical-ops repair", "\(fault.hints)")
        let plan = try instance.ops("repair", "--dry-run").expect(0)
        #expect(plan.output.contains("rewrite repository.json"), "\(plan.output)")
        try instance.ops("repair", "--from", older, "--yes").expect(0)
        #expect(try Data(contentsOf: URL(filePath: description)) == kept)
        try instance.ops("verify", "--all", "--level", "readable").expect(0)
        try instance.ops("backup").expect(0)
    }

    @Test func `a known signer is needed to make it anew, whatever else the state folder holds`()
        throws
    {
        let instance = try OpsInstance(), description = instance.repository + "/repository.json"
        try instance.ops("backup").expect(0)
        try FileManager.default.removeItem(atPath: description)
        let kept = instance.path("kept-state")
        try FileManager.default.moveItem(atPath: instance.state, toPath: kept)
        let refused = try instance.ops("repair", "--yes", "--json").expect(13).fault()
        #expect(refused.code == "repository.not-repairable")
        if FileManager.default.fileExists(atPath: instance.state) {
            try FileManager.default.removeItem(atPath: instance.state)
        }
        try FileManager.default.moveItem(atPath: kept, toPath: instance.state)
        let other = instance.state + "/00000000000000000000000000000000"
        try FileManager.default.createDirectory(atPath: other, withIntermediateDirectories: true)
        try instance.write(Array("garbage".utf8), to: other + "/memory.json")
        try instance.ops("repair", "--yes").expect(0)
        try instance.ops("verify", "--all").expect(0)
    }

    @Test func `no description is made of a keyring that nobody vouches for`() throws {
        let instance = try OpsInstance(), description = instance.repository + "/repository.json"
        try instance.ops("backup").expect(0)
        try FileManager.default.removeItem(atPath: description)
        let keyring = instance.repository + "/keys/keyring-1.json"
        try instance.write(Data(contentsOf: URL(filePath: keyring)) + [32], to: keyring)
        let refused = try instance.ops("repair", "--yes", "--json").expect(13).fault()
        #expect(refused.code == "repository.not-repairable", "\(refused)")
        #expect(refused.hints == ["run, with DIR as another copy of the repository: infisical-ops repair --from DIR"])
        #expect(!FileManager.default.fileExists(atPath: description))
    }
}
