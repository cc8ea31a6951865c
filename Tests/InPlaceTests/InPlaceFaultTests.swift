import Faults
import Testing

@testable import InPlace

/// What is said of a restore in place that is refused or unfinished, and how the run ends then.
@Suite struct InPlaceFaultTests {
    private static let backup = "20261123T234700Z-1f2e3d4c"

    @Test(
        arguments: [
            (
                .otherKey(backup: backup, needed: "1a", inForce: "has 2b, 3c", hints: []), .keyMismatch,
                ["1a", "2b, 3c", backup]
            ),
            (.noKey(backup: backup, reason: "no env file", hints: []), .keyMismatch, [backup, "no env file"]),
            (.copyDoesNotOpen("tried x", hints: [.check("y")]), .keyMismatch, ["tried x"]),
            (.mayNotRename(database: "infisical", user: "ops"), .refused, ["infisical", "ops", "CREATEDB"]),
            (.preparedTransactions(database: "infisical", count: 2), .refused, ["infisical", "2 prepared"]),
            (
                .sessionsLeft(database: "infisical", ["process 7 (psql of root)"]), .failed,
                ["infisical", "process 7 (psql of root)"]
            ),
            (.noRoom(free: 3 << 20, needed: 5 << 20), .refused, ["3 MiB", "5 MiB"]),
            (.redisUnreachable("no Redis answers"), .refused, ["no Redis answers"]),
            (.redisUnknown("REDIS_URL is not set"), .refused, ["REDIS_URL is not set"]),
            (.nothingToUndo(database: "infisical", "old", list: ["psql", "-l"]), .refused, ["infisical", "old"]),
            (
                .nothingToUndo(database: "infisical", nil, list: ["psql", "-l"]), .refused,
                ["infisical", "state folder"]
            ),
            (.otherDatabase("infisical"), .refused, ["infisical"]),
            (
                .olderServer(backup: backup, needed: "9 migrations", running: "8"), .refused,
                [backup, "9 migrations", "8"]
            ),
            (.badJournal(path: "/state/x"), .refused, ["/state/x"]),
            (.otherInstance(database: "infisical", path: "/state/x"), .refused, ["infisical"]),
            (
                .unfinished("the backend did not start", command: ["x"]), .unhealthy,
                ["swapped", "the backend did not start"]
            ),
        ] as [(InPlaceFault, ExitCode, [String])])
    func `it says what is the matter, how the run ends, and what to do`(
        fault: InPlaceFault, exit: ExitCode, words: [String]
    ) {
        #expect(fault.exit == exit && fault.code.hasPrefix("in-place.") && !fault.hints.isEmpty)
        for word in words { #expect(fault.message.contains(word)) }
        #expect(!fault.message.hasSuffix(".") && fault.message.first?.isUppercase != true || word(fault))
    }

    /// Names begin as they are written.
    private func word(_ fault: InPlaceFault) -> Bool { fault.message.hasPrefix("Redis ") }

    @Test func `an unfinished one is finished by the same command, and another instance's by its own configuration`() {
        // An undo is gone on with as one: without --undo the next backup would be restored.
        for command in [
            ["infisical-ops", "restore", "--in-place", "--undo"], ["infisical-ops", "restore", "1", "--in-place"],
        ] {
            for fault in [InPlaceFault.unfinished("x", command: command), .halted("x", command: command)] {
                #expect(fault.hints.first == .command(command + ["--yes"]))
            }
        }
        for fault in [InPlaceFault.sessionsLeft(database: "d", ["x"]), .otherDatabase("d")] {
            #expect(!fault.hints.contains { if case .command = $0 { true } else { false } })
        }
        let other = InPlaceFault.otherInstance(database: "infisical", path: "/state/x").hints
        #expect(
            other.first
                == .pattern(
                    ["infisical-ops", "restore", "--in-place", "--config", "FILE"],
                    with: "FILE as the configuration that it was begun with"))
        #expect(other.last == .check("if that instance no longer exists, remove /state/x"))
    }
}
