import DurableFiles
import Effects
import Faults
import Glibc
import Synchronization
import TestSupport
import Testing

/// Puts a link to a victim in the place of a folder, once, before or after an effect.
private final class Swap: EffectObserver {
    private let moment: Int
    private let folder: String
    private let victim: String
    private let isDone = Atomic<Bool>(false)

    init(at moment: Int, _ folder: String, victim: String) {
        self.moment = moment
        self.folder = folder
        self.victim = victim
    }

    /// Whether the effects went far enough for the swap.
    var happened: Bool { isDone.load(ordering: .relaxed) }

    func before(_ effect: Effect) -> Int32? {
        if effect.number * 2 == moment { swap() }
        return nil
    }

    func after(_ effect: Effect) -> Int32? {
        if effect.number * 2 + 1 == moment { swap() }
        return nil
    }

    private func swap() {
        guard !isDone.exchange(true, ordering: .relaxed) else { return }
        #expect(rename(folder, folder + ".moved") == 0)
        #expect(symlink(victim, folder) == 0)
    }
}

@Suite struct ConfinedTests {
    let folder: TemporaryFolder
    let plain = files()

    init() throws {
        folder = try TemporaryFolder()
        for name in ["root/inside/deep", "victim/deep"] { try plain.createFolder(folder.path(name)) }
        try plain.publish([1], at: folder.path("victim/kept"))
        try plain.publish([2], at: folder.path("victim/deep/kept"))
    }

    private var root: String { folder.path("root") }
    private func confined(_ observer: (any EffectObserver)? = nil) -> Files { files(observer).confined(to: [root]) }

    private func victimIsWhole() throws -> Bool {
        try plain.list(folder.path("victim")).map(\.name) == ["deep", "kept"]
            && plain.list(folder.path("victim/deep")).map(\.name) == ["kept"]
            && plain.read(folder.path("victim/kept"), limit: 10) == [1]
            && plain.read(folder.path("victim/deep/kept"), limit: 10) == [2]
            && plain.status(folder.path("victim"))?.mode == 0o700
    }

    /// Everything that can be done with a file or a folder, in `root/x`.
    private static let works: [(name: String, body: @Sendable (Files, String) throws -> Void)] = [
        ("createFolder", { try $0.createFolder($1 + "/new", mode: 0o755) }),
        ("createFolder deep", { try $0.createFolder($1 + "/a/b/c") }),
        ("createFolders", { try $0.createFolders(["p", "q"], in: $1) }),
        ("createTemporaryFolder", { _ = try $0.createTemporaryFolder(in: $1) }),
        ("publish", { try $0.publish([9], at: $1 + "/kept") }),
        ("publish without replacing", { try $0.publish([9], at: $1 + "/other", existing: .refuse) }),
        ("rename out", { try $0.rename($1 + "/kept", to: $1 + "/../moved") }),
        ("rename", { try $0.rename($1 + "/kept", to: $1 + "/moved") }),
        ("remove", { try $0.remove($1 + "/kept") }),
        ("remove deep", { try $0.remove($1 + "/deep/kept") }),
        ("removeFolder", { try $0.removeFolder($1 + "/deep") }),
        ("removeTree", { try $0.removeTree($1 + "/.tmp-x") }),
        ("list", { _ = try $0.list($1) }),
        ("list deep", { _ = try $0.list($1 + "/deep") }),
        ("syncFolder", { try $0.syncFolder($1) }),
        ("status", { _ = try $0.status($1 + "/kept") }),
        ("read", { _ = try $0.read($1 + "/kept", limit: 10) }),
        ("readSecret", { _ = try $0.readSecret($1 + "/kept", limit: 10) }),
        ("readRegular", { _ = try $0.readRegular($1 + "/kept", limit: 10) }),
        (
            "lock",
            {
                _ = try FileLock.acquire(
                    $1 + "/kept", .exclusive, wait: 0, holder: "test", files: $0, cancellation: Cancellation(),
                    clock: SystemClock())
            }
        ),
        (
            "group",
            { files, path in
                let group = PendingGroup(files: files)
                try [7].withUnsafeBytes { try group.add($0, as: path + "/kept") }
                try group.commit()
                try group.syncFolders()
            }
        ),
    ]

    @Test func `nothing is done behind a link, which is named`() throws {
        try #require(symlink(folder.path("victim"), root + "/x") == 0)
        for work in Self.works where work.name != "rename out" {
            let fault = #expect(throws: FileFault.self, "\(work.name)") { try work.body(confined(), root + "/x") }
            if work.name == "removeTree" { continue }
            #expect(fault == .linkInside(path: root + "/x", folder: root), "\(work.name)")
            #expect(fault?.exit == .refused && fault?.hints.isEmpty == false)
        }
        #expect(try victimIsWhole())
    }

