import Effects
import Glibc

extension Files {
    /// The room on the file system of a path, in bytes.
    package struct Space: Sendable, Equatable {
        /// What this process may still use; root's reserve is left out.
        package let available: Int
        package let total: Int

        package init(available: Int, total: Int) {
            self.available = available
            self.total = total
        }

        /// Both counted in blocks, as the system does. Some network file systems claim more than can be counted in bytes.
        package init(availableBlocks: UInt64, totalBlocks: UInt64, blockSize: UInt64) {
            let bytes = { (blocks: UInt64) in
                let product = blocks.multipliedReportingOverflow(by: blockSize)
                return product.overflow ? Int.max : Int(clamping: product.partialValue)
            }
            self.init(available: bytes(availableBlocks), total: bytes(totalBlocks))
        }
    }

    /// The room on the file system that holds an existing path.
    package func freeSpace(at path: String) throws(FileFault) -> Space {
        let raw = try fileSystem(at: path)
        return Space(
            availableBlocks: UInt64(raw.f_bavail), totalBlocks: UInt64(raw.f_blocks), blockSize: UInt64(raw.f_frsize))
    }

    /// Whether the file system that holds an existing path is mounted read-only.
    package func isReadOnly(at path: String) throws(FileFault) -> Bool {
        try fileSystem(at: path).f_flag & UInt(ST_RDONLY) != 0
    }

    /// Refuses a folder into which this process may not write; of one that is missing, the nearest that is there, because
    /// it would be made in it.
    package func requireWritable(_ path: String) throws(FileFault) {
        var folder = path
        while try status(folder, followingLinks: true) == nil, folder != "/", folder != "." {
            folder = Files.parent(of: folder)
        }
        let result = effects.call(.inspect, folder) { faccessat(AT_FDCWD, folder, W_OK, AT_EACCESS) }
        _ = try Files.value(of: result, .createInside, folder)
    }

    /// Whether two existing paths lie on one file system.
    package func sameDevice(_ one: String, _ other: String) throws(FileFault) -> Bool {
        try device(of: one) == device(of: other)
    }

    private func device(of path: String) throws(FileFault) -> UInt64 {
        guard let found = try status(path, followingLinks: true) else {
            throw .failed(.inspect, path: path, Errno(ENOENT))
        }
        return found.device
    }

    private func fileSystem(at path: String) throws(FileFault) -> statvfs {
        var raw = statvfs()
        _ = try Files.value(of: effects.call(.inspect, path) { statvfs(path, &raw) }, .inspect, path)
        return raw
    }
}
