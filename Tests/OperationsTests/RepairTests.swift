import DurableFiles
import Faults
import Operations
import Repository
import TestSupport
import Testing

/// Repairs in this process: what is moved, fetched and written again, and what stays lost.
@Suite struct RepairTests {
    private func repair(
        _ bench: Bench, from other: String? = nil, identity: String? = nil, confirm: Bool = true
    ) throws -> RepairOperation.Outcome {
        var options = RepairOperation.Options()
        options.from = other
        options.identityFile = identity
        return try RepairOperation(try bench.workplace(), options).perform(progress: Verification.Progress()) { _ in
            confirm
        }
    }

    private func damage(_ bench: Bench) throws -> [String] {
        var options = VerifyOperation.Options()
        options.all = true
        return try VerifyOperation(try bench.workplace(), options).perform(progress: Verification.Progress())
            .damage.map(\.subject)
    }

    @Test func `a whole repository has nothing to repair`() throws {
        let bench = try Bench.small(), result = try repair(bench)
        #expect(result.plan.isEmpty && !result.done && result.plan.incomplete.isEmpty)
    }

    @Test func `damage is moved away after consent, and what is lost is said`() throws {
        let bench = try Bench.small(), chunk = try bench.sharedChunk()
        try bench.flip(chunk)
        let asked = try repair(bench, confirm: false)
        #expect(!asked.done && asked.plan.quarantined == [chunk] && bench.exists("repository/\(chunk)"))
        let result = try repair(bench)
        #expect(result.done && result.plan.quarantined == [chunk] && result.plan.incomplete.count == 2)
        #expect(try !bench.exists("repository/\(chunk)") && bench.stored("quarantine").count == 1)
        // What is missing cannot be moved; the next backup stores it again.
        let again = try repair(bench)
        #expect(again.plan.isEmpty && again.plan.incomplete.count == 2)
        #expect(try bench.backup().entry.added.chunks > 0 && damage(bench).isEmpty)
    }

    @Test func `another copy gives back what is damaged or gone here`() throws {
        let prepared = try PreparedRepository.ofSmall(), bench = try Bench(copying: prepared)
        let copy = bench.folder.path("copy"), chunk = try bench.sharedChunk()
        try bench.shell("cp -a repository copy")
        try bench.flip(chunk)
        try bench.flip("backups/\(prepared.ids[0]).json")
        try bench.shell("rm repository/escrow/\(prepared.ids[1]).age")
        for _ in 1...2 { _ = try repair(bench, from: copy) }
        #expect(try damage(bench).isEmpty)
        // A damaged copy gives nothing.
        try bench.flip(chunk)
        try bench.folder.write("copy/\(chunk)", "damaged too")
        let result = try repair(bench, from: copy)
        #expect(result.plan.fetched.isEmpty && result.plan.quarantined == [chunk])
    }

    @Test func `key files and the recovery script are written again from what the host has`() throws {
        let bench = try Bench.small(), files = ["keys/id-key-1.age", "keys/signing-key-1.age", "recover.sh"]
        for file in files { try bench.folder.write("repository/\(file)", "") }
        try bench.folder.write("repository/tmp/.tmp-0123456789abcdef", "x")
        #expect(try Set(damage(bench)).isSuperset(of: files.prefix(2)))
        let result = try repair(bench)
        #expect(result.done && Set(result.plan.resealed) == Set(files) && result.plan.removed.count == 1)
        #expect(try damage(bench).isEmpty)
    }

    @Test func `a manifest that is gone for good is named in a removal`() throws {
        let prepared = try PreparedRepository.ofSmall(), bench = try Bench(copying: prepared)
        try bench.shell("rm repository/backups/\(prepared.ids[1]).json*")
        #expect(try repair(bench).plan.acknowledged.count == 1)
        // Backups go on, and nothing is found missing any more.
        #expect(try !bench.backup().findsDamage)
    }

    @Test func `a repository that cannot be opened is rescued from another copy`() throws {
        let bench = try Bench.small(), copy = bench.folder.path("copy")
        try bench.shell("cp -a repository copy; rm repository/keys/allowed_signers; rm repository/keys/keyring-1.json")
        let refused = fault { try repair(bench) }
        #expect(refused?.exit == .damaged, "\(refused as Any)")
        let asked = try repair(bench, from: copy, confirm: false)
        #expect(!asked.done && asked.plan.fetched.contains("keys/allowed_signers"))
        let result = try repair(bench, from: copy)
        #expect(result.done && result.plan.fetched.contains("keys/keyring-1.json"))
        #expect(try damage(bench).isEmpty)
        // A copy of another repository is of no use.
        let other = try Bench(nil)
        try bench.shell("rm repository/keys/allowed_signers")
        #expect(fault { try repair(bench, from: other.repository) } != nil)
        #expect(!bench.exists("repository/keys/allowed_signers"))
    }

    @Test func `an identity that is asked for must open; one that is configured need not`() throws {
        let bench = try Bench.small(), host = try bench.hostFolder()
        #expect(fault { try repair(bench, identity: "/nowhere/id") }?.code == "repository.identity-missing")
        try bench.seal("\(host)/identity.txt", passphrase: "p", to: "sealed.age")
        let sealed = bench.folder.path("sealed.age")
        #expect(fault { try repair(bench, identity: sealed) }?.code == "repository.identity-sealed")
        for path in [sealed, "/nowhere/id", "none"] {
            bench.repositoryLines = ["identity_file: \(path)"]
            let result = try repair(bench)
            #expect(result.plan.isEmpty && (result.shallow == nil) == (path == "none"))
        }
        bench.repositoryLines = ["identity_file: \(bench.folder.path(".env"))"]
        #expect(fault { try repair(bench) } != nil)
    }

    @Test func `a look is taken beside a backup, and nothing is repaired there`() throws {
        let bench = try Bench.small(), workplace = try bench.workplace(), repository = try workplace.repository()
        let backup = try workplace.lockBackup(repository)
        let shared = try workplace.lockRepository(repository, .shared, for: "backup")
        #expect(try repair(bench).plan.isEmpty)
        let chunk = try bench.sharedChunk()
        try bench.flip(chunk)
        #expect(try repair(bench, confirm: false).plan.quarantined == [chunk])
        let locked = fault { try repair(bench) }
        #expect(locked?.code == "file.locked" && locked?.message.contains("backup") == true)
        #expect(bench.exists("repository/\(chunk)"))
        shared.release()
        backup.release()
    }

    @Test func `nobody is kept waiting by the question, and what changes meanwhile is not repaired unasked`() throws {
        let bench = try Bench.small(), chunk = try bench.sharedChunk()
        let ask = { (meanwhile: () throws -> Void) throws in
            try RepairOperation(try bench.workplace(), RepairOperation.Options()).perform(
                progress: Verification.Progress()
            ) { _ in
                try meanwhile()
                return true
            }
        }
        try bench.flip(chunk)
        // A backup takes place while the question stands, and stores the chunk again.
        let result = try ask {
            _ = try damage(bench)
            #expect(try bench.backup().entry.added.chunks > 0)
        }
        #expect(try result.done && result.plan.quarantined.isEmpty && damage(bench).isEmpty)
        // More damage than was shown.
        try bench.flip(chunk)
        let script = "recover.sh"
        let changed = fault { try ask { try bench.folder.write("repository/\(script)", "") } }
        #expect(changed?.code == "repository.changed-meanwhile" && changed?.exit == .refused)
        #expect(bench.exists("repository/\(chunk)") && bench.exists("repository/\(script)"))
    }
}
