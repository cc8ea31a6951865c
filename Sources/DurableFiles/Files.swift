import CLinux
package import Effects
import Glibc

/// The file system, with every call reported to `Effects` and every new name made durable before it is relied on.
package struct Files: Sendable {
    package let effects: Effects

    package init(effects: Effects) { self.effects = effects }

    /// What to do when the final name of a published file is taken.
    package enum Existing: Sendable {
        case replace, refuse
    }

    /// Makes a folder and its missing parents, and writes each new name to disk. An existing folder is fine.
    ///
    /// - Parameter mode: permission bits of every folder made; exact, whatever the umask.
    package func createFolder(_ path: String, mode: UInt32 = 0o700) throws(FileFault) {
        switch effects.call(.createFolder, path, { mkdir(path, mode) }) {
        case .success: try finishFolder(path, mode: mode)
        case .failure(Errno(EEXIST)):
            guard try status(path, followingLinks: true)?.kind == .folder else {
                throw .wrongKind(path: path, needed: .folder)
            }
        case .failure(Errno(ENOENT)):
            let parent = Files.parent(of: path)
            guard parent != path else { throw .failed(.createFolder, path: path, Errno(ENOENT)) }
            try createFolder(parent, mode: mode)
            let result = effects.call(.createFolder, path) { mkdir(path, mode) }
            // Another thread may have made it meanwhile; it makes the name durable as well.
            if case .failure(Errno(EEXIST)) = result { return }
            _ = try Files.value(of: result, .createFolder, path)
            try finishFolder(path, mode: mode)
        case .failure(let error): throw .failed(.createFolder, path: path, error)
        }
    }

    /// Makes folders in one existing folder, and writes all their names to disk at once. Existing ones are fine.
    package func createFolders(_ names: [String], in parent: String) throws(FileFault) {
        for name in names {
            let path = Files.join(parent, name)
            let result = effects.call(.createFolder, path) { mkdir(path, 0o700) }
            if case .failure(Errno(EEXIST)) = result {
                guard try status(path, followingLinks: true)?.kind == .folder else {
                    throw .wrongKind(path: path, needed: .folder)
                }
                continue
            }
            _ = try Files.value(of: result, .createFolder, path)
        }
        try syncFolder(parent)
    }

    /// Makes a folder with a name of its own that `removeTree` accepts.
    ///
    /// - Returns: its path.
    package func createTemporaryFolder(in folder: String) throws(FileFault) -> String {
        let path = Files.join(folder, Files.temporaryName())
        let result = effects.call(.createFolder, path) { mkdir(path, 0o700) }
        _ = try Files.value(of: result, .createFolder, path)
        return path
    }

    /// What a path is; nil if there is nothing.
    ///
    /// - Parameter followingLinks: whether a symbolic link stands for what it points to, or for itself.
    package func status(_ path: String, followingLinks: Bool = false) throws(FileFault) -> FileStatus? {
        var raw = stat()
        let result = effects.call(.inspect, path) { followingLinks ? stat(path, &raw) : lstat(path, &raw) }
        if case .failure(let error) = result, error.code == ENOENT || error.code == ENOTDIR { return nil }
        _ = try Files.value(of: result, .inspect, path)
        return FileStatus(raw)
    }

    /// Makes the names in a folder durable.
    package func syncFolder(_ path: String) throws(FileFault) {
        let descriptor = try open(path, O_RDONLY | O_DIRECTORY, .open)
        defer { close(descriptor) }
        let result = effects.call(.syncFolder, path) { fsync(descriptor) }
        // Some network file systems have no fsync for folders and keep names durable by themselves.
        if case .failure(Errno(EINVAL)) = result { return }
        _ = try Files.value(of: result, .sync, path)
    }

    /// Gives a file another name on the same file system; durable only after `syncFolder` of both folders.
    package func rename(_ from: String, to path: String, existing: Existing = .replace) throws(FileFault) {
        let result =
            switch existing {
            case .replace: effects.call(.rename, path) { Glibc.rename(from, path) }
            case .refuse: renameToNewName(from, path)
            }
        if case .failure(Errno(EEXIST)) = result, existing == .refuse { throw .exists(path: path) }
        _ = try Files.value(of: result, .rename, path)
    }

    package func remove(_ path: String) throws(FileFault) {
        _ = try Files.value(of: effects.call(.remove, path) { unlink(path) }, .remove, path)
    }

    /// Removes an empty folder.
    package func removeFolder(_ path: String) throws(FileFault) {
        _ = try Files.value(of: effects.call(.remove, path) { rmdir(path) }, .remove, path)
    }

    /// Sets the permission bits of a file or folder.
    package func changeMode(_ path: String, to mode: UInt32) throws(FileFault) {
        _ = try Files.value(of: effects.call(.changeMode, path) { chmod(path, mode) }, .changeMode, path)
    }

    private func renameToNewName(_ from: String, _ path: String) -> Result<Int32, Errno> {
        let result = effects.call(.rename, path) { clinux_rename_new(from, path) }
        guard result == .failure(Errno(EINVAL)) || result == .failure(Errno(ENOSYS)) else { return result }
        // This file system cannot do it in one step. A hard link is refused for a taken name as well.
        let linked = effects.call(.rename, path) { link(from, path) }
        guard case .success = linked else { return linked }
        return effects.call(.remove, from) { unlink(from) }
    }

    private func finishFolder(_ path: String, mode: UInt32) throws(FileFault) {
        if mode & 0o077 != 0 { try changeMode(path, to: mode) }
        try syncFolder(Files.parent(of: path))
    }
}

extension Files {
    /// Opens a descriptor that no child inherits; the caller closes it.
    func open(
        _ path: String, _ flags: Int32, mode: UInt32 = 0, _ operation: FileFault.Operation
    ) throws(FileFault) -> Int32 {
        let result = effects.call(.open, path) { clinux_open(path, flags | O_CLOEXEC, mode) }
        return try Files.value(of: result, operation, path)
    }

    /// The result of a call, or its error as a fault.
    static func value<Value>(
        of result: Result<Value, Errno>, _ operation: FileFault.Operation, _ path: String
    ) throws(FileFault) -> Value {
        switch result {
        case .success(let value): return value
        case .failure(let error): throw .failed(operation, path: path, error)
        }
    }
}
