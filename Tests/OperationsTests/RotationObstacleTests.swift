import DurableFiles
import Faults
import InPlace
import InstanceAccess
import Operations
import Repository
import TestSupport
import Testing

@testable import Rotation

/// What other commands do while a rotation is open.
@Suite struct RotationObstacleTests {
    private let bench: Bench

    init() throws {
        bench = try Bench.small()
        bench.instanceLines += ["commands:", "  stop: [/bin/true]", "  start: [/bin/true]"]
    }

    private func leaveOpen(_ states: RotationMachine.State...) throws {
        let journal = try RotationJournal(try bench.access())
        _ = try journal.begin(
            RotationWork(
                id: "20261129T120000Z", route: .encryptionKey, depth: .full,
                changes: [.init(variable: "ENCRYPTION_KEY", old: "1a", new: "2b")],
                server: DatabaseServer(identifier: "7", address: "db:5432"),
                database: DatabaseIdentity(name: bench.database, oid: 5), containers: [], files: []))
        for state in states { try journal.add(.entered(state)) }
    }

    private func fault(_ body: () throws -> Void) -> (any Fault)? {
        do { try body() } catch { return .of(error) }
        return nil
    }

    @Test func `nothing else changes the instance while one is open`() throws {
        try leaveOpen(.securing)
        let works: [(String, () throws -> Void)] = [
            ("a lock for a change", { try bench.workplace().lockInstance(for: "restart").release() }),
            ("a look at whether it would be free", { try bench.workplace().requireFree(.instance) }),
            (
                "restart",
                {
                    let operation = RestartOperation(try bench.workplace(), .init())
                    _ = try operation.perform(try operation.plan()) { _ in }
                }
            ),
        ]
        for (name, work) in works {
            let refused = fault(work)
            #expect(
                refused?.code == "rotation.open" && refused?.exit == .unfinishedRotation, "\(name): \(refused as Any)")
            #expect(refused?.hints.first == .command(["infisical-ops", "rotate", "status"]))
        }
        // Whoever goes on with it may.
        try bench.workplace().lockInstance(for: "rotate resume", finishesRotation: true).release()
        // The refusal gave its lock back.
        try RotationJournal(try bench.access()).add(.entered(.undone))
        try bench.workplace().lockInstance(for: "restart").release()
    }

    @Test func `a backup is taken while the database is open, and refused at once while it may be closed`() throws {
        try leaveOpen(.securing)
        #expect(try bench.backup().unfinished.isEmpty)
        try RotationJournal(try bench.access()).add(.entered(.closing))
        for isPlan in [false, true] {
            let refused = fault {
                let operation = BackupOperation(try bench.workplace(), .init())
                _ = try isPlan ? { _ = try operation.plan() }() : { _ = try operation.perform(progress: .init()) }()
            }
            #expect(refused?.code == "rotation.open" && refused?.exit == .unfinishedRotation)
            #expect(refused?.message.contains("closed to sessions") == true, "\(refused?.message ?? "")")
        }
        // What reads the repository works.
        #expect(try Inventory(bench.workplace().repository()).ownEntries.count == 3)
    }

    @Test func `a journal that is not one stops every change`() throws {
        let path = RotationJournal.path(try bench.access())
        try bench.folder.write(String(path.dropFirst(bench.folder.path.count + 1)), "hello\n")
        let refused = fault { try bench.workplace().lockInstance(for: "restart").release() }
        #expect(refused != nil && refused?.code.hasPrefix("journal.") == true, "\(refused?.code ?? "none")")
    }
}
