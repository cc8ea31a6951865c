import FoundationEssentials
import Testing

@Suite struct InitRemainsTests {
    @Test func `a repository that lost its description is not made anew over its keys`() throws {
        let instance = try OpsInstance()
        try instance.ops("backup").expect(0)
        let description = instance.repository + "/repository.json"
        let kept = try Data(contentsOf: URL(filePath: description))
        try FileManager.default.removeItem(atPath: description)
        let keys = try instance.stored("keys")
        let fault = try instance.ops("init", "--yes", "--no-configuration", "--json").expect(3).fault()
        #expect(fault.code == "repository.remains" && !fault.hints.isEmpty)
        #expect(try instance.stored("keys") == keys)
        try instance.write(Array(kept), to: description)
        try instance.ops("verify", "--all", "--level", "readable").expect(0)
    }
}
