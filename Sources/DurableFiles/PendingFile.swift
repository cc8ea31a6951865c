import CLinux
import Effects
import Glibc

/// A file that is being written under a temporary name and does not exist for anybody until it is renamed.
///
/// When it goes without having been renamed, its temporary file is removed.
package struct PendingFile: ~Copyable {
    /// The temporary name; a kill leaves it behind.
    package let path: String
    /// Bytes written so far.
    package private(set) var size = 0
    private let descriptor: Int32
    private let files: Files
    private var isInPlace = false

    private init(path: String, descriptor: Int32, files: Files) {
        self.path = path
        self.descriptor = descriptor
        self.files = files
    }

    /// - Parameter prefix: begins its temporary name.
    static func create(
        inFolder folder: String, mode: UInt32, prefix: String = Files.temporaryPrefix, files: Files
    ) throws(FileFault) -> PendingFile {
        let path = Files.join(folder, Files.temporaryName(prefix))
        let descriptor: Int32
        do { descriptor = try files.open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode: mode, .create) } catch {
            guard case .failed(_, path, let errno) = error else { throw error }
            throw .failed(.createInside, path: folder, errno)
        }
        let file = PendingFile(path: path, descriptor: descriptor, files: files)
        // The umask took bits away; those of group and others were asked for on purpose.
        if mode & 0o077 != 0 { try file.setMode(mode) }
        return file
    }

    deinit {
        close(descriptor)
        // A temporary file that stays is a note of `verify`, never damage; the fault that led here matters more.
        if !isInPlace { _ = try? files.remove(path) }
    }

    /// Appends bytes.
    package mutating func write(_ bytes: UnsafeRawBufferPointer) throws(FileFault) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let part = UnsafeRawBufferPointer(rebasing: rest)
            let result = files.effects.call(.write, path) { Glibc.write(descriptor, part.baseAddress, part.count) }
            let count = try Files.value(of: result, .write, path)
            rest = rest.dropFirst(count)
            size += count
        }
    }

    /// Asks the system to begin writing to disk, so that `sync` has less to wait for. Only advice: it cannot fail.
    package func startWriteback() {
        _ = clinux_start_writeback(descriptor)
    }

    /// Waits until the content is on disk.
    package func sync() throws(FileFault) {
        _ = try Files.value(of: files.effects.call(.sync, path) { fsync(descriptor) }, .sync, path)
    }

    /// Takes the file's pages out of the system's cache once they are on disk: a backup of the size of the memory must
    /// not push the database's own pages out, and pages given back are at once there for the next file. Only advice.
    package func forget() {
        _ = clinux_advise(descriptor, POSIX_FADV_DONTNEED)
    }

    /// Gives the file to another user and group; only root may.
    package func setOwner(_ owner: FileOwner) throws(FileFault) {
        let result = files.effects.call(.changeMode, path) { fchown(descriptor, owner.user, owner.group) }
        _ = try Files.value(of: result, .changeOwner, path)
    }

    /// Gives the file the owner, the mode, the access list and all other attributes that another one has, and no more.
    func liken(to status: FileStatus, _ attributes: [FileAttribute]) throws(FileFault) {
        try setOwner(FileOwner(user: status.user, group: status.group))
        try setMode(status.mode)
        for extra in try files.attributes(of: path) where !attributes.contains(where: { $0.name == extra.name }) {
            let result = files.effects.call(.changeMode, path) { fremovexattr(descriptor, extra.name) }
            _ = try Files.value(of: result, .changeMode, path)
        }
        let present = try files.attributes(of: path)
        for attribute in attributes where !present.contains(attribute) {
            let result = files.effects.call(.changeMode, path) {
                fsetxattr(descriptor, attribute.name, attribute.value, attribute.value.count, 0)
            }
            _ = try Files.value(of: result, .changeMode, path)
        }
    }

    /// Gives the file its final name, on the same file system; the caller has called `sync` before and calls
    /// `Files.syncFolder` afterwards. On failure nothing is left.
    package consuming func rename(to final: String, existing: Files.Existing = .replace) throws(FileFault) {
        try files.rename(path, to: final, existing: existing)
        isInPlace = true
    }

    /// Removes the temporary file.
    package consuming func discard() {}

    private func setMode(_ mode: UInt32) throws(FileFault) {
        let result = files.effects.call(.changeMode, path) { fchmod(descriptor, mode) }
        _ = try Files.value(of: result, .changeMode, path)
    }
}
