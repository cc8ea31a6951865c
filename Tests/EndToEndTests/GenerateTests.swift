import FoundationEssentials
import LiveSupport
import TestSupport
import Testing

/// Reference, man pages and completions are those that the program writes.
@Suite struct GenerateTests {
    @Test(arguments: [("docs", "docs"), ("man", "docs/man"), ("completions", "docs/completions")])
    func `what is in the repository is what the declarations say`(kind: String, folder: String) throws {
        let instance = try OpsInstance(nil, initialised: false), written = instance.path(kind)
        try instance.ops("generate", kind, "--output", written).expect(0)
        let names = try FileManager.default.contentsOfDirectory(atPath: written)
        #expect(!names.isEmpty)
        for name in names {
            let committed = Fixtures.path("../../\(folder)/\(name)")
            #expect(
                try Data(contentsOf: URL(filePath: "\(written)/\(name)")) == Data(contentsOf: URL(filePath: committed)),
                "\(committed): run scripts/generate")
        }
    }
}
