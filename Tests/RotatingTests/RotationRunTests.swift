import DurableFiles
import Effects
import Faults
import InPlace
import InstanceAccess
import TestSupport
import Testing

@testable import Rotating
@testable import Rotation

/// Runs of a rotation whose actions do nothing but what a test wants of them.
@Suite struct RotationRunTests {
    /// Fails where it is told to, and remembers what it was asked for.
    private final class Actions: RotationActing {
        struct Failed: Fault, Equatable {
            let code = "test.failed"
            let message: String
            let hints: [Hint] = []
            let exit = ExitCode.failed
        }

        var failing: [RotationMachine.Action: any Error] = [:]
        var asked: [RotationMachine.Action] = []
        var isCommitted = false

        func perform(_ action: RotationMachine.Action) throws -> RotationMachine.Event {
            asked.append(action)
            if let error = failing[action] { throw error }
            guard action == .askWhetherCommitted else { return .done }
            return isCommitted ? .wasCommitted : .wasNotCommitted
        }
    }

    private let folder: TemporaryFolder
    private let journal: RotationJournal
    private let actions = Actions(), uncancelled = Actions()
    private let work = RotationWork(
        id: "20261129T120000Z", route: .encryptionKey, depth: .full,
        changes: [.init(variable: "ENCRYPTION_KEY", old: "1a", new: "2b")],
        server: DatabaseServer(identifier: "7", address: "db:5432"),
        database: DatabaseIdentity(name: "infisical", oid: 5), containers: [], files: ["/srv/.env"])

    init() throws {
        folder = try TemporaryFolder()
        journal = try RotationJournal(folder.path("rotation.journal"), Files(effects: Effects()))
    }

    private func begin() throws -> RotationRun {
        RotationRun(try journal.begin(work), journal, actions, uncancelled: uncancelled)
    }

    /// What a new process finds.
    private func reopened() throws -> RotationJournal {
        try RotationJournal(folder.path("rotation.journal"), Files(effects: Effects()))
    }

    private func fault(_ body: () throws -> Void) -> (any Fault)? {
        do { try body() } catch { return .of(error) }
        return nil
    }

    @Test func `what works is rotated, and known afterwards by its labels alone`() throws {
        var run = try begin()
        try run.begin()
        #expect(actions.asked.first == .secure && actions.asked.last == .conclude && uncancelled.asked.isEmpty)
        let history = try reopened().history
        #expect(
            history.open == nil && history.past.map(\.isRotated) == [true] && history.past[0].changes == work.changes)
        // The next one carries it over.
        _ = try journal.begin(work)
        #expect(try reopened().history.past.count == 1)
    }

    @Test func `a step that fails puts everything back, with nothing that a signal could stop`() throws {
        actions.failing[.startBackend] = Actions.Failed(message: "it does not answer")
        var run = try begin()
        let failed = fault { try run.begin() }
        #expect(failed?.message.contains("it does not answer") == true && failed?.exit == .failed)
        #expect(uncancelled.asked.first == .stopBackend && uncancelled.asked.last == .concludeBack)
        let history = try reopened().history
        #expect(history.open == nil && history.past.map(\.isRotated) == [false])
    }

    @Test func `a way back that fails leaves the journal open, and what was done and why in one error`() throws {
        actions.failing[.startBackend] = Actions.Failed(message: "it does not answer")
        uncancelled.failing[.editFilesBack] = Actions.Failed(message: "the disk is full")
        var run = try begin()
        let failed = fault { try run.begin() }
        #expect(failed?.code == "rotation.halted" && failed?.exit == .unfinishedRotation)
        for word in ["it does not answer", "the disk is full", "put back into the env files"] {
            #expect(failed?.message.contains(word) == true, "\(failed?.message ?? "")")
        }
        let open = try #require(try reopened().history.open)
        #expect(open.state == .editingBack && open.hasTouchedInstance)
        // The next run goes on from there.
        uncancelled.failing = [:]
        let next = try reopened()
        var again = RotationRun(open, next, actions, uncancelled: uncancelled)
        actions.failing = [:]
        actions.asked = []
        #expect(try again.resume(back: false) == .undone)
        #expect(actions.asked.first == .editFilesBack)
    }

    @Test func `a signal puts everything back, and says that`() throws {
        actions.failing[.migrate] = Interruption(signal: 2)
        var run = try begin()
        let failed = fault { try run.begin() }
        #expect(failed?.exit == .interrupted && failed?.message.contains("everything is as it was") == true)
        // The transaction was not committed: it is asked, and the backend started again.
        #expect(uncancelled.asked == [.askWhetherCommitted, .openDatabase, .startBackendBack, .concludeBack])
    }

    @Test func `what follows the commit does not lead back`() throws {
        actions.failing[.settle] = Actions.Failed(message: "no room for a backup")
        var run = try begin()
        try run.begin()
        #expect(run.faults.map(\.message) == ["no room for a backup"])
        #expect(try reopened().history.past.map(\.isRotated) == [true])
    }

    @Test func `a rotation that is done cannot be rolled back, one that is open can`() throws {
        let open = try journal.begin(work)
        for state in [RotationMachine.State.securing, .stopping, .committed] { try journal.add(.entered(state)) }
        var run = RotationRun(
            try #require(try reopened().history.open), try reopened(), actions, uncancelled: uncancelled)
        #expect(fault { _ = try run.resume(back: true) }?.code == "rotation.committed" && actions.asked.isEmpty)
        #expect(open.work == work)
        try journal.add(.entered(.proving))
        run = RotationRun(try #require(try reopened().history.open), try reopened(), actions, uncancelled: uncancelled)
        #expect(try run.resume(back: true) == .undone && actions.asked.first == .stopBackend)
    }
}
