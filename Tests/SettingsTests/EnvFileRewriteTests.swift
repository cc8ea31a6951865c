import DurableFiles
import Effects
import Faults
import FoundationEssentials
import Glibc
import Secrets
import TestSupport
import Testing

@testable import Settings

@Suite struct EnvFileRewriteTests {
    let folder: TemporaryFolder
    let files = Files(effects: Effects())
    var path: String { folder.path(".env") }
    private let old = "A=1\r\nKEY='hunter2' # c\r\n"

    init() throws {
        folder = try TemporaryFolder()
        try folder.write(".env", old)
    }

    private func rewrite(_ path: String? = nil) throws -> EnvFileRewrite {
        let file = try EnvFile(secret(old), path: path ?? self.path)
        return try EnvFileRewrite(
            EnvFileEdit(file, [.replace(name: "KEY", old: secret("hunter2"), new: secret("swordfish"))]))
    }

    @Test func `a file is old, new or something else, and the record says nothing of it`() throws {
        let rewrite = try rewrite(), record = rewrite.record
        #expect(try record.state(files) == .old)
        try rewrite.requireWritable(files)
        #expect(try record.state(files) == .old)
        try rewrite.write(files)
        #expect(try folder.text(".env") == "A=1\r\nKEY='swordfish' # c\r\n" && record.state(files) == .new)
        // Done twice is done once.
        try rewrite.write(files)
        #expect(try record.state(files) == .new)
        try folder.write(".env", "A=2\n")
        #expect(try record.state(files) == .other)
        #expect(try fault { try rewrite.write(files) }.code == "file.changed")
        #expect(try folder.text(".env") == "A=2\n")
        unlink(path)
        #expect(try record.state(files) == .other)
        let text = String(decoding: try JSONEncoder().encode(record), as: UTF8.self)
        #expect(!text.contains("hunter2") && !text.contains("swordfish"))
        #expect(try JSONDecoder().decode(EnvFileRecord.self, from: Data(text.utf8)) == record)
        // Equal texts are not seen to be equal.
        #expect(try self.rewrite().record.old != record.old)
    }

    @Test func `what cannot be replaced is refused by name before anything changes`() throws {
        #expect(link(path, folder.path("second")) == 0)
        let found = try fault { try rewrite().requireWritable(files) }
        #expect(found == .envNotReplaceable(path: path, .unreplaceable(path: path, .hardLinks(2))))
        #expect(found.message.contains("hard links") && found.exit == .refused && !found.hints.isEmpty)
        #expect(try fault { try rewrite(folder.path("none")).requireWritable(files) }.code == "file.missing")
        #expect(try folder.text(".env") == old)
    }
}
