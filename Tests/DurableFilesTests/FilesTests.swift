import DurableFiles
import Effects
import Glibc
import Secrets
import Synchronization
import TestSupport
import Testing

@Suite struct FilesTests {
    let folder: TemporaryFolder
    let plain = files()

    init() throws { folder = try TemporaryFolder() }

    @Test func `folders are made with their parents, and made again without complaint`() throws {
        let recorder = RecordingObserver()
        let watched = files(recorder)
        let path = folder.path("a/b/c")
        try watched.createFolder(path)
        #expect(try plain.status(path)?.kind == .folder)
        #expect(try plain.status(folder.path("a"))?.mode == 0o700)
        let synced = recorder.effects.filter { $0.kind == .syncFolder }.map(\.subject)
        #expect(synced == [folder.path, folder.path("a"), folder.path("a/b")])
        try watched.createFolder(path)
        #expect(recorder.effects.filter { $0.kind == .syncFolder }.count == 3)
    }

    @Test func `a folder's mode is exact whatever the umask`() throws {
        try victim("folder-open", folder.path("open"), umask: "077")
        try victim("folder", folder.path("closed"), umask: "077")
        try victim("folder", folder.path("closed too"), umask: "000")
        #expect(try plain.status(folder.path("open"))?.mode == 0o755)
        #expect(try plain.status(folder.path("closed"))?.mode == 0o700)
        #expect(try plain.status(folder.path("closed too"))?.mode == 0o700)
    }

