import DurableFiles
import Effects
import Glibc
import Secrets
import Synchronization
import TestSupport
import Testing

@Suite struct ReadingTests {
    let folder: TemporaryFolder
    let plain = files()

    init() throws { folder = try TemporaryFolder() }

    @Test func `a file is read whole up to the limit and refused above it`() throws {
        let path = folder.path("file")
        try plain.publish(Array(0..<100), at: path)
        #expect(try plain.read(path, limit: 100) == Array(0..<100))
        #expect(throws: FileFault.tooLarge(path: path, limit: 99)) { try plain.read(path, limit: 99) }
        #expect(throws: FileFault.tooLarge(path: path, limit: 99)) { try plain.readSecret(path, limit: 99) }
        let secret = try plain.readSecret(path, limit: 100)
        #expect(secret.withBytes { Array($0) } == Array(0..<100))
    }

    @Test func `an empty file and files that do not tell their size are read`() throws {
        try plain.publish([], at: folder.path("empty"))
        #expect(try plain.read(folder.path("empty"), limit: 10) == [])
        #expect(try plain.readSecret(folder.path("empty"), limit: 10).count == 0)
        #expect(try plain.read("/proc/self/status", limit: 1 << 16).starts(with: Array("Name:".utf8)))
        #expect(throws: FileFault.tooLarge(path: "/proc/self/status", limit: 10)) {
            try plain.read("/proc/self/status", limit: 10)
        }
    }

    /// Each way of reading, on each kind of thing that is no file and could be waited for.
    @Test(arguments: ["pipe", "link to a pipe", "socket", "device", "endless device", "folder"])
    func `what is no regular file is refused at once, however it is read`(kind: String) throws {
        let path = folder.path("input")
        switch kind {
        case "pipe": try #require(mkfifo(path, 0o600) == 0)
        case "link to a pipe": try #require(mkfifo(folder.path("p"), 0o600) == 0 && symlink("p", path) == 0)
        case "socket":
            let listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
            defer { close(listener) }
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
            let size = socklen_t(MemoryLayout<sockaddr_un>.size)
            try #require(
                withUnsafePointer(to: &address) {
                    $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(listener, $0, size) }
                } == 0)
        case "device": try #require(symlink("/dev/null", path) == 0)
        case "endless device": try #require(symlink("/dev/zero", path) == 0)
        default: try #require(mkdir(path, 0o700) == 0)
        }
        let wrong = FileFault.wrongKind(path: path, needed: .file)
        #expect(throws: wrong) { try plain.read(path, limit: 10) }
        #expect(throws: wrong) { try plain.readSecret(path, limit: 10) }
        #expect(throws: wrong) { _ = try plain.openForReading(path).size }
        #expect(wrong.hints.count == 2)
    }

    @Test(arguments: [0, 1, 100, 5000])
    func `a file that grows while it is read is read to its end`(size: Int) throws {
        let path = folder.path("file")
        for growth in [1, 7, 200, 20_000] {
            let old = [UInt8](repeating: 1, count: size), new = [UInt8](repeating: 2, count: growth)
            try plain.publish(old, at: path)
            #expect(try files(GrowingFile(path, by: new)).read(path, limit: 1 << 20) == old + new)
            try plain.publish(old, at: path)
            let secret = try files(GrowingFile(path, by: new)).readSecret(path, limit: 1 << 20)
            #expect(secret.withBytes { Array($0) } == old + new)
            try plain.publish(old, at: path)
            let limit = size + growth - 1
            #expect(throws: FileFault.tooLarge(path: path, limit: limit)) {
                try files(GrowingFile(path, by: new)).read(path, limit: limit)
            }
            try plain.publish(old, at: path)
            #expect(throws: FileFault.tooLarge(path: path, limit: limit)) {
                try files(GrowingFile(path, by: new)).readSecret(path, limit: limit)
            }
        }
    }

    @Test func `a file is read in pieces to its end`() throws {
        let path = folder.path("file")
        try plain.publish(Array(0..<100), at: path)
        var file = try plain.openForReading(path, forgetting: true)
        #expect(file.size == 100)
        var buffer = [UInt8](repeating: 0, count: 60)
        let counts = try buffer.withUnsafeMutableBytes { buffer in
            try file.readFully(into: buffer)
            return [try file.readUpTo(buffer), try file.read(into: buffer)]
        }
        #expect(counts == [40, 0])
        #expect(buffer[0] == 60 && buffer[39] == 99)
    }

    @Test func `a file that ends early is told with both lengths`() throws {
        let path = folder.path("file")
        try plain.publish([1, 2], at: path)
        #expect(throws: FileFault.truncated(path: path, expected: 5, found: 2)) {
            var file = try plain.openForReading(path)
            var buffer = [UInt8](repeating: 0, count: 5)
            try buffer.withUnsafeMutableBytes { try file.readFully(into: $0) }
        }
    }

    @Test func `links are followed only where allowed, folders and missing files are named`() throws {
        try plain.publish([1], at: folder.path("file"))
        symlink("file", folder.path("link"))
        _ = try plain.openForReading(folder.path("link"))
        expectFault("file.symbolic-link") {
            _ = try plain.openForReading(folder.path("link"), followingLinks: false)
        }
        expectFault("file.wrong-kind") { _ = try plain.read(folder.path, limit: 10) }
        expectFault("file.missing") { _ = try plain.readSecret(folder.path("none"), limit: 10) }
    }

    @Test func `no descriptor stays open, whatever fails`() throws {
        let path = folder.path("file")
        try plain.publish([1, 2], at: path)
        for position in 2...4 {
            let broken = files(FailingObserver(at: position, kind: .failsBefore))
            if position < 4 {
                expectFault("file.disk-error") { _ = try broken.read(path, limit: 10) }
            } else {
                #expect(throws: FileFault.self) { try broken.read(path, limit: 10) }
            }
        }
        // Other tests of this process open files meanwhile; a leak would show as a file of this folder.
        let open = try plain.list("/proc/self/fd").filter { entry in
            linkTarget("/proc/self/fd/" + entry.name)?.hasPrefix(folder.path) == true
        }
        #expect(open == [])
    }
}

/// Somebody who writes to a file after its size was asked for.
private final class GrowingFile: EffectObserver {
    private let path: String
    private let bytes: Mutex<[UInt8]>

    init(_ path: String, by bytes: [UInt8]) {
        self.path = path
        self.bytes = Mutex(bytes)
    }

    func before(_ effect: Effect) -> Int32? { nil }

    func after(_ effect: Effect) -> Int32? {
        guard effect.kind == .inspect else { return nil }
        bytes.withLock { bytes in
            let file = open(path, O_WRONLY | O_APPEND | O_CLOEXEC)
            #expect(write(file, bytes, bytes.count) == bytes.count)
            close(file)
            bytes = []
        }
        return nil
    }
}
