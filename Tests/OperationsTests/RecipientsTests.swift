import Age
import DurableFiles
import Faults
import Operations
import Repository
import Secrets
import TestSupport
import Testing

/// Who can read the repository, changed in this process.
@Suite struct RecipientsTests {
    private func operation(_ bench: Bench, identity: String? = nil) throws -> RecipientsOperation {
        RecipientsOperation(try bench.workplace(), identityFile: identity)
    }

    /// A new identity in a file of the bench, and its recipient.
    private func identity(_ bench: Bench, _ name: String) throws -> (path: String, recipient: String) {
        let identity = try AgeIdentity.generate()
        try bench.folder.write(name, try AgeIdentityFile.render(identity).withBytes { Array($0) })
        return (bench.folder.path(name), try #require(try identity.recipient().text))
    }

    private func verify(_ bench: Bench, identity: String?) throws -> ExitCode {
        var options = VerifyOperation.Options()
        options.all = true
        options.level = .readable
        options.identityFile = identity
        return try VerifyOperation(try bench.workplace(), options).perform(progress: Verification.Progress()).exit
    }

    @Test func `new readers read everything, and those who are left out nothing new`() throws {
        let bench = try Bench.small(), one = try identity(bench, "one.txt"), two = try identity(bench, "two.txt")
        let before = try operation(bench).current()
        #expect(before.count == 1)
        let notes = try operation(bench).notes([one.recipient, two.recipient])
        #expect(notes.count == 1 && notes[0].contains("will no longer open the repository"))
        #expect(try operation(bench).notes(before + [one.recipient]).isEmpty)
        // Whoever is named twice is one reader.
        try operation(bench).change(to: [one.recipient, two.recipient, one.recipient])
        #expect(try operation(bench).current() == [one.recipient, two.recipient])
        for file in [one.path, two.path] { #expect(try verify(bench, identity: file) == .done) }
        bench.repositoryLines = ["recipients: [\(before[0])]"]
        let stale = try operation(bench).notes([one.recipient])
        #expect(stale.contains { $0.contains("still names others") })
    }

    @Test func `what keeps a change from being made is told before it`() throws {
        let bench = try Bench.small(), one = try identity(bench, "one.txt"), before = try operation(bench).current()
        #expect(fault { try operation(bench).notes(["age1nobody"]) } != nil)
        #expect(fault { try operation(bench).change(to: ["age1nobody"]) } != nil)
        #expect(fault { try operation(bench).change(to: []) }?.code == "repository.no-recipients")
        let wrong = fault { try operation(bench, identity: one.path).change(to: [one.recipient]) }
        #expect(wrong?.exit == .keyMismatch, "\(wrong as Any)")
        bench.repositoryLines = ["identity_file: none"]
        let missing = fault { try operation(bench).change(to: [one.recipient]) }
        #expect(missing?.code == "repository.identity-missing")
        #expect(try operation(bench).notes([one.recipient]).isEmpty && operation(bench).current() == before)
        try bench.shell("rm '\(bench.hostFolder())/signing-key'")
        #expect(fault { try operation(bench).notes([one.recipient]) }?.code == "repository.host-keys-missing")
    }

    @Test func `after a rekey the next backup is full, and all are read`() throws {
        let bench = try Bench.small(), generation = try operation(bench).rekey()
        #expect(generation.number == 2)
        let report = try bench.backup()
        #expect(report.entry.key.generation == 2 && report.entry.added.chunks == report.entry.chunks.count)
        #expect(try verify(bench, identity: nil) == .done)
    }

    @Test func `nobody changes keys beside a backup`() throws {
        let bench = try Bench.small(), workplace = try bench.workplace()
        let lock = try workplace.lockRepository(try workplace.repository(), .shared, for: "backup")
        #expect(fault { try operation(bench).rekey() }?.code == "file.locked")
        let before = try operation(bench).current()
        #expect(fault { try operation(bench).change(to: before) }?.code == "file.locked")
        lock.release()
    }
}
