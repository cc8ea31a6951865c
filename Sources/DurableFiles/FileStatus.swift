import CLinux
import Glibc

/// What a name in a folder stands for.
package enum FileKind: Sendable, Equatable {
    case file, folder, symbolicLink
    /// A pipe, a socket or a device.
    case other

    init(mode: mode_t) {
        switch mode & S_IFMT {
        case S_IFREG: self = .file
        case S_IFDIR: self = .folder
        case S_IFLNK: self = .symbolicLink
        default: self = .other
        }
    }
}

/// One name of a folder's listing.
package struct FolderEntry: Sendable, Equatable {
    package let name: String
    package let kind: FileKind

    package init(name: String, kind: FileKind) {
        self.name = name
        self.kind = kind
    }
}

/// What the file system knows about a path.
package struct FileStatus: Sendable, Equatable {
    package let kind: FileKind
    /// In bytes.
    package let size: Int
    /// The permission bits, such as 0o600.
    package let mode: UInt32
    /// Number of the file system the file lies on.
    package let device: UInt64
    package let user: UInt32
    package let group: UInt32
    /// How many names the file has.
    package let links: Int
    /// Time of the last change of the content, in nanoseconds since 1970-01-01T00:00:00Z, as exact as the file system is.
    package let modified: Int64

    init(_ raw: stat) {
        kind = FileKind(mode: raw.st_mode)
        size = Int(raw.st_size)
        mode = raw.st_mode & 0o7777
        device = UInt64(raw.st_dev)
        user = raw.st_uid
        group = raw.st_gid
        links = Int(raw.st_nlink)
        modified = Int64(raw.st_mtim.tv_sec) * 1_000_000_000 + Int64(raw.st_mtim.tv_nsec)
    }
}

/// The user and the group a file belongs to.
package struct FileOwner: Sendable, Equatable {
    package let user: UInt32
    package let group: UInt32

    package init(user: UInt32, group: UInt32) {
        self.user = user
        self.group = group
    }
}