    @Test func `a folder that becomes a link at any moment leads nowhere`() throws {
        for work in Self.works {
            var moment = 2, goesOn = true
            while goesOn {
                try plain.createFolder(root + "/x/deep")
                for name in ["kept", "deep/kept"] { try plain.publish([5], at: root + "/x/" + name) }
                try plain.createFolder(root + "/x/.tmp-x/deep")
                let swap = Swap(at: moment, root + "/x", victim: folder.path("victim"))
                // Whether it works or is refused depends on the moment; what matters is what lies elsewhere.
                _ = fails { try work.body(confined(swap), root + "/x") }
                #expect(try victimIsWhole(), "\(work.name), moment \(moment)")
                goesOn = swap.happened
                moment += 1
                try shellRemove(root)
                try plain.createFolder(root)
            }
            #expect(moment > 3, "\(work.name)")
        }
    }

    private func shellRemove(_ path: String) throws {
        #expect(try ChildProcess("/bin/rm", ["-rf", path]).wait() == .exited(0))
    }

    @Test func `the confined folder itself may be reached over links, written in any way`() throws {
        try #require(symlink(root, folder.path("link")) == 0)
        for path in [folder.path("link"), folder.path("link") + "/", folder.path("link") + "//"] {
            let access = plain.confined(to: [path])
            try access.publish([3], at: Files.join(path, "inside//file"))
            #expect(try access.read(Files.join(path, "inside/file"), limit: 10) == [3])
            #expect(try access.list(path).map(\.name) == ["inside"])
            try access.syncFolder(path)
        }
    }

    @Test func `outside of the confined folder links are followed as ever`() throws {
        try #require(symlink(folder.path("victim"), folder.path("rooted")) == 0)
        #expect(try confined().read(folder.path("rooted/kept"), limit: 10) == [1])
        #expect(try confined().list(folder.path("rooted")).count == 2)
        #expect(try confined().status(folder.path("rooted"), followingLinks: true)?.kind == .folder)
    }

    @Test func `of two confined folders the inner one may be a link`() throws {
        try #require(symlink(folder.path("victim"), root + "/x") == 0)
        let both = plain.confined(to: [root]).confined(to: [root + "/x"])
        #expect(try both.read(root + "/x/kept", limit: 10) == [1])
        try #require(symlink(folder.path("victim"), root + "/y") == 0)
        expectFault("file.symbolic-link") { _ = try both.read(root + "/y/kept", limit: 10) }
    }

    @Test func `no name below leads upwards`() throws {
        expectFault("file.failed") { _ = try confined().read(root + "/inside/../../victim/kept", limit: 10) }
        expectFault("file.failed") { try confined().remove(root + "/../victim/kept") }
        #expect(try victimIsWhole())
    }

    @Test func `a file that is a link or a pipe is refused at once, and a link is replaced and removed as itself`()
        throws
    {
        try #require(symlink(folder.path("victim/kept"), root + "/link") == 0)
        try #require(mkfifo(root + "/pipe", 0o600) == 0)
        let access = confined()
        for read in [
            { (path: String) in _ = try access.read(path, limit: 10) },
            { (path: String) in _ = try access.readSecret(path, limit: 10) },
            { (path: String) in _ = try access.openForReading(path).size },
        ] {
            expectFault("file.symbolic-link") { try read(root + "/link") }
            expectFault("file.wrong-kind") { try read(root + "/pipe") }
        }
        #expect(try access.status(root + "/link", followingLinks: true)?.kind == .symbolicLink)
        try access.rename(root + "/link", to: root + "/inside/link")
        try access.publish([8], at: root + "/inside/link")
        #expect(try plain.status(root + "/inside/link")?.kind == .file)
        try #require(symlink(folder.path("victim"), root + "/.tmp-link") == 0)
        expectFault("file.missing") { try access.removeTree(root + "/.tmp-link") }
        try access.remove(root + "/.tmp-link")
        #expect(try victimIsWhole())
    }

    @Test func `what is missing, and what is a file instead of a folder, is said as ever`() throws {
        try plain.publish([1], at: root + "/file")
        let access = confined()
        #expect(try access.status(root + "/none/file") == nil)
        #expect(try access.status(root + "/file/file") == nil)
        expectFault("file.missing") { _ = try access.read(root + "/none/file", limit: 10) }
        expectFault("file.missing") { _ = try access.list(root + "/none") }
        expectFault("file.wrong-kind") { try access.createFolder(root + "/file") }
        try access.createFolder(root + "/a/b/c", mode: 0o755)
        #expect(try plain.status(root + "/a/b/c")?.mode == 0o755)
    }

    @Test func `no descriptor is left open`() throws {
        let access = confined(), before = try plain.list("/proc/self/fd").count
        for _ in 0..<20 {
            try access.publish([1], at: root + "/inside/deep/file")
            _ = fails { _ = try access.read(root + "/none/none/file", limit: 10) }
            try access.rename(root + "/inside/deep/file", to: root + "/inside/moved")
        }
        // Other tests of this process open and close files as well.
        #expect(try plain.list("/proc/self/fd").count < before + 20)
    }
}
