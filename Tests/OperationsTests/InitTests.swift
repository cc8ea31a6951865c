import Age
import DurableFiles
import Effects
import Faults
import LiveSupport
import Operations
import Postgres
import Repository
import Secrets
import Settings
import TestSupport
import Testing

/// Setting a host up in this process: what is made, what is left alone, what is refused.
@Suite struct InitTests {
    private func bare() throws -> Bench { try Bench(nil, initialised: false) }

    private func operation(
        _ bench: Bench, adopts: Bool = false, signer: String? = nil, path: String? = nil
    ) throws -> InitOperation {
        var options = InitOperation.Options()
        options.adopt = adopts
        options.signer = signer
        return InitOperation(try bench.workplace(), options, configurationPath: path)
    }

    @discardableResult private func perform(_ operation: InitOperation) throws -> InitOperation.Report {
        try operation.perform(try operation.plan())
    }

    private func recipient() throws -> String { try #require(try AgeIdentity.generate().recipient().text) }

    @Test func `repository and identity are made once, for their owner only`() throws {
        let bench = try bare(), first = try operation(bench), plan = try first.plan()
        #expect(
            plan.makesRepository && plan.identity != nil && !plan.adopts && plan.configuration == nil && !plan.isEmpty)
        #expect(!bench.exists("repository") && !bench.exists("state"))
        let report = try first.perform(plan)
        #expect(report.signer.hasPrefix("SHA256:") && report.recipients.count == 1)
        #expect(report.escrowRecipients == report.recipients && report.made.count == 2)
        #expect(try bench.mode("repository") == 0o700 && bench.mode("\(bench.hostFolder())/identity.txt") == 0o600)
        let again = try operation(bench), nothing = try again.plan()
        #expect(nothing.isEmpty)
        let same = try again.perform(nothing)
        #expect(same.signer == report.signer && same.made.isEmpty && same.identityFile == report.identityFile)
    }

    @Test func `a disk that takes repository and database together is told`() throws {
        let bench = try bare()
        let isSame = try Files(effects: Effects()).sameDevice(try LiveServer.get().folder, bench.folder.path)
        #expect(try perform(operation(bench)).warnings.contains { $0.contains("on the same disk") } == isSame)
    }

    @Test func `without an env file the host is told that its backups would lack the key`() throws {
        let bench = try bare()
        bench.namesEnvFile = false
        #expect(try perform(operation(bench)).warnings.contains { $0.contains("instance.env_file") })
    }

    @Test func `a configuration is written that the next runs can do with alone`() throws {
        let bench = try bare(), path = bench.folder.path("etc/ops/infisical-ops.yaml")
        bench.hasFile = false
        bench.overrides = [
            SettingOverride(.repository, bench.repository, flag: "--repository"),
            SettingOverride(.stateFolder, bench.folder.path("state"), flag: "--state-folder"),
            SettingOverride(.envFile, bench.folder.path(".env"), flag: "--env-file"),
        ]
        let first = try operation(bench, path: path), plan = try first.plan()
        #expect(plan.configuration?.isNew == true && plan.configuration?.path == path)
        let report = try first.perform(plan)
        #expect(report.configuration == path && report.made.contains(path))
        #expect(try bench.mode("etc/ops/infisical-ops.yaml") == 0o600)
        let text = try bench.folder.text("etc/ops/infisical-ops.yaml")
        for word in [report.signer, bench.repository, bench.folder.path("state")] { #expect(text.contains(word)) }
    }

    @Test func `an existing configuration keeps every line and gets what it lacks`() throws {
        let bench = try bare()
        bench.moreLines = ["backup:", "  jobs: 3   # three"]
        try bench.folder.write("infisical-ops.yaml", try bench.configuration)
        bench.overrides = [
            SettingOverride(.compressionLevel, "5", flag: "--level"), SettingOverride(.jobs, "4", flag: "--jobs"),
        ]
        let first = try operation(bench, path: bench.configurationFile), plan = try first.plan()
        #expect(plan.configuration?.adds == ["backup.compression_level", "repository.signer"])
        #expect(plan.notes.contains { $0.contains("--jobs applies to this run only") })
        let report = try first.perform(plan)
        let text = try bench.folder.text("infisical-ops.yaml")
        #expect(text.contains("  jobs: 3   # three") && text.contains("compression_level: 5"))
        #expect(text.contains("signer: \(report.signer)"))
    }

    @Test func `a configuration that cannot be added to is refused before anything is made, with what to write`() throws
    {
        let bench = try bare()
        try bench.folder.write("infisical-ops.yaml", "repository: { path: \(bench.repository) }\n")
        let refused = fault { try perform(operation(bench, path: bench.configurationFile)) }
        #expect(refused?.code == "init.not-completable" && refused?.exit == .refused)
        #expect(refused?.message.contains("the section repository is written in braces") == true)
        let words = refused?.hints.map { FaultRenderer.text($0) }.joined() ?? ""
        #expect(words.contains("--no-configuration") && words.contains("repository.signer: the fingerprint on the"))
        #expect(!bench.exists("repository") && !bench.exists("state"))
        // Without the file it works, and then the fingerprint is known.
        let report = try perform(operation(bench))
        let again = fault { try perform(operation(bench, path: bench.configurationFile)) }
        #expect(
            again?.hints.map { FaultRenderer.text($0) }.joined().contains("repository.signer: \(report.signer)") == true
        )
        let linked = try bare()
        try linked.folder.write("real.yaml", try linked.configuration)
        try linked.shell("ln -s real.yaml infisical-ops.yaml")
        let other = fault { try perform(operation(linked, path: linked.configurationFile)) }
        #expect(other?.message.contains("it is not a file") == true)
    }

