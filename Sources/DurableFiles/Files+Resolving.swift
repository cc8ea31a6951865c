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

    /// A path for people to read: one with `.` or `..` in it as it really leads, any other as it is written.
    package func tidied(_ path: String) throws(FileFault) -> String {
        let isTidy = !path.split(separator: "/").contains { $0 == "." || $0 == ".." }
        return isTidy ? path : try resolved(path)
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
