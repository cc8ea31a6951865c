import CLinux
import DurableFiles
import Effects
import Faults
import Glibc
import Secrets
import TestSupport
import Testing

/// Another content for a file that otherwise stays what it is.
@Suite struct ReplacingTests {
    let folder: TemporaryFolder
    let plain = files()
    var path: String { folder.path(".env") }

    init() throws {
        folder = try TemporaryFolder()
        try folder.write(".env", "old")
    }

    private func secret(_ text: String) -> Secret {
        var bytes = Array(text.utf8)
        return Secret(consuming: &bytes)
    }

    private func replace(_ path: String? = nil, _ files: Files? = nil) throws {
        try (files ?? plain).replaceContent(of: path ?? self.path, expecting: secret("old"), with: secret("new!"))
    }

    /// That both the probe and the writing refuse, and that nothing is left.
    private func expectRefusal(_ obstacle: FileFault.Obstacle, _ location: SourceLocation = #_sourceLocation) throws {
        let fault = FileFault.unreplaceable(path: path, obstacle)
        #expect(throws: fault, sourceLocation: location) { try plain.requireReplaceable(path, size: 10) }
        #expect(throws: fault, sourceLocation: location) { try replace() }
        #expect(fault.exit == .refused && !fault.hints.isEmpty && fault.message.hasPrefix(path))
        #expect(try plain.text(path) == "old", sourceLocation: location)
        #expect(try plain.list(folder.path).filter { Files.isTemporary($0.name) }.isEmpty, sourceLocation: location)
    }

    @Test func `owner, mode, access list and attributes stay`() throws {
        #expect(chown(path, 12, 34) == 0 && chmod(path, 0o640) == 0)
        // Version 2; owner rw, user 77 r, group r, mask r, others nothing.
        let entries: [(UInt16, UInt16, UInt32)] = [
            (1, 6, .max), (2, 4, 77), (4, 4, .max), (16, 4, .max), (32, 0, .max),
        ]
        var list: [UInt8] = [2, 0, 0, 0]
        for (tag, rights, id) in entries {
            for part in [UInt32(tag) | UInt32(rights) << 16, id] {
                list += (0..<4).map { UInt8(truncatingIfNeeded: part >> (8 * UInt32($0))) }
            }
        }
        #expect(setxattr(path, "system.posix_acl_access", list, list.count, 0) == 0, "errno \(errno)")
        let note = Array("kept".utf8)
        #expect(setxattr(path, "user.note", note, note.count, 0) == 0 || errno == ENOTSUP)
        let before = try #require(try plain.status(path))
        try plain.requireReplaceable(path, size: 4)
        #expect(try plain.status(path) == before && plain.text(path) == "old")
        try replace()
        let after = try #require(try plain.status(path))
        #expect(try plain.text(path) == "new!")
        #expect([after.user, after.group, after.mode] == [12, 34, before.mode] && before.mode == 0o640)
        var found = [UInt8](repeating: 0, count: 200)
        #expect(getxattr(path, "system.posix_acl_access", &found, 200) == list.count)
        #expect(Array(found[..<list.count]) == list)
        #expect(getxattr(path, "user.note", &found, 200) == 4 || errno == ENOTSUP || errno == ENODATA)
        // A list that the folder gives to new files is none of this one's.
        #expect(removexattr(path, "system.posix_acl_access") == 0)
        #expect(setxattr(folder.path, "system.posix_acl_default", list, list.count, 0) == 0)
        let bare = try #require(try plain.status(path))
        try plain.replaceContent(of: path, expecting: secret("new!"), with: secret("old"))
        #expect(getxattr(path, "system.posix_acl_access", nil, 0) == -1 && errno == ENODATA)
        #expect(try plain.status(path)?.mode == bare.mode)
    }