    @Test func `with recipients no identity is made, and others are refused later`() throws {
        let bench = try bare(), recipients = [try recipient(), try recipient()], kept = try recipient()
        bench.repositoryLines = [
            "recipients: [\(recipients.joined(separator: ", "))]", "escrow_recipients: [\(kept)]",
        ]
        let report = try perform(operation(bench))
        #expect(report.identityFile == nil && report.recipients == recipients && report.escrowRecipients == [kept])
        bench.overrides = [SettingOverride(.recipients, recipients[0], flag: "--recipient")]
        let refused = fault { try operation(bench).plan() }
        #expect(refused?.code == "init.other-recipients" && refused?.exit == .refused)
        bench.overrides = [SettingOverride(.recipients, "age1nobody", flag: "--recipient")]
        #expect(fault { try operation(bench).plan() } != nil)
    }

    @Test func `an identity that is there is used, and one that is kept elsewhere is not made here`() throws {
        let bench = try bare(), identity = try AgeIdentity.generate(), path = bench.folder.path("keys/id.txt")
        bench.repositoryLines = ["identity_file: none"]
        #expect(fault { try operation(bench).plan() }?.code == "init.nobody-could-read")
        try bench.shell("mkdir keys")
        try bench.folder.write("keys/id.txt", try AgeIdentityFile.render(identity).withBytes { Array($0) })
        bench.repositoryLines = ["identity_file: \(path)"]
        let first = try operation(bench), plan = try first.plan()
        #expect(plan.identity == nil)
        let report = try first.perform(plan)
        #expect(try report.identityFile == path && report.recipients == [identity.recipient().text])
        #expect(report.made == [bench.repository])
    }

    @Test func `a repository that was there and is gone is not replaced by an empty one`() throws {
        let bench = try bare(), signer = try perform(operation(bench)).signer
        bench.repositoryLines = ["signer: \"\(signer)\""]
        try bench.shell("mv repository away")
        let gone = fault { try operation(bench).plan() }
        #expect(gone?.code == "init.repository-gone" && gone?.message.contains(signer) == true)
        #expect(fault { try operation(bench, adopts: true).plan() }?.code == "init.nothing-to-adopt")
        // One that has lost its description is no place for a new one.
        try bench.shell("mv away repository; rm repository/repository.json; touch repository/backups/x")
        for lines in [["signer: \"\(signer)\""], []] {
            bench.repositoryLines = lines
            for adopts in [false, true] {
                let remains = fault { try operation(bench, adopts: adopts).plan() }
                #expect(remains?.code == "repository.remains" && remains?.exit == .refused)
            }
        }
    }

    @Test func `a host takes a repository over with the fingerprint and the identity`() throws {
        let bench = try Bench.small(), host = try bench.hostFolder()
        let signer = try bench.workplace().repository().signers.pinned
        try bench.shell("cp '\(host)/identity.txt' id.txt; rm -r state")
        #expect(fault { try operation(bench).plan() }?.exit == .refused)
        #expect(fault { try perform(operation(bench, adopts: true)) }?.code == "repository.signer-not-pinned")
        let missing = fault { try perform(operation(bench, adopts: true, signer: signer)) }
        #expect(missing?.code == "repository.identity-missing")
        bench.repositoryLines = ["identity_file: \(bench.folder.path("id.txt"))"]
        let other = "SHA256:" + String(repeating: "A", count: 43)
        #expect(fault { try perform(operation(bench, adopts: true, signer: other)) } != nil)
        bench.repositoryLines.append("signer: \"\(other)\"")
        let pinned = fault { try operation(bench, adopts: true, signer: signer).plan() }
        #expect(pinned?.code == "init.other-signer-pinned")
        bench.repositoryLines.removeLast()
        let report = try perform(operation(bench, adopts: true, signer: signer))
        #expect(report.signer == signer && report.made.count == 1)
        // What is there already is not made.
        #expect(try perform(operation(bench, adopts: true, signer: signer)).made.isEmpty)
        try bench.shell("rm state/*/id-key-1")
        #expect(try perform(operation(bench, adopts: true, signer: signer)).made.count == 1)
        #expect(try bench.backup().exit == .done)
    }
}
