import Effects
import Glibc

extension Files {
    /// Where a path really leads: links followed as far as there is something, the rest taken as it is written.
    package func resolved(_ path: String) throws(FileFault) -> String {
        var existing = path, rest: [String] = []
        while true {
            var found: String?
            let result = effects.call(.inspect, existing) { () -> Int32 in
                guard let text = realpath(existing, nil) else { return -1 }
                found = String(cString: text)
                free(text)
                return 0
            }
            if let found { return rest.reversed().reduce(found) { Files.join($0, $1) } }
            guard case .failure(let error) = result, error.code == ENOENT || error.code == ENOTDIR else {
                _ = try Files.value(of: result, .inspect, existing)
                return path
            }
            let parent = Files.parent(of: existing)
            if parent == existing { return path }
            rest.append(Files.name(of: existing))
            existing = parent
        }
    }

    /// An absolute path without `.` and `..`, as the system goes it: above a link lies the folder above what it points to.
    /// Every other link stays as it is written, and so does a path that cannot be looked at.
    package func normalised(_ path: String) -> String {
        let words = path.split(separator: "/")
        guard path.hasPrefix("/"), words.contains("..") || words.contains(".") else { return path }
        var parts: [Substring] = []
        for word in words where word != "." {
            guard word == ".." else {
                parts.append(word)
                continue
            }
            let reached = "/" + parts.joined(separator: "/")
            do {
                // Nothing lies above what is no folder.
                if let found = try status(reached, followingLinks: true), found.kind != .folder { return path }
                if try status(reached)?.kind == .symbolicLink { parts = try resolved(reached).split(separator: "/") }
            } catch { return path }
            parts = parts.dropLast()
        }
        return "/" + parts.joined(separator: "/")
    }

    /// Whether a path leads to a folder or into it.
    package func lies(_ path: String, in folder: String) throws(FileFault) -> Bool {
        let inner = try resolved(path), outer = try resolved(folder)
        return inner == outer || inner.hasPrefix(Files.join(outer, ""))
    }

    /// The longest part of a path that is there, the path itself included.
    package func existingPart(of path: String) throws(FileFault) -> (path: String, status: FileStatus)? {
        var path = path
        while true {
            if let status = try status(path, followingLinks: true) { return (path, status) }
            let parent = Files.parent(of: path)
            if parent == path { return nil }
            path = parent
        }
    }
}