    @Test func `of a link the file behind it is replaced, and the link stays`() throws {
        try folder.write("real", "old")
        #expect(symlink("real", folder.path("link")) == 0 && symlink("link", folder.path("second")) == 0)
        try replace(folder.path("second"))
        #expect(try plain.text(folder.path("real")) == "new!")
        #expect(
            try plain.target(ofLink: folder.path("second")) == "link"
                && plain.target(ofLink: folder.path("link")) == "real")
        #expect(symlink("nowhere", folder.path("dangling")) == 0)
        expectFault("file.missing") { try replace(folder.path("dangling")) }
    }

    @Test func `a file with a second name, mounted, or not to be changed is refused by name`() throws {
        #expect(link(path, folder.path("second")) == 0)
        try expectRefusal(.hardLinks(2))
        #expect(unlink(folder.path("second")) == 0)
        // MS_BIND
        #expect(mount(path, path, nil, 4096, nil) == 0)
        try expectRefusal(.mountPoint)
        #expect(umount2(path, Int32(MNT_DETACH)) == 0)
        #expect(mkdir(folder.path("inside"), 0o700) == 0)
        expectFault("file.wrong-kind") { try replace(folder.path("inside")) }
        // File systems without such attributes have nothing to refuse.
        guard folder.run("chattr +i .env && lsattr .env") == 0 else { return }
        try expectRefusal(.attribute(of: path))
        #expect(folder.run("chattr -i .env && chattr +a .") == 0)
        try expectRefusal(.attribute(of: folder.path))
        #expect(system("chattr -a '\(folder.path)'") == 0)
    }

    @Test func `a kernel that tells of a mount only at the end leaves the file as it was`() throws {
        let busy = FailingObserver(at: 1, kind: .failsBefore, error: EBUSY) { $0.kind == .rename }
        #expect(throws: FileFault.unreplaceable(path: path, .mountPoint)) { try replace(nil, files(busy)) }
        #expect(try plain.text(path) == "old" && plain.finished(folder.path) == [".env"])
    }

    @Test func `a full or a read-only disk is found before anything is changed`() throws {
        let small = try Mount(folder.path("small"), options: "size=64k"), inside = small.path + "/.env"
        try plain.publish(Array("old".utf8), at: inside)
        try plain.requireReplaceable(inside, size: 1000)
        expectFault("file.disk-full") { try plain.requireReplaceable(inside, size: 1 << 20) }
        #expect(try plain.list(small.path).map(\.name) == [".env"])
        try small.makeReadOnly()
        expectFault("file.read-only") { try plain.requireReplaceable(inside, size: 1) }
        expectFault("file.read-only") { try replace(inside) }
    }

    @Test func `what somebody else has written meanwhile is left alone`() throws {
        for content in ["", "olx", "old\n", String(repeating: "x", count: 9000)] {
            try folder.write(".env", content)
            #expect(throws: FileFault.changed(path: path)) { try replace() }
            #expect(try plain.text(path) == content && plain.finished(folder.path) == [".env"])
        }
        // Also between the look and the rename.
        try folder.write(".env", "old")
        let late = Meddler(path)
        #expect(throws: FileFault.changed(path: path)) { try replace(nil, files(late)) }
        #expect(try plain.text(path) == "meddled" && plain.list(folder.path).map(\.name) == [".env"])
    }

    @Test func `whatever fails or ends it, the file is the old or the new one, and nothing stays behind the next time`()
        throws
    {
        var number = 0
        while true {
            number += 1
            let failing = FailingObserver(at: number, kind: .failsBefore, error: EIO) { _ in true }
            try folder.write(".env", "old")
            let failed = fails { try replace(nil, files(failing)) }
            let content = try plain.text(path) ?? ""
            #expect(failed ? ["old", "new!"].contains(content) : content == "new!")
            if !failed { break }
        }
        #expect(number > 12)
        // What a kill leaves, and what is another file's.
        let digits = "0123456789abcdef", others = [".tmp-\(digits)", ".tmp-new-.env-x-\(digits)", ".tmp-new-.env-0123"]
        for name in [".tmp-new-.env-\(digits)"] + others { try folder.write(name, "secret") }
        try folder.write(".env", "old")
        try replace()
        #expect(try plain.list(folder.path).map(\.name).sorted() == ([".env"] + others).sorted())
    }
}

/// Changes a file as soon as its new version is on disk.
private final class Meddler: EffectObserver {
    private let path: String
    init(_ path: String) { self.path = path }

    func before(_ effect: Effect) -> Int32? { nil }
    func after(_ effect: Effect) -> Int32? {
        if effect.kind == .sync, let file = fopen(path, "w") {
            fputs("meddled", file)
            fclose(file)
        }
        return nil
    }
}