    @Test func `a file where a folder is needed is named`() throws {
        try plain.publish([1], at: folder.path("file"))
        #expect(throws: FileFault.wrongKind(path: folder.path("file"), needed: .folder)) {
            try plain.createFolder(folder.path("file"))
        }
        expectFault("file.missing") { try plain.createFolder(folder.path("file/below")) }
        expectFault("file.missing") { try plain.createFolder("") }
        expectFault("file.missing") { _ = try plain.list(folder.path("none")) }
    }

    @Test func `a listing has kinds and the order of bytes`() throws {
        for name in ["b", "B", "é", "a b", "z"] { try plain.publish([], at: folder.path(name)) }
        try plain.createFolder(folder.path("a"))
        symlink("nowhere", folder.path("c"))
        mkfifo(folder.path("d"), 0o600)
        let entries = try plain.list(folder.path)
        #expect(entries.map(\.name) == ["B", "a", "a b", "b", "c", "d", "z", "é"])
        #expect(entries[1] == FolderEntry(name: "a", kind: .folder))
        #expect(entries[3].kind == .file)
        #expect(entries[4].kind == .symbolicLink)
        #expect(entries[5].kind == .other)
    }

    @Test func `a status tells what is there, a link apart from its target`() throws {
        try plain.publish([1, 2, 3], at: folder.path("file"), mode: 0o640)
        symlink("file", folder.path("link"))
        symlink("nowhere", folder.path("dangling"))
        let status = try #require(try plain.status(folder.path("file")))
        #expect(status.kind == .file)
        #expect(status.size == 3)
        #expect(status.mode == 0o640)
        #expect(status.user == geteuid())
        #expect(status.group == getegid())
        #expect(abs(status.modified / 1_000_000_000 - Int64(time(nil))) < 60)
        #expect(try plain.status(folder.path("link"))?.kind == .symbolicLink)
        #expect(try plain.status(folder.path("link"), followingLinks: true)?.kind == .file)
        #expect(try plain.status(folder.path("dangling"), followingLinks: true) == nil)
        #expect(try plain.status(folder.path("none")) == nil)
        #expect(try plain.status(folder.path("file/below")) == nil)
    }

    @Test func `renaming replaces or refuses`() throws {
        try plain.publish([1], at: folder.path("a"))
        try plain.publish([2], at: folder.path("b"))
        #expect(throws: FileFault.exists(path: folder.path("b"))) {
            try plain.rename(folder.path("a"), to: folder.path("b"), existing: .refuse)
        }
        try plain.rename(folder.path("a"), to: folder.path("c"), existing: .refuse)
        try plain.rename(folder.path("c"), to: folder.path("b"))
        #expect(try plain.read(folder.path("b"), limit: 10) == [1])
        expectFault("file.missing") { try plain.rename(folder.path("a"), to: folder.path("d")) }
    }

    @Test func `files and folders are removed, and a failure says of what`() throws {
        try plain.publish([1], at: folder.path("a"))
        try plain.remove(folder.path("a"))
        expectFault("file.missing") { try plain.remove(folder.path("a")) }
        try plain.createFolder(folder.path("f"))
        try plain.removeFolder(folder.path("f"))
        expectFault("file.missing") { try plain.removeFolder(folder.path("f")) }
        expectFault("file.missing") { try plain.syncFolder(folder.path("f")) }
    }

    @Test func `only temporary folders are removed as a whole, and links in them are not followed`() throws {
        try plain.publish([1], at: folder.path("kept"))
        let temporary = try plain.createTemporaryFolder(in: folder.path)
        #expect(Files.isTemporary(Files.name(of: temporary)))
        #expect(try plain.status(temporary)?.mode == 0o700)
        try plain.createFolder(temporary + "/a/b")
        try plain.publish([1], at: temporary + "/a/b/c")
        symlink(folder.path, temporary + "/a/link")
        try plain.removeTree(temporary)
        #expect(try plain.list(folder.path).map(\.name) == ["kept"])
        try plain.createFolder(folder.path("mine"))
        expectFault("file.not-temporary") { try plain.removeTree(folder.path("mine")) }
        #expect(try plain.status(folder.path("mine")) != nil)
    }

    @Test(arguments: [Effect.Kind.open, .list])
    func `a link put in a folder's place while a tree is removed is not followed`(moment: Effect.Kind) throws {
        let temporary = try plain.createTemporaryFolder(in: folder.path), target = temporary + "/a/b"
        try plain.createFolder(target)
        try plain.publish([1], at: target + "/inside")
        try plain.createFolder(folder.path("victim"))
        try plain.publish([1], at: folder.path("victim") + "/kept")
        let swapping = SwappingObserver(moment, target, by: folder.path("victim"), aside: folder.path("aside"))
        let failed = fails { try files(swapping).removeTree(temporary) }
        #expect(swapping.happened)
        #expect(try plain.text(folder.path("victim") + "/kept") == "\u{1}")
        // Swapped before it was opened it is no folder; after that, what was opened is emptied, wherever it is now.
        #expect(failed)
        #expect(try plain.status(folder.path("aside") + "/inside") == nil || moment == .open)
    }

    @Test func `a tree that cannot be removed is told by the name that stays`() throws {
        let temporary = try plain.createTemporaryFolder(in: folder.path)
        try plain.createFolder(temporary + "/mounted")
        let disk = try Mount(temporary + "/mounted/disk", options: "size=64k")
        #expect(throws: FileFault.failed(.remove, path: disk.path, Errno(EBUSY))) { try plain.removeTree(temporary) }
    }

    @Test func `space and devices are told`() throws {
        let small = try Mount(folder.path("small"), options: "size=64k")
        let space = try plain.freeSpace(at: small.path)
        #expect(space.total == 65536)
        #expect(space.available <= space.total && space.available > 0)
        #expect(try plain.sameDevice(folder.path, folder.path("small")) == false)
        #expect(try plain.sameDevice(folder.path, folder.path))
        #expect(try plain.isReadOnly(at: small.path) == false)
        expectFault("file.missing") { _ = try plain.freeSpace(at: folder.path("none")) }
        expectFault("file.missing") { _ = try plain.sameDevice(folder.path, folder.path("none")) }
    }

    @Test func `space beyond what can be counted is as much as can be counted`() {
        let endless = Files.Space(availableBlocks: .max, totalBlocks: .max / 512, blockSize: 4096)
        #expect(endless == Files.Space(available: .max, total: .max))
        let half = Files.Space(availableBlocks: .max / 4096, totalBlocks: 3, blockSize: 4096)
        #expect(half == Files.Space(available: .max, total: 12288))
    }

    @Test(arguments: [
        ("/a/b", "/a", "b"), ("/a", "/", "a"), ("a", ".", "a"), ("a/b/", "a", "b"), ("/a//b", "/a", "b"),
        ("/", "/", ""), ("//a", "/", "a"), ("", ".", ""),
    ])
    func `a path has a folder and a name`(path: String, parent: String, name: String) {
        #expect(Files.parent(of: path) == parent)
        #expect(Files.name(of: path) == name)
    }

    @Test func `joining adds one slash`() {
        #expect(Files.join("/", "a") == "/a")
        #expect(Files.join("/b", "a") == "/b/a")
    }
}

/// Somebody who puts a link in the place of a folder just before something is done with it.
private final class SwappingObserver: EffectObserver {
    private let kind: Effect.Kind
    private let path: String
    private let target: String
    private let aside: String
    private let done = Atomic(false)

    init(_ kind: Effect.Kind, _ path: String, by target: String, aside: String) {
        self.kind = kind
        self.path = path
        self.target = target
        self.aside = aside
    }

    var happened: Bool { done.load(ordering: .relaxed) }

    func before(_ effect: Effect) -> Int32? {
        guard effect.kind == kind, effect.subject == path else { return nil }
        #expect(rename(path, aside) == 0 && symlink(target, path) == 0)
        done.store(true, ordering: .relaxed)
        return nil
    }

    func after(_ effect: Effect) -> Int32? { nil }
}
