import DurableFiles
import Effects
import Glibc

/// Reads files of a repository, where anything may lie under any name: whoever can write to its disk may have put a
/// link, a pipe or a hundred gigabytes there.
enum StoredFile {
    /// - Throws: `missing`; `malformed` for what is not a regular file or longer than such a file can be. What the disk
    ///   or the permissions refuse stays a `FileFault`: it says nothing about the content.
    static func read(_ path: String, limit: Int, _ layout: RepositoryLayout, _ files: Files) throws -> [UInt8] {
        do { return try files.readRegular(path, limit: limit) } catch {
            throw damage(error, layout, path) ?? error
        }
    }

    /// The names in a folder of the repository. A folder that is missing is an empty one: most ways of copying leave
    /// empty folders out.
    static func list(_ folder: String, _ layout: RepositoryLayout, _ files: Files) throws -> [FolderEntry] {
        do { return try files.list(folder) } catch {
            if case .linkInside = error { throw damage(error, layout) ?? error }
            switch error.errno?.code {
            case ENOENT: return []
            case ENOTDIR:
                throw RepositoryFault.malformed(path: layout.relative(folder), reason: "it is not a folder")
            default: throw error
            }
        }
    }

    private static func damage(
        _ fault: FileFault, _ layout: RepositoryLayout, _ path: String = ""
    ) -> RepositoryFault? {
        let name = layout.relative(path)
        switch fault {
        case .linkInside(let link, _):
            return .malformed(path: layout.relative(link), reason: "it is a symbolic link, which is not followed")
        case .tooLarge: return .malformed(path: name, reason: "it is longer than such a file can be")
        case .wrongKind: return .malformed(path: name, reason: "it is not a regular file")
        default: break
        }
        return switch fault.errno?.code {
        case ENOENT, ENOTDIR: .missing(path: name)
        // How the system refuses to open a link and a socket.
        case ELOOP, ENXIO: .malformed(path: name, reason: "it is not a regular file")
        default: nil
        }
    }
}
