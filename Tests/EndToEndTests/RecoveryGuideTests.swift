import FoundationEssentials
import Processes
import TestSupport
import Testing

/// The commands of `RECOVER.md`, run as they stand there.
@Suite struct RecoveryGuideTests {
    /// The commands that compute a label: for a key of characters, and for one in base64.
    private func commands(_ instance: OpsInstance) throws -> [String] {
        let guide = try String(
            contentsOfFile: instance.repository + "/RECOVER.md", encoding: .utf8)
        return guide.split(separator: "\n").filter { $0.contains("sha256sum | cut") }.map {
            String($0.drop { $0 == " " })
        }
    }

    @Test func `the ids that it takes are those that the guide shows`() throws {
        let instance = try OpsInstance(nil)
        try instance.ops("backup").expect(0)
        let id = try instance.ids()[0]
        let guide = try String(contentsOfFile: instance.repository + "/RECOVER.md", encoding: .utf8)
        #expect(guide.contains("The ids are the names of the files in `backups/` without `.json`"))
        let listed = try instance.shell("cd '\(instance.repository)' && ls backups/*.json").expect(0)
        #expect(guide.contains("    ls backups/*.json\n") && listed.output == "backups/\(id).json\n")
    }

    @Test(arguments: [
        (0, "0f1e2d3c4b5a69788796a5b4c3d2e1f0", "64d84174700b1b35be52812c766bf38b"),
        (1, "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", "e504f6ddf5f101323338d658d5d02087"),
    ])
    func `the label of a key is computed with stock tools`(command: Int, key: String, label: String) throws {
        let instance = try OpsInstance(nil)
        let commands = try commands(instance)
        #expect(commands.count == 2)
        try instance.write(Array((key + "\n").utf8), to: instance.path("key"))
        try instance.write(Array(commands[command].utf8), to: instance.path("command"))
        let run = try instance.shell("bash '\(instance.path("command"))' < '\(instance.path("key"))'").expect(0)
        #expect(run.output == label + "\n")
    }
}
