import CLinux
package import Effects
import Glibc

/// The file system, with every call reported to `Effects` and every new name made durable before it is relied on.
package struct Files: Sendable {
    package let effects: Effects
    /// Folders below which no symbolic link is followed, the longest path first; see `confined`.
    let confines: [String]

    package init(effects: Effects) { self.init(effects: effects, confines: []) }

    init(effects: Effects, confines: [String]) {
        self.effects = effects
        self.confines = confines
    }

    /// What to do when the final name of a published file is taken.
    package enum Existing: Sendable {
        case replace, refuse
    }

    /// Makes a folder and its missing parents, and writes each new name to disk. An existing folder is fine.
    ///
    /// - Parameter mode: permission bits of every folder made; exact, whatever the umask.
    package func createFolder(_ path: String, mode: UInt32 = 0o700) throws(FileFault) {
        switch try makeFolder(path, mode) {
        case .success: try finishFolder(path, mode: mode)
        case .failure(Errno(EEXIST)): try requireFolder(path)
        case .failure(Errno(ENOENT)):
            let parent = Files.parent(of: path)
            guard parent != path else { throw .failed(.createFolder, path: path, Errno(ENOENT)) }
            try createFolder(parent, mode: mode)
            let result = try makeFolder(path, mode)
            // Another thread may have made it meanwhile; it makes the name durable as well.
            if case .failure(Errno(EEXIST)) = result { return try requireFolder(path) }
            _ = try Files.value(of: result, .createFolder, path)
            try finishFolder(path, mode: mode)
        case .failure(let error): throw .failed(.createFolder, path: path, error)
        }
    }

    /// Makes folders in one existing folder, and writes all their names to disk at once. Existing ones are fine.
    package func createFolders(_ names: [String], in parent: String) throws(FileFault) {
        for name in names {
            let path = Files.join(parent, name)
            let result = try makeFolder(path, 0o700)
            if case .failure(Errno(EEXIST)) = result {
                try requireFolder(path)
                continue
            }
            _ = try Files.value(of: result, .createFolder, path)
        }
        try syncFolder(parent)
    }

    /// Makes a folder with a name of its own that `removeTree` accepts.
    ///
    /// - Parameters:
    ///   - prefix: begins its name; `temporaryPrefix` or `drillPrefix`.
    ///   - mode: its permission bits, exact whatever the umask; nil for one of this user's alone.
    /// - Returns: its path.
    package func createTemporaryFolder(
        in folder: String, prefix: String = Files.temporaryPrefix, mode: UInt32? = nil
    ) throws(FileFault) -> String {
        let path = Files.join(folder, Files.temporaryName(prefix))
        _ = try Files.value(of: try makeFolder(path, 0o700), .createFolder, path)
        if let mode { try finishFolder(path, mode: mode) }
        return path
    }

    /// What a path is; nil if there is nothing.
    ///
    /// - Parameter followingLinks: whether a symbolic link stands for what it points to, or for itself; below a confined
    ///   folder always for itself.
    package func status(_ path: String, followingLinks: Bool = false) throws(FileFault) -> FileStatus? {
        var raw = stat()
        let follows = followingLinks && confine(of: path) == nil
        let result = try call(.inspect, path) { folder, name in
            fstatat(folder, name, &raw, follows ? 0 : AT_SYMLINK_NOFOLLOW)
        }
        if case .failure(let error) = result, error.code == ENOENT || error.code == ENOTDIR { return nil }
        _ = try Files.value(of: result, .inspect, path)
        return FileStatus(raw)
    }

    /// What a symbolic link says; nil if it is none.
    package func target(ofLink path: String) throws(FileFault) -> String? {
        var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let result = try call(.inspect, path) { folder, name in
            buffer.withUnsafeMutableBytes { bytes in
                bytes.withMemoryRebound(to: CChar.self) { target in
                    target.baseAddress.map { readlinkat(folder, name, $0, target.count) } ?? -1
                }
            }
        }
        if case .failure(Errno(EINVAL)) = result { return nil }
        let count = try Files.value(of: result, .inspect, path)
        return String(decoding: buffer[..<count], as: UTF8.self)
    }

    /// Whether an access list gives users or groups rights of their own to a file; they show as those of its group.
    package func hasAccessList(_ path: String) throws(FileFault) -> Bool {
        let result = effects.call(.inspect, path) { clinux_has_access_list(path) }
        return try Files.value(of: result, .inspect, path) != 0
    }

    /// Makes the names in a folder durable.
    package func syncFolder(_ path: String) throws(FileFault) {
        let descriptor = try openFolder(path, .open)
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
            case .replace: try moving(from, path) { renameat($0.folder, $0.name, $1.folder, $1.name) }
            case .refuse: try renameToNewName(from, path)
            }
        if case .failure(Errno(EEXIST)) = result, existing == .refuse { throw .exists(path: path) }
        _ = try Files.value(of: result, .rename, path)
    }

    package func remove(_ path: String) throws(FileFault) {
        _ = try Files.value(of: try call(.remove, path) { unlinkat($0, $1, 0) }, .remove, path)
    }

    /// Removes an empty folder.
    package func removeFolder(_ path: String) throws(FileFault) {
        _ = try Files.value(of: try call(.remove, path) { unlinkat($0, $1, AT_REMOVEDIR) }, .remove, path)
    }

    private func makeFolder(_ path: String, _ mode: UInt32) throws(FileFault) -> Result<Int32, Errno> {
        try call(.createFolder, path) { mkdirat($0, $1, mode) }
    }

    /// Whether a name that is taken is that of a folder.
    private func requireFolder(_ path: String) throws(FileFault) {
        let kind = try status(path, followingLinks: true)?.kind
        if kind == .folder { return }
        if kind == .symbolicLink, let confine = confine(of: path) { throw .linkInside(path: path, folder: confine) }
        throw .wrongKind(path: path, needed: .folder)
    }

    private func moving(
        _ from: String, _ path: String, _ body: (PathLookup.Place, PathLookup.Place) -> Int32
    ) throws(FileFault) -> Result<Int32, Errno> {
        var lookup = PathLookup(files: self)
        let result = effects.call(.rename, path) { () -> Int32 in
            guard let source = lookup.place(of: from) else { return -1 }
            defer { source.close() }
            guard let target = lookup.place(of: path) else { return -1 }
            defer { target.close() }
            return body(source, target)
        }
        if let link = lookup.link { throw link }
        return result
    }

    private func renameToNewName(_ from: String, _ path: String) throws(FileFault) -> Result<Int32, Errno> {
        let result = try moving(from, path) { clinux_rename_new($0.folder, $0.name, $1.folder, $1.name) }
        guard result == .failure(Errno(EINVAL)) || result == .failure(Errno(ENOSYS)) else { return result }
        // This file system cannot do it in one step. A hard link is refused for a taken name as well.
        let linked = try moving(from, path) { linkat($0.folder, $0.name, $1.folder, $1.name, 0) }
        guard case .success = linked else { return linked }
        return try call(.remove, from) { unlinkat($0, $1, 0) }
    }

    private func finishFolder(_ path: String, mode: UInt32) throws(FileFault) {
        // The umask took bits away; those of group and others were asked for on purpose.
        if mode & 0o077 != 0 {
            let descriptor = try openFolder(path, .changeMode)
            defer { close(descriptor) }
            _ = try Files.value(of: effects.call(.changeMode, path) { fchmod(descriptor, mode) }, .changeMode, path)
        }
        try syncFolder(Files.parent(of: path))
    }
}

extension Files {
    /// Opens a descriptor that no child inherits; the caller closes it. Below a confined folder no link is followed.
    func open(
        _ path: String, _ flags: Int32, mode: UInt32 = 0, _ operation: FileFault.Operation
    ) throws(FileFault) -> Int32 {
        let flags = flags | O_CLOEXEC | (confine(of: path) == nil ? 0 : O_NOFOLLOW)
        let result = try call(.open, path) { clinux_openat($0, $1, flags, mode) }
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
