import DurableFiles
import Effects
import Glibc
import TestSupport
import Testing

@testable import Journal

@Suite struct JournalTests {
    private let folder: TemporaryFolder
    private let path: String
    private let files = Files(effects: Effects())
    private let kind = "test/1"

    init() throws {
        folder = try TemporaryFolder()
        path = folder.path("work.journal")
    }

    private func bytes() throws -> [UInt8] { try files.readRegular(path, limit: 1 << 20) }
    private func read() throws -> [String]? { try Journal.records(path, kind: kind, files: files) }

    @Test func `what was recorded is read back, by whoever opens it later`() throws {
        #expect(try read() == nil && Journal.open(path, kind: kind, files: files) == nil)
        let journal = try Journal.create(path, kind: kind, records: ["one", "two words"], files: files)
        try journal.append("ü \"quoted\"")
        #expect(journal.records == ["one", "two words", "ü \"quoted\""])
        let again = try #require(try Journal.open(path, kind: kind, files: files))
        try again.append("")
        #expect(try read() == ["one", "two words", "ü \"quoted\"", ""])
        var status = stat()
        #expect(stat(path, &status) == 0 && status.st_mode & 0o777 == 0o600)
    }

    @Test func `a torn tail of any length is not read, and taken away before the next line`() throws {
        let journal = try Journal.create(path, kind: kind, records: ["one"], files: files)
        let whole = try bytes().count
        try journal.append("a longer record, to be torn")
        let full = try bytes()
        for count in whole..<full.count {
            try files.publish(Array(full[..<count]), at: path)
            #expect(try read() == ["one"])
            let again = try #require(try Journal.open(path, kind: kind, files: files))
            #expect(try bytes().count == whole)
            try again.append("next")
            #expect(try read() == ["one", "next"])
        }
        // A file system may have made the file longer and not written what belongs there.
        try files.publish(Array(full[..<whole]) + [UInt8](repeating: 0, count: 40) + [10], at: path)
        #expect(try read() == ["one"])
    }

    @Test func `a byte that was changed anywhere but at the very end is damage`() throws {
        let journal = try Journal.create(path, kind: kind, records: ["one", "two"], files: files)
        try journal.append("three")
        let right = try bytes()
        for place in 0..<right.count - 1 {
            var wrong = right
            wrong[place] ^= 1
            try files.publish(wrong, at: path)
            #expect(throws: JournalFault.self, "byte \(place)") { try read() }
            #expect(throws: JournalFault.self) { try Journal.open(path, kind: kind, files: files) }
            #expect(try bytes() == wrong)
        }
    }

    @Test func `lines that were left out, exchanged or taken from another journal are damage`() throws {
        _ = try Journal.create(path, kind: kind, records: ["one", "two", "three", "four"], files: files)
        let lines = try bytes().split(separator: 10).map { Array($0) + [10] }
        let other = folder.path("other.journal")
        _ = try Journal.create(other, kind: kind, records: ["eins", "two", "three"], files: files)
        let others = try files.readRegular(other, limit: 1 << 20).split(separator: 10).map { Array($0) + [10] }
        for wrong in [
            [lines[0], lines[2], lines[3], lines[4]], [lines[0], lines[2], lines[1], lines[3]],
            [lines[0], lines[1], others[2], others[3]], [lines[0], lines[1], lines[1], lines[2]],
        ] {
            try files.publish(wrong.flatMap(\.self), at: path)
            let fault = #expect(throws: JournalFault.self) { try read() }
            #expect(fault?.code == "journal.damaged")
        }
    }

    @Test func `another kind of file, or of journal, is refused and left as it is`() throws {
        for text in ["", "{}", "{}\n", "0 x test/1\n", "\n\n"] {
            try files.publish(Array(text.utf8), at: path)
            let fault = #expect(throws: JournalFault.self) { try read() }
            #expect(fault?.code == "journal.other-kind")
        }
        _ = try Journal.create(path, kind: "other/1", records: [], files: files)
        #expect(throws: JournalFault.otherKind(path: path)) { try read() }
    }

    @Test func `a link, a pipe or a folder in its place is refused at once`() throws {
        let victim = folder.path("victim")
        try files.publish(Array("keep".utf8), at: victim)
        #expect(symlink(victim, path) == 0)
        #expect(throws: JournalFault.self) { try Journal.open(path, kind: kind, files: files) }
        unlink(path)
        #expect(mkfifo(path, 0o600) == 0)
        #expect(throws: JournalFault.self) { try Journal.open(path, kind: kind, files: files) }
        unlink(path)
        #expect(mkdir(path, 0o700) == 0)
        #expect(throws: JournalFault.self) { try read() }
        #expect(try files.readRegular(victim, limit: 100) == Array("keep".utf8))
    }

    /// Each effect of an append fails before and after it is done; whatever is thrown, the journal stays whole.
    @Test func `a failure at any effect leaves all that was recorded before, and at most the new line`() throws {
        for kind in [FailingObserver.Kind.failsBefore, .failsAfter] {
            for position in 1...8 {
                try files.remove(Journal.create(path, kind: self.kind, records: [], files: files).path)
                let observer = FailingObserver(at: position, kind: kind)
                let failing = Files(effects: Effects(observer: observer))
                var recorded: [String] = []
                do {
                    let journal = try Journal.create(path, kind: self.kind, records: ["0"], files: failing)
                    recorded.append("0")
                    for number in 1...3 {
                        try journal.append("\(number)")
                        recorded.append("\(number)")
                    }
                } catch {}
                let found = try read() ?? []
                #expect(found.starts(with: recorded) && found.count <= recorded.count + 1, "\(kind) \(position)")
                // A journal whose append failed goes on.
                guard let again = try Journal.open(path, kind: self.kind, files: files) else { continue }
                try again.append("last")
                #expect(try read()?.last == "last")
            }
        }
    }

    @Test func `after an append that failed the same journal goes on`() throws {
        let plain = try Journal.create(path, kind: kind, records: [], files: files)
        let observer = FailingObserver(at: 1, kind: .failsAfter, error: ENOSPC) { $0.kind == .write }
        let journal = try #require(
            try Journal.open(path, kind: kind, files: Files(effects: Effects(observer: observer))))
        #expect(throws: JournalFault.self) { try journal.append("lost") }
        try journal.append("kept")
        #expect(try read() == ["kept"] && plain.records.isEmpty)
    }
}
