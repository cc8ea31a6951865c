import DurableFiles
import Effects
import Glibc
import TestSupport
import Testing

@Suite struct PendingGroupTests {
    let folder: TemporaryFolder
    let plain = files()
    let names = ["1", "2", "3"]

    init() throws { folder = try TemporaryFolder() }

    /// Publishes three files as one group.
    private func publish(_ text: String, with files: Files) throws {
        let group = PendingGroup(files: files)
        for name in names {
            try Array(text.utf8).withUnsafeBytes { try group.add($0, as: folder.path(name)) }
        }
        try group.commit()
        try group.syncFolders()
    }

    @Test func `all files are synced before the first gets its name, and each folder is synced once`() throws {
        try plain.createFolder(folder.path("a"))
        try plain.createFolder(folder.path("b"))
        let recorder = RecordingObserver()
        let group = PendingGroup(files: files(recorder))
        for name in ["a/1", "b/1", "a/2"] {
            try Array("content".utf8).withUnsafeBytes { try group.add($0, as: folder.path(name)) }
        }
        #expect(group.count == 3)
        #expect(group.size == 21)
        #expect(try plain.finished(folder.path("a")) == [])
        try group.commit()
        #expect(group.count == 0 && group.size == 0)
        try group.syncFolders()
        try group.syncFolders()
        let kinds = recorder.kinds
        #expect(kinds.lastIndex(of: .sync) ?? .max < kinds.firstIndex(of: .rename) ?? 0)
        #expect(recorder.effects.filter { $0.kind == .syncFolder }.map(\.subject) == ["a", "b"].map(folder.path))
        #expect(try plain.list(folder.path("a")).map(\.name) == ["1", "2"])
        #expect(try plain.text(folder.path("b/1")) == "content")
    }

    @Test func `a file written by the caller joins, and a discarded group leaves nothing`() throws {
        let group = PendingGroup(files: plain)
        var file = try plain.createPending(inFolder: folder.path, mode: 0o640)
        try Array("own".utf8).withUnsafeBytes { try file.write($0) }
        group.add(file, as: folder.path("own"))
        try group.commit(existing: .refuse)
        #expect(try plain.text(folder.path("own")) == "own")
        #expect(try plain.status(folder.path("own"))?.mode == 0o640)

        try Array("x".utf8).withUnsafeBytes { try group.add($0, as: folder.path("other")) }
        group.discard()
        #expect(try plain.list(folder.path).map(\.name) == ["own"])
        try Array("x".utf8).withUnsafeBytes { try group.add($0, as: folder.path("own")) }
        expectFault("file.exists") { try group.commit(existing: .refuse) }
        #expect(try plain.text(folder.path("own")) == "own")
    }

    @Test(arguments: FailingObserver.Kind.failing)
    func `whichever step fails, each file is old or new`(kind: FailingObserver.Kind) throws {
        var position = 0
        while true {
            position += 1
            try publish("old", with: plain)
            let observer = FailingObserver(at: position, kind: kind)
            let failed = fails { try publish("new", with: files(observer)) }
            guard observer.happened else { break }
            #expect(failed)
            try expectOldOrNew()
        }
        #expect(position > 14)
    }

    @Test func `a disk that fills keeps every old file, and the group goes with its temporary files`() throws {
        let small = try Mount(folder.path("small"), options: "size=64k")
        try plain.publish(Array("old".utf8), at: small.path + "/0")
        let group = PendingGroup(files: plain)
        let piece = [UInt8](repeating: 1, count: 20_000)
        expectFault("file.disk-full") {
            for number in 0..<5 { try piece.withUnsafeBytes { try group.add($0, as: small.path + "/\(number)") } }
        }
        #expect(group.count == 3)
        group.discard()
        #expect(try plain.list(small.path).map(\.name) == ["0"])
        #expect(try plain.text(small.path + "/0") == "old")
    }

    private func expectOldOrNew() throws {
        #expect(try plain.finished(folder.path) == names)
        for name in names {
            let text = try plain.text(folder.path(name))
            #expect(text == "old" || text == "new")
        }
    }
}
