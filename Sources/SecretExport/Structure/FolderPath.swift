import Faults

/// Paths of folders as Infisical writes them: `/` for the root, else `/` in front of each name and none at the end.
package enum FolderPath {
    package static let root = "/"

    /// The path that a person or a row means: with a slash in front, without empty names, and without one at the end.
    package static func normalized(_ path: String) -> String { joined(names(path)) }

    /// The names below the root.
    static func names(_ path: String) -> [String] {
        path.utf8.split(separator: UInt8(ascii: "/")).map { String(Substring($0)) }
    }

    static func joined(_ names: some Sequence<String>) -> String { root + names.joined(separator: "/") }

    /// The path of a folder inside another.
    static func child(_ name: String, of path: String) -> String {
        path.isExactly(root) ? root + name : path + root + name
    }

    /// Whether `path` is `top` or lies below it.
    static func isWithin(_ path: String, _ top: String) -> Bool {
        top.isExactly(root) || path.isExactly(top) || path.utf8.starts(with: (top + root).utf8)
    }
}
