import DurableFiles
import Effects
import Glibc
import TestSupport
import Testing

@Suite struct DescriptorTests {
    let folder: TemporaryFolder
    let plain = files()

    init() throws { folder = try TemporaryFolder() }

    /// Descriptors of this process that point into the folder, and whether a child would inherit them.
    private func descriptors() throws -> [(target: String, isInherited: Bool)] {
        try plain.list("/proc/self/fd").compactMap { entry in
            guard let target = linkTarget("/proc/self/fd/" + entry.name), target.hasPrefix(folder.path) else {
                return nil
            }
            let info = try plain.text("/proc/self/fdinfo/" + entry.name) ?? ""
            let line = info.split(separator: "\n").first { $0.hasPrefix("flags:") }
            let flags = line.flatMap { $0.split(separator: "\t").last }.flatMap { UInt32($0, radix: 8) }
            return (target, try #require(flags) & 0o2000000 == 0)
        }
    }

    @Test func `no descriptor is inherited by a child`() throws {
        try plain.publish([1], at: folder.path("read"))
        let pending = try plain.createPending(inFolder: folder.path)
        let reading = try plain.openForReading(folder.path("read"))
        let lock = try FileLock.acquire(
            folder.path("lock"), .exclusive, wait: 0, holder: "test", files: plain, cancellation: Cancellation(),
            clock: SystemClock())
        let found = try descriptors()
        #expect(found.map(\.target).sorted() == [pending.path, folder.path("lock"), reading.path].sorted())
        #expect(found.allSatisfy { !$0.isInherited })
        lock.release()
        pending.discard()
    }

    @Test func `whatever is done, no descriptor stays`() throws {
        let group = PendingGroup(files: plain)
        for name in ["a", "b", "c"] {
            try [UInt8(1)].withUnsafeBytes { try group.add($0, as: folder.path(name)) }
        }
        #expect(try descriptors().count == 3)
        try group.commit()
        try group.syncFolders()
        try plain.publish([1], at: folder.path("d"))
        try plain.createFolder(folder.path("e/f"))
        let temporary = try plain.createTemporaryFolder(in: folder.path)
        try plain.createFolder(temporary + "/g")
        try plain.removeTree(temporary)
        _ = try plain.read(folder.path("a"), limit: 10)
        _ = try plain.list(folder.path)
        #expect(try descriptors().isEmpty)
    }
}
