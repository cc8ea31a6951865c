import Age
import FoundationEssentials
import LiveSupport
import Processes
import TestSupport
import Testing

/// Without the identity nobody can read the backups: that it is gone is no success of whatever looks at them, unless the
/// configuration says that it is not to be on this host.
@Suite struct LostIdentityTests {
    private let instance: OpsInstance
    private let identity: String

    init() throws {
        instance = try OpsInstance(.october)
        identity = try instance.identityFile
        try instance.ops("backup").expect(0)
        try FileManager.default.moveItem(atPath: identity, toPath: instance.path("copy.txt"))
    }

    private static let places = ["at its standard place", "where the configuration says"]

    @Test(arguments: places) func `status, verify and init say that it is gone, and end with 2`(place: String) throws {
        if place != Self.places[0] { instance.environment["INFISICAL_OPS_IDENTITY_FILE"] = .plain(identity) }
        let words = "the identity file \(identity) does not exist"
        let none = "if it is kept off this host on purpose, set repository.identity_file to none"
        let status = try instance.ops("status").expect(2).output
        #expect(status.contains("identity    NOT HERE: \(words)") && status.contains(none), "\(status)")
        struct Told: Decodable {
            let warnings: [String]
            let hints: [String]
            let exit: Int32
        }
        for command in [["status"], ["verify"], ["init", "--no-configuration", "--yes"]] {
            let told: Told = try instance.run(command + ["--json"]).expect(2).object()
            #expect(told.warnings.contains { $0.hasPrefix(words) } && told.hints.contains(none), "\(command): \(told)")
            #expect(told.exit == 2)
        }
        // A backup needs it for nothing, and says that nobody here can read it.
        let backup = try instance.ops("backup").expect(0)
        #expect(backup.errors.contains("warning: \(words)") && backup.errors.contains("init --repository FOLDER"))
        #expect(try instance.ops("backup", "--dry-run").expect(0).errors.contains("warning: \(words)"))
        // What is stored is checked all the same; what needs it refuses.
        let verified = try instance.ops("verify").expect(2)
        #expect(verified.output.contains("stored, not read") && verified.errors.contains("hint: \(none)"))
        try instance.ops("verify", "--level", "stored").expect(0)
        let refused = try instance.refuses(
            ["verify", "--level", "readable"], exit: 3, code: "repository.identity-missing", naming: [identity])
        #expect(refused.hints.joined().contains("--identity-file"))
        // Back again.
        try instance.ops("verify", "--identity-file", instance.path("copy.txt")).expect(0)
        try FileManager.default.moveItem(atPath: instance.path("copy.txt"), toPath: identity)
        for command in [["status"], ["verify"], ["init", "--no-configuration", "--yes"]] {
            try instance.run(command).expect(0)
        }
    }

    @Test func `init ends with 2 as well where the identity opens nothing, or is none`() throws {
        let again = ["init", "--no-configuration", "--yes"]
        try instance.writeIdentity(try .generate(), to: identity)
        let stranger = try instance.run(again).expect(2), words = "the identity in \(identity) opens nothing"
        #expect(stranger.errors.contains("warning: \(words)") && stranger.errors.contains("hint: the recovery sheet"))
        #expect(stranger.output.contains("identity             not on this host"), "\(stranger.output)")
        struct Told: Decodable {
            let warnings: [String]
            let hints: [String]
            let exit: Int32
        }
        let told: Told = try instance.run(again + ["--json"]).expect(2).object()
        #expect(told.warnings.contains { $0.hasPrefix(words) } && !told.hints.isEmpty && told.exit == 2, "\(told)")
        try instance.write(Array("no identity\n".utf8), to: identity)
        #expect(try instance.run(again).expect(2).errors.contains("warning: \(identity): "))
    }

    @Test func `none says that it is not to be here, and is the word that messages use`() throws {
        instance.environment["INFISICAL_OPS_IDENTITY_FILE"] = "none"
        for command in [["status"], ["verify"], ["init", "--no-configuration", "--yes"]] {
            let run = try instance.run(command).expect(0)
            #expect(!(run.output + run.errors).contains("does not exist"), "\(command)")
        }
        #expect(try instance.ops("backup").expect(0).errors.contains("identity") == false)
        try instance.refuses(
            ["verify", "--level", "readable"], exit: 3, code: "repository.identity-missing",
            naming: ["which is not on this host (repository.identity_file is none)"])
        // The word of instance.key is no file of that name.
        instance.environment["INFISICAL_OPS_IDENTITY_FILE"] = "elsewhere"
        try instance.refuses(
            ["verify"], exit: 3, code: "settings.wrong-value",
            naming: ["repository.identity_file must be a path, or the word none"])
    }

    @Test func `a host that is set up for others to read says so in its configuration`() throws {
        let fresh = try OpsInstance(.october, initialised: false)
        let recipient = "age1lxqfet9lk3utppu37uvuf4sn0vczvuqrjl0un9a3ef3gty6xnv8qhkeet0"
        let arguments = ["init", "--yes", "--recipient", recipient]
        #expect(try fresh.run(arguments).expect(0).output.contains("repository.identity_file"))
        #expect(try fresh.configurationText.contains("identity_file: none"))
        try fresh.ops("backup").expect(0)
        try fresh.ops("verify").expect(0)
        try fresh.ops("status").expect(0)
    }

    @Test func `init on a host that is set up says what it found, and changes nothing`() throws {
        try FileManager.default.moveItem(atPath: instance.path("copy.txt"), toPath: identity)
        try instance.ops("init", "--yes").expect(0)
        let before = try instance.contents(), text = try instance.configurationText, id = try instance.ids()[0]
        for arguments in [["init"], ["init", "--yes"]] {
            let again = try instance.run(arguments).expect(0).output
            for found in [
                "nothing was created or changed",
                "found: the repository \(instance.repository): 1 backup, the newest \(id)",
                "found: the identity \(identity)", "found: this host's keys to it in \(instance.state)/",
                "found: the configuration \(instance.configuration)",
            ] {
                #expect(again.contains(found), "\(again)")
            }
        }
        try instance.expectUnchanged(since: before)
        #expect(try instance.configurationText == text)
    }
}
