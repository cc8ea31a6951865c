import FoundationEssentials
import Glibc
import LiveSupport
import Processes
import Testing

/// Where `init` puts things: each in a place of its own, none on what is something else.
@Suite struct InitPlacesTests {
    private let instance: OpsInstance

    init() throws { instance = try OpsInstance(nil, initialised: false) }

    private func refuses(_ code: String, _ arguments: [String] = [], _ more: [String: EnvironmentValue] = [:]) throws {
        let before = try FileManager.default.subpathsOfDirectory(atPath: instance.path("")).sorted()
        for dryRun in [["--dry-run"], ["--yes"]] {
            try instance.refuses(["init"] + arguments + dryRun, exit: 3, code: code, environment: more)
        }
        #expect(try FileManager.default.subpathsOfDirectory(atPath: instance.path("")).sorted() == before)
    }

    @Test func `repository, state and configuration never lie inside each other`() throws {
        let repository = instance.repository
        try refuses("init.inside", [], ["INFISICAL_OPS_STATE_FOLDER": .plain(repository + "/state")])
        try refuses("init.inside", [], ["INFISICAL_OPS_STATE_FOLDER": .plain(repository)])
        try refuses("init.inside", ["--repository", instance.state + "/repository"])
        try refuses("init.inside", ["--config", repository + "/infisical-ops.yaml"])
        try refuses("init.inside", ["--config", instance.state + "/infisical-ops.yaml"])
        // A link or a dot hides nothing.
        try FileManager.default.createSymbolicLink(
            atPath: instance.path("link"), withDestinationPath: instance.path(""))
        try refuses("init.inside", ["--repository", instance.path("link/state/repository")])
        try refuses("init.inside", ["--repository", instance.path("home/../state/./repository")])
        // A name that only begins like another is another.
        try instance.ops("init", "--repository", instance.state + "-repository", "--no-configuration", "--yes").expect(
            0)
    }

    @Test func `what is another kind of file is left alone, and nothing is made beside it`() throws {
        let file = instance.path("file"), folder = instance.path("folder"), pipe = instance.path("pipe")
        try instance.write([1], to: file)
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        #expect(mkfifo(pipe, 0o600) == 0)
        for path in [file, pipe, file + "/below"] {
            try refuses("init.wrong-kind", ["--repository", path])
            try refuses("init.wrong-kind", [], ["INFISICAL_OPS_STATE_FOLDER": .plain(path)])
        }
        for path in [folder, pipe, file + "/below"] { try refuses("init.wrong-kind", ["--identity-file", path]) }
        try refuses("file.wrong-kind", ["--config", folder])
        try refuses("init.wrong-kind", ["--config", file + "/below.yaml"])
    }

    @Test func `an identity inside the repository is warned of wherever somebody looks`() throws {
        let identity = instance.repository + "/identity.txt"
        instance.environment["INFISICAL_OPS_IDENTITY_FILE"] = .plain(identity)
        let words = "the identity \(identity) lies inside the repository"
        for command in [
            ["init", "--no-configuration", "--yes"], ["init", "--no-configuration"], ["backup", "--dry-run"],
            ["backup"],
            ["status"], ["config", "check"],
        ] {
            let run = try instance.run(command).expect(0)
            #expect(run.errors.split(separator: "\n").filter { $0.contains(words) }.count == 1, "\(command)")
        }
        instance.environment["INFISICAL_OPS_IDENTITY_FILE"] = .plain(instance.path("identity.txt"))
        try FileManager.default.moveItem(atPath: identity, toPath: instance.path("identity.txt"))
        #expect(!(try instance.ops("status").expect(0).errors.contains("inside the repository")))
    }

    @Test func `a new host without a configuration takes a repository over with what the recovery sheet says`() throws {
        struct Sheet: Decodable {
            let signer: String
            let configuration: String?
        }
        let sheet: Sheet = try instance.ops("init", "--no-configuration", "--yes", "--json").expect(0).object()
        try instance.ops("backup").expect(0)
        let carried = instance.path("carried.txt")
        try FileManager.default.copyItem(atPath: try instance.identityFile, toPath: carried)
        for name in ["CONFIG", "REPOSITORY", "STATE_FOLDER", "ENV_FILE"] {
            instance.environment["INFISICAL_OPS_" + name] = nil
        }
        let configuration = instance.path("etc/infisical-ops.yaml")
        instance.environment["INFISICAL_OPS_STATE_FOLDER"] = .plain(instance.path("other-state"))
        let adopt = ["--config", configuration, "init", "--adopt"]
        let nowhere = try instance.refuses(adopt + ["--yes"], exit: 3, code: "init.no-place-to-adopt")
        #expect(nowhere.hints[0].contains("init --adopt --repository FOLDER --signer FINGERPRINT --identity-file FILE"))
        // What is missing is said before anybody is asked, and nothing is made.
        try instance.refuses(
            adopt + ["--repository", instance.repository, "--dry-run"], exit: 3, code: "repository.signer-not-pinned")
        try instance.refuses(
            adopt + ["--repository", instance.repository, "--signer", sheet.signer, "--dry-run"], exit: 3,
            code: "repository.identity-missing")
        #expect(!FileManager.default.fileExists(atPath: instance.path("other-state")))
        let made: Sheet = try instance.run(
            adopt + [
                "--repository", instance.repository, "--signer", sheet.signer, "--identity-file", carried, "--yes",
                "--json",
            ]
        ).expect(0).object()
        #expect(made.configuration == configuration && made.signer == sheet.signer)
        // From then on the configuration is enough.
        try instance.run(["--config", configuration, "verify", "--level", "readable"]).expect(0)
        try instance.run(["--config", configuration, "init"]).expect(0)
        try instance.run(["--config", configuration, "config", "check"]).expect(0)
    }
}
