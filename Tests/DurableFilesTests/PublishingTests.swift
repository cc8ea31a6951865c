import DurableFiles
import Effects
import Faults
import Glibc
import Secrets
import TestSupport
import Testing

@Suite struct PublishingTests {
    let folder: TemporaryFolder
    let plain = files()

    init() throws { folder = try TemporaryFolder() }

    @Test func `a file is written, synced, renamed, and its folder synced, in this order`() throws {
        let recorder = RecordingObserver()
        try files(recorder).publish(Array("new".utf8), at: folder.path("file"))
        #expect(recorder.kinds == [.open, .write, .sync, .rename, .open, .syncFolder])
        #expect(try plain.text(folder.path("file")) == "new")
        #expect(try plain.list(folder.path).map(\.name) == ["file"])
    }

    @Test func `an existing file is replaced or refused`() throws {
        let path = folder.path("file")
        try plain.publish(Array("old".utf8), at: path)
        #expect(throws: FileFault.exists(path: path)) {
            try plain.publish(Array("new".utf8), at: path, existing: .refuse)
        }
        #expect(try plain.text(path) == "old")
        #expect(try plain.list(folder.path).map(\.name) == ["file"])
        try plain.publish(Array("new".utf8), at: path)
        #expect(try plain.text(path) == "new")
    }

    @Test func `what cannot be written is named as people know it, never by its temporary name`() throws {
        let missing = folder.path("none"), path = missing + "/file"
        let gone = try #require(throws: FileFault.self) { try plain.publish(Array("a".utf8), at: path) }
        #expect(gone.message == "cannot write into the folder \(missing): it does not exist")
        #expect(gone.code == "file.missing" && gone.hints == [.command(["ls", "-la", folder.path])])
        let full = FailingObserver(at: 1, kind: .failsBefore, error: ENOSPC) { $0.kind == .write }
        let fault = try #require(throws: FileFault.self) {
            try files(full).publish(Array("a".utf8), at: folder.path("file"))
        }
        #expect(fault.message == "cannot write \(folder.path("file")): the disk is full")
        #expect(try plain.list(folder.path).isEmpty)
    }

    @Test(arguments: [EINVAL, ENOSYS])
    func `a file system that cannot rename without replacing gets a hard link`(error: Int32) throws {
        let path = folder.path("file")
        let refusing = { FailingObserver(at: 1, kind: .failsBefore, error: error) { $0.kind == .rename } }
        try files(refusing()).publish(Array("a".utf8), at: path, existing: .refuse)
        #expect(try plain.text(path) == "a")
        expectFault("file.exists") {
            try files(refusing()).publish(Array("b".utf8), at: path, existing: .refuse)
        }
        #expect(try plain.text(path) == "a")
        #expect(try plain.list(folder.path).map(\.name) == ["file"])
    }

    @Test func `modes are exact whatever the umask, and the owner is set`() throws {
        try victim("publish-open", folder.path("open"), umask: "077")
        try victim("publish", folder.path("closed"), umask: "000")
        try plain.publish([1], at: folder.path("given"), mode: 0o640, owner: FileOwner(user: 65534, group: 65533))
        #expect(try plain.status(folder.path("open"))?.mode == 0o644)
        #expect(try plain.status(folder.path("closed"))?.mode == 0o600)
        let given = try plain.status(folder.path("given"))
        #expect(given?.mode == 0o640 && given?.user == 65534 && given?.group == 65533)
    }

    @Test func `a secret is written for its owner only`() throws {
        let secret = Secret(count: 4) { $0.copyBytes(from: [1, 2, 3, 4]) }
        try plain.publishSecret(secret, at: folder.path("key"), existing: .refuse)
        #expect(try plain.status(folder.path("key"))?.mode == 0o600)
        #expect(try plain.readSecret(folder.path("key"), limit: 10).equals(secret))
        expectFault("file.exists") { try plain.publishSecret(secret, at: folder.path("key"), existing: .refuse) }
    }

    @Test func `a symbolic link in the way is replaced, not followed`() throws {
        try plain.publish(Array("outside".utf8), at: folder.path("outside"))
        symlink("outside", folder.path("file"))
        expectFault("file.exists") { try plain.publish(Array("new".utf8), at: folder.path("file"), existing: .refuse) }
        try plain.publish(Array("new".utf8), at: folder.path("file"))
        #expect(try plain.text(folder.path("outside")) == "outside")
        #expect(try plain.status(folder.path("file"))?.kind == .file)
    }

    @Test func `a pending file is invisible until renamed and gone when discarded`() throws {
        var file = try plain.createPending(inFolder: folder.path)
        try [UInt8](repeating: 7, count: 1000).withUnsafeBytes { try file.write($0) }
        #expect(file.size == 1000)
        #expect(try plain.finished(folder.path) == [])
        #expect(try plain.status(file.path)?.mode == 0o600)
        file.startWriteback()
        try file.sync()
        try file.rename(to: folder.path("file"))
        #expect(try plain.status(folder.path("file"))?.size == 1000)

        let other = try plain.createPending(inFolder: folder.path)
        other.discard()
        #expect(try plain.list(folder.path).map(\.name) == ["file"])
        expectFault("file.missing") { _ = try plain.createPending(inFolder: folder.path("none")) }
    }

    @Test(arguments: FailingObserver.Kind.failing)
    func `whichever step of publishing fails, the old or the new content is there`(kind: FailingObserver.Kind) throws {
        for existing in [nil, "old"] {
            let path = folder.path("file")
            var position = 0
            while true {
                position += 1
                if let existing {
                    try plain.publish(Array(existing.utf8), at: path, mode: 0o644)
                } else if try plain.status(path) != nil {
                    try plain.remove(path)
                }
                let observer = FailingObserver(at: position, kind: kind)
                let failed = fails { try files(observer).publish(Array("new".utf8), at: path, mode: 0o644) }
                guard observer.happened else { break }
                #expect(failed)
                let text = try plain.text(path)
                #expect(text == existing || text == "new")
                #expect(try plain.finished(folder.path) == (text == nil ? [] : ["file"]))
            }
            #expect(position > 6)
        }
    }

    @Test func `a full disk keeps the old content, is named, and leaves nothing behind`() throws {
        let small = try Mount(folder.path("small"), options: "size=64k")
        let path = small.path + "/file"
        try plain.publish(Array("old".utf8), at: path)
        let big = [UInt8](repeating: 1, count: 100_000)
        do {
            try plain.publish(big, at: path)
            Issue.record("100,000 bytes fitted on 64 KiB")
        } catch {
            #expect(error.code == "file.disk-full")
            #expect(error.message.hasSuffix("the disk is full"))
            #expect(error.hints.first == .command(["df", "-h", small.path]))
            #expect(error.exit == .failed)
        }
        #expect(try plain.text(path) == "old")
        #expect(try plain.list(small.path).map(\.name) == ["file"])
    }

    @Test func `a read-only disk is named`() throws {
        let disk = try Mount(folder.path("disk"), options: "size=64k")
        try plain.publish(Array("old".utf8), at: disk.path + "/file")
        try disk.makeReadOnly()
        #expect(try plain.isReadOnly(at: disk.path))
        expectFault("file.read-only") { try plain.publish([1], at: disk.path + "/file") }
        expectFault("file.read-only") { try plain.createFolder(disk.path + "/folder") }
        expectFault("file.read-only") { try plain.remove(disk.path + "/file") }
        #expect(try plain.text(disk.path + "/file") == "old")
    }
}
