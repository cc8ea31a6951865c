import Effects
import Synchronization
import Testing

@testable import Postgres
@testable import Restoring

/// The order in which several workers make the entries of an archive.
@Suite struct EntryScheduleTests {
    private func entry(
        _ number: Int, _ description: String = "INDEX", _ dependencies: [Int] = [1]
    ) -> ArchiveContents.Entry {
        ArchiveContents.Entry(
            number: number, catalog: 1259, oid: UInt32(number), description: description, section: .postData,
            definition: [1], dropStatement: [], schemaBytes: [], nameBytes: [], owner: [], tablespace: [],
            accessMethod: [], isPartitioned: false, dependencies: dependencies)
    }

    @Test func `indexes of a table are made side by side, a constraint alone`() {
        let schedule = EntrySchedule(
            [entry(10), entry(11, "CONSTRAINT"), entry(12), entry(13, "CONSTRAINT", [2])], tables: [1, 2], weights: [:])
        #expect(schedule.next() == 0)
        // The constraint has to wait for the first; the second index need not.
        #expect(schedule.next() == 2)
        #expect(schedule.next() == 3)
        schedule.done(0)
        schedule.done(3)
        schedule.done(2)
        #expect(schedule.next() == 1)
        schedule.done(1)
        #expect(schedule.next() == nil)
    }

    @Test func `what another entry is needed for comes after it, and the heaviest table first`() {
        let entries = [entry(10, "INDEX", [1]), entry(11, "INDEX", [2]), entry(12, "COMMENT", [10])]
        let schedule = EntrySchedule(entries, tables: [1, 2], weights: [1: 5, 2: 90])
        #expect(schedule.next() == 1)
        #expect(schedule.next() == 0)
        schedule.done(0)
        #expect(schedule.next() == 2)
    }

    @Test func `what a heavy table waits for comes before the rest of the lighter ones`() {
        let entries = [
            entry(10, "INDEX", [2]), entry(11, "CONSTRAINT", [3]), entry(12, "FK CONSTRAINT", [1, 3, 11]),
        ]
        let schedule = EntrySchedule(entries, tables: [1, 2, 3], weights: [1: 90, 2: 50, 3: 5])
        #expect(schedule.next() == 1)
        schedule.done(1)
        #expect(schedule.next() == 2)
        #expect(schedule.next() == 0)
    }

    @Test func `entries that name each other do not wait in a circle`() {
        let schedule = EntrySchedule([entry(10, "INDEX", [11]), entry(11, "INDEX", [10])], tables: [], weights: [:])
        #expect(schedule.next() == 0)
        schedule.done(0)
        #expect(schedule.next() == 1)
    }

    @Test func `many workers make each entry once, and a stop lets all of them go`() throws {
        let entries = (10..<210).map { entry($0, $0 % 3 == 0 ? "CONSTRAINT" : "INDEX", [1 + $0 % 4, $0 - 7]) }
        let schedule = EntrySchedule(entries, tables: [1, 2, 3, 4], weights: [:]), made = Mutex<[Int]>([])
        try Threads.run(6) { _ in
            while let index = schedule.next() {
                made.withLock { $0.append(index) }
                schedule.done(index)
            }
        }
        #expect(made.withLock { $0 }.sorted() == Array(entries.indices))

        let stopped = EntrySchedule([entry(10, "CONSTRAINT"), entry(11, "CONSTRAINT")], tables: [1], weights: [:])
        #expect(stopped.next() == 0)
        try Threads.run(3) { worker in
            if worker == 0 { stopped.stop() } else { #expect(stopped.next() == nil) }
        }
    }
}
