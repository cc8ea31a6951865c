import CLinux
import Effects
import Glibc

extension Files {
    /// The names in a folder, without `.` and `..`, in the order of their bytes.
    package func list(_ folder: String) throws(FileFault) -> [FolderEntry] {
        let descriptor = try openFolder(folder, .list)
        defer { close(descriptor) }
        return try list(folder, descriptor)
    }

    /// Removes a folder with all it holds, but only one whose name says that it is temporary (`createTemporaryFolder`).
    ///
    /// Symbolic links are removed, not followed, also those that somebody puts in the place of a folder meanwhile. What
    /// somebody else removes at the same time is gone, too.
    package func removeTree(_ path: String) throws(FileFault) {
        guard Files.isTemporary(Files.name(of: path)) else { throw .notTemporary(path: path) }
        let opened = try call(.open, path) { clinux_openat($0, $1, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0) }
        try removeContent(of: try Files.value(of: opened, .remove, path), path)
        try removeFolder(path)
    }

    /// Removes what an open folder holds, and closes it. Every name is looked up in the folder that is open, never by
    /// its whole path, which may lead elsewhere by now.
    private func removeContent(of folder: Int32, _ path: String) throws(FileFault) {
        defer { close(folder) }
        for entry in try list(path, folder) {
            let inside = Files.join(path, entry.name), flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC
            var removal: Int32 = 0
            if entry.kind == .folder {
                let opened = effects.call(.open, inside) { clinux_openat(folder, entry.name, flags, 0) }
                if opened == .failure(Errno(ENOENT)) { continue }
                try removeContent(of: try Files.value(of: opened, .remove, inside), inside)
                removal = AT_REMOVEDIR
            }
            let removed = effects.call(.remove, inside) { unlinkat(folder, entry.name, removal) }
            if removed == .failure(Errno(ENOENT)) { continue }
            _ = try Files.value(of: removed, .remove, inside)
        }
    }

    private func list(_ folder: String, _ descriptor: Int32) throws(FileFault) -> [FolderEntry] {
        let found = try effects.perform(.list, folder, failure: { FileFault.failed(.list, path: folder, $0) }) {
            () throws(FileFault) -> [FolderEntry] in
            // The stream closes its descriptor.
            let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 3)
            guard copy != -1 else { throw .failed(.list, path: folder, Errno(Glibc.errno)) }
            guard let stream = fdopendir(copy) else {
                let error = Errno(Glibc.errno)
                close(copy)
                throw .failed(.list, path: folder, error)
            }
            defer { closedir(stream) }
            var entries: [FolderEntry] = []
            while true {
                // readdir(3) tells its end and its failure apart by errno only.
                Glibc.errno = 0
                guard let entry = readdir(stream) else { break }
                let name = withUnsafePointer(to: &entry.pointee.d_name) { field in
                    field.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                }
                if name == "." || name == ".." { continue }
                entries.append(FolderEntry(name: name, kind: kind(of: entry.pointee.d_type, name, in: dirfd(stream))))
            }
            if Glibc.errno != 0 { throw .failed(.list, path: folder, Errno(Glibc.errno)) }
            return entries
        }
        return found.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    }

    private func kind(of type: UInt8, _ name: String, in folder: Int32) -> FileKind {
        switch Int(type) {
        case Int(DT_REG): return .file
        case Int(DT_DIR): return .folder
        case Int(DT_LNK): return .symbolicLink
        case Int(DT_UNKNOWN):
            // Not every file system fills in the type. A name that went meanwhile is nothing anybody can use.
            var raw = stat()
            return fstatat(folder, name, &raw, AT_SYMLINK_NOFOLLOW) == 0 ? FileKind(mode: raw.st_mode) : .other
        default: return .other
        }
    }
}
