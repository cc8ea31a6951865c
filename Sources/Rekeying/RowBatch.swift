import CopyFormat
import Postgres

/// Rows with new values, collected and written in one statement for many: by the place where each lies, through a table of
/// the session's own.
///
/// The places are those of a snapshot that was taken when the table was locked against everybody else's writing.
final class RowBatch {
    struct Column {
        let name: String
        let type: String
    }

    private static let mostRows = 10_000
    private static let mostBytes = 4 << 20
    private static let header: [UInt8] =
        Array("PGCOPY\n".utf8) + [0xff, 0x0d, 0x0a, 0] + [UInt8](repeating: 0, count: 8)

    private let writer: Connection
    private let table: String
    private let columns: [Column]
    private let triggers: TriggerSwitch
    private var room = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
    private var used = 0
    private var rows: Int64 = 0
    private var isMade = false
    /// How many rows the statement changes that the server works on at present; nil while there is none.
    private var running: Int64?
    private static let room = Quoting.qualified("pg_temp", "infisical_ops_rekeyed")

    init(_ table: String, _ columns: [Column], _ writer: Connection, _ triggers: TriggerSwitch) {
        self.table = table
        self.columns = columns
        self.writer = writer
        self.triggers = triggers
        restart()
    }

    deinit { room.deallocate() }

    /// Begins a row.
    ///
    /// - Parameter place: of the row, as the server wrote it.
    func begin(_ place: UnsafeRawBufferPointer) {
        need(2)
        store(Int16(columns.count + 1).bigEndian)
        field(place)
    }

    /// Adds the next column's value; nil is NULL.
    func field(_ bytes: UnsafeRawBufferPointer?) {
        need(4 + (bytes?.count ?? 0))
        store(Int32(bytes.map { Int32($0.count) } ?? -1).bigEndian)
        guard let bytes else { return }
        UnsafeMutableRawBufferPointer(rebasing: room[used..<used + bytes.count]).copyMemory(from: bytes)
        used += bytes.count
    }

    /// Ends a row, and writes those that there are when they are many.
    func end() throws {
        rows += 1
        if rows >= RowBatch.mostRows || used >= RowBatch.mostBytes { try flush() }
    }

    /// Waits for what the server still does, after a failure; the caller rolls back.
    func abandon() {
        guard running != nil else { return }
        running = nil
        do throws(PostgresFault) { _ = try writer.finishRunning() } catch {
            // What failed before is what is told.
        }
    }

    /// Writes what is left.
    func finish() throws {
        try flush()
        try settle()
        if isMade { try writer.query("DROP TABLE \(raw: RowBatch.room)") }
        isMade = false
    }

    private func flush() throws {
        guard rows > 0 else { return }
        try settle()
        if isMade {
            try writer.query("TRUNCATE \(raw: RowBatch.room)")
        } else {
            try triggers.turnOff(table)
            let list = columns.enumerated().map { "c\($0) \($1.type)" }
            try writer.query(
                "CREATE TEMPORARY TABLE infisical_ops_rekeyed (place tid, \(raw: list.joined(separator: ", "))) ON COMMIT DROP"
            )
            isMade = true
        }
        need(2)
        store(Int16(-1))
        let bytes = UnsafeRawBufferPointer(rebasing: room[..<used])
        _ = try writer.copyIn("COPY \(RowBatch.room) FROM STDIN (FORMAT binary)") { try $0.put(bytes) }
        let list = columns.enumerated().map { "\(Quoting.identifier($1.name)) = new.c\($0)" }
        // The server works on these while the next ones are read and sealed.
        running = rows
        try writer.start(
            """
            UPDATE ONLY \(raw: Quoting.qualified("public", table)) AS old SET \(raw: list.joined(separator: ", "))
            FROM \(raw: RowBatch.room) AS new WHERE old.ctid = new.place
            """)
        restart()
    }

    /// Waits for the statement that the server works on.
    private func settle() throws {
        guard let expected = running else { return }
        running = nil
        let changed = try writer.finishRunning().affected
        guard changed == expected else {
            throw RekeyingFault.changedMeanwhile(table: table, rows: changed, expected: expected)
        }
    }

    private func restart() {
        used = 0
        rows = 0
        RowBatch.header.withUnsafeBytes { room.copyMemory(from: $0) }
        used = RowBatch.header.count
    }

    private func store<Number: FixedWidthInteger>(_ number: Number) {
        room.storeBytes(of: number, toByteOffset: used, as: Number.self)
        used += MemoryLayout<Number>.size
    }

    private func need(_ more: Int) {
        guard used + more > room.count else { return }
        let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: max(used + more, room.count * 2), alignment: 16)
        larger.copyMemory(from: UnsafeRawBufferPointer(rebasing: room[..<used]))
        room.deallocate()
        room = larger
    }
}
