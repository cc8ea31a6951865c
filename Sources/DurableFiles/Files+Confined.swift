import CLinux
import Effects
import Glibc

extension Files {
    /// The same files, following no symbolic link below some folders, whoever puts one there and when.
    ///
    /// The path of such a folder itself may lead over links: whoever configured it meant that. Below it every folder is
    /// opened from the one above it and the last name is looked up in the folder that is open, so nothing can be put
    /// between a check and the use. With one of these folders inside another, the inner one's path may be a link.
    ///
    /// - Parameter folders: as the paths below them begin; names below them are recognised by their beginning.
    package func confined(to folders: [String]) -> Files {
        let trimmed = folders.map { folder in
            var folder = folder
            while folder.utf8.count > 1, folder.utf8.last == UInt8(ascii: "/") { folder.removeLast() }
            return folder
        }
        let all = Set(confines + trimmed.filter { !["", ".", "/"].contains($0) })
        return Files(effects: effects, confines: all.sorted { ($1.utf8.count, $0) < ($0.utf8.count, $1) })
    }

    /// The innermost confined folder that a path lies below; nil if there is none.
    func confine(of path: String) -> String? {
        confines.first { folder in
            let bytes = path.utf8.dropFirst(folder.utf8.count)
            return path.utf8.starts(with: folder.utf8) && bytes.first == UInt8(ascii: "/")
                && bytes.contains { $0 != UInt8(ascii: "/") }
        }
    }

    /// Performs one system call on the last name of a path, in the folder where that lies.
    ///
    /// Finding the folder is a part of the effect, as it is of every system call that takes a path.
    ///
    /// - Parameter body: gets an open folder, or `AT_FDCWD`, and the name in it; answers -1 and sets `errno` on failure.
    /// - Throws: `.linkInside` if a folder on the way is a symbolic link; other failures are the result.
    func call<Value: SignedInteger>(
        _ kind: Effect.Kind, _ path: String, _ body: (_ folder: Int32, _ name: String) -> Value
    ) throws(FileFault) -> Result<Value, Errno> {
        var lookup = PathLookup(files: self)
        let result = effects.call(kind, path) { () -> Value in
            guard let place = lookup.place(of: path) else { return -1 }
            defer { place.close() }
            return body(place.folder, place.name)
        }
        if let link = lookup.link { throw link }
        return result
    }

    /// Opens a folder to list it or to make its names durable; the caller closes it.
    func openFolder(_ path: String, _ operation: FileFault.Operation) throws(FileFault) -> Int32 {
        let confine = confine(of: path)
        let result = try call(.open, path) { folder, name in
            clinux_openat(
                folder, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | (confine == nil ? 0 : O_NOFOLLOW), 0)
        }
        // The system does not say of a link that is to be a folder that it is a link.
        if case .failure(let error) = result, let confine, error.code == ENOTDIR || error.code == ELOOP,
            try status(path)?.kind == .symbolicLink
        {
            throw .linkInside(path: path, folder: confine)
        }
        return try Files.value(of: result, operation, path)
    }
}

/// Finds the folders of the paths of one system call.
struct PathLookup {
    /// An open folder and a name in it.
    struct Place {
        let folder: Int32
        let name: String

        /// Closes the folder and leaves `errno` as the call in it set it.
        func close() {
            guard folder >= 0 else { return }
            let code = Glibc.errno
            Glibc.close(folder)
            Glibc.errno = code
        }
    }

    private let files: Files
    /// The symbolic link that was met instead of a folder.
    private(set) var link: FileFault?

    init(files: Files) { self.files = files }

    /// - Returns: nil with `errno` set when the folder cannot be opened; the caller closes the place.
    mutating func place(of path: String) -> Place? {
        link = nil
        guard let confine = files.confine(of: path) else { return Place(folder: AT_FDCWD, name: path) }
        let names = path.utf8.dropFirst(confine.utf8.count).split(separator: UInt8(ascii: "/")).map {
            String(Substring($0))
        }
        guard let name = names.last, !names.contains("..") else {
            // No name that this program makes or lists leads upwards.
            Glibc.errno = EINVAL
            return nil
        }
        var folder = clinux_open_place(AT_FDCWD, confine, O_DIRECTORY), reached = confine
        for next in names.dropLast() where folder != -1 {
            let above = Place(folder: folder, name: next)
            defer { above.close() }
            reached += "/" + next
            folder = clinux_open_place(folder, next, O_DIRECTORY | O_NOFOLLOW)
            if folder == -1, Glibc.errno == ENOTDIR || Glibc.errno == ELOOP, isLink(above) {
                link = .linkInside(path: reached, folder: confine)
            }
        }
        return folder == -1 ? nil : Place(folder: folder, name: name)
    }

    private func isLink(_ place: Place) -> Bool {
        let code = Glibc.errno
        defer { Glibc.errno = code }
        var raw = stat()
        return fstatat(place.folder, place.name, &raw, AT_SYMLINK_NOFOLLOW) == 0
            && FileKind(mode: raw.st_mode) == .symbolicLink
    }
}
