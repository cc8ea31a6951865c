import DurableFiles
import Effects
import Glibc
import TestSupport
import Testing

@Suite struct RegularFileTests {
    let folder: TemporaryFolder
    let plain = files()

    init() throws { folder = try TemporaryFolder() }

    @Test func `a regular file is read whole up to the limit and refused above it`() throws {
        let path = folder.path("file")
        try plain.publish(Array(0..<100), at: path)
        #expect(try plain.readRegular(path, limit: 100) == Array(0..<100))
        #expect(throws: FileFault.tooLarge(path: path, limit: 99)) { try plain.readRegular(path, limit: 99) }
    }

    @Test func `an empty file takes no memory, however much would be allowed`() throws {
        try plain.publish([], at: folder.path("empty"))
        #expect(try plain.readRegular(folder.path("empty"), limit: 1 << 50) == [])
    }

    @Test func `a link is refused, whole as its target may be`() throws {
        try plain.publish([1], at: folder.path("file"))
        symlink("file", folder.path("link"))
        expectFault("file.symbolic-link") { _ = try plain.readRegular(folder.path("link"), limit: 10) }
        expectFault("file.missing") { _ = try plain.readRegular(folder.path("none"), limit: 10) }
    }

    @Test func `a pipe is refused and not waited for`() throws {
        mkfifo(folder.path("pipe"), 0o600)
        expectFault("file.wrong-kind") { _ = try plain.readRegular(folder.path("pipe"), limit: 10) }
    }

    @Test(arguments: ["/dev/zero", "/"]) func `a device and a folder are refused`(path: String) {
        expectFault("file.wrong-kind") { _ = try plain.readRegular(path, limit: 10) }
    }

    @Test func `many folders are made with one wait for the disk`() throws {
        let recorder = RecordingObserver()
        try plain.createFolder(folder.path("b"))
        try files(recorder).createFolders(["a", "b", "c"], in: folder.path)
        #expect(try plain.list(folder.path).map(\.name) == ["a", "b", "c"])
        #expect(try plain.status(folder.path("c"))?.mode == 0o700)
        #expect(recorder.effects.filter { $0.kind == .syncFolder }.map(\.subject) == [folder.path])
    }

    @Test func `of many folders one that is a file is named`() throws {
        try plain.publish([1], at: folder.path("b"))
        #expect(throws: FileFault.wrongKind(path: folder.path("b"), needed: .folder)) {
            try plain.createFolders(["a", "b", "c"], in: folder.path)
        }
    }

    @Test func `a file that has other names too is not appended to`() throws {
        try plain.publish([1], at: folder.path("victim"))
        try #require(link(folder.path("victim"), folder.path("journal")) == 0)
        expectFault("file.unfit") { _ = try AppendingFile.open(folder.path("journal"), files: plain).size }
        try plain.remove(folder.path("victim"))
        var file = try AppendingFile.open(folder.path("journal"), files: plain)
        try file.append([2])
        #expect(try plain.read(folder.path("journal"), limit: 10) == [1, 2])
    }
}
