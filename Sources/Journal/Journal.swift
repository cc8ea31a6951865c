package import DurableFiles

/// The record of a work in progress, written before each step, so that whoever comes after a crash can tell what was
/// begun. It only grows, every line has a checksum, and a line counts once `append` has returned. What the lines say is
/// the business of their writer.
///
/// A crash may leave a torn line at the end: it was never relied on, and is taken away. A whole line that does not fit is
/// damage.
package final class Journal {
    package let path: String
    /// What was recorded, the first one first.
    package private(set) var records: [String]
    private var file: AppendingFile
    private var last: JournalLine

    /// Largest journal that is read, in bytes.
    private static let limit = 16 << 20

    private init(_ path: String, _ content: Content, _ files: Files) throws(FileFault) {
        self.path = path
        records = content.records
        last = content.last
        file = try AppendingFile.open(path, files: files)
    }

    /// Opens one to go on with it; nil where there is none.
    ///
    /// - Parameter kind: what it is the journal of, as its first line says.
    /// - Throws: `otherKind`, `damaged`.
    package static func open(_ path: String, kind: String, files: Files) throws(JournalFault) -> Journal? {
        guard let content = try content(of: path, kind, files) else { return nil }
        return try translating { () throws(FileFault) in
            let journal = try Journal(path, content, files)
            if journal.file.size > content.size { try journal.file.cut(to: content.size) }
            return journal
        }
    }

    /// What one records, for those who only look; nil where there is none.
    package static func records(_ path: String, kind: String, files: Files) throws(JournalFault) -> [String]? {
        try content(of: path, kind, files)?.records
    }

    /// Puts a new one in the place of whatever was there, at once and as a whole.
    ///
    /// - Parameter records: what it begins with; none may contain a line feed.
    package static func create(
        _ path: String, kind: String, records: [String], files: Files
    ) throws(JournalFault) -> Journal {
        var last = JournalLine(0, after: JournalLine.origin, payload: kind), bytes = last.bytes
        for record in records {
            last = JournalLine(last.number + 1, after: last.checksum, payload: record)
            bytes += last.bytes
        }
        let content = Content(records: records, last: last, size: bytes.count)
        return try translating { () throws(FileFault) in
            try files.createFolder(Files.parent(of: path))
            try files.publish(bytes, at: path)
            return try Journal(path, content, files)
        }
    }

    /// Records something; it is on disk when this returns.
    ///
    /// - Parameter record: without a line feed.
    package func append(_ record: String) throws(JournalFault) {
        let line = JournalLine(last.number + 1, after: last.checksum, payload: record)
        try Journal.translating { () throws(FileFault) in
            let size = file.size
            do throws(FileFault) { try file.append(line.bytes) } catch {
                // A part of a line with a whole one behind it would be damage. If this fails as well, the next one to open it
                // takes the torn line away.
                do throws(FileFault) { try file.cut(to: size) } catch {}
                throw error
            }
        }
        last = line
        records.append(record)
    }

    // MARK: - Reading

    private struct Content {
        var records: [String] = []
        var last: JournalLine
        /// Bytes of the lines that count.
        var size: Int
    }

    private static func content(
        of path: String, _ kind: String, _ files: Files
    ) throws(JournalFault) -> Content? {
        let bytes = try translating { () throws(FileFault) -> [UInt8]? in
            try files.status(path) == nil ? nil : try files.readRegular(path, limit: limit)
        }
        guard let bytes else { return nil }
        var rest = bytes[...], content: Content?
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            let number = content.map { $0.last.number + 1 } ?? 0
            guard
                let line = JournalLine(
                    rest[..<end], number: number, after: content?.last.checksum ?? JournalLine.origin)
            else {
                guard content != nil else { throw .otherKind(path: path) }
                // What was torn has no end, or is filled with zeros where the file was made longer and not written.
                guard rest.contains(0) else { throw .damaged(path: path, line: number + 1) }
                break
            }
            rest = rest[rest.index(after: end)...]
            if number > 0 {
                content?.records.append(line.payload)
                content?.last = line
            } else {
                guard line.payload == kind else { throw .otherKind(path: path) }
                content = Content(last: line, size: 0)
            }
            content?.size = rest.startIndex
        }
        guard let content else { throw .otherKind(path: path) }
        return content
    }

    private static func translating<Value: ~Copyable>(
        _ body: () throws(FileFault) -> Value
    ) throws(JournalFault) -> Value {
        do throws(FileFault) { return try body() } catch { throw .file(error) }
    }
}
