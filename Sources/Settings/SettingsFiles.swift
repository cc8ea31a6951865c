import DurableFiles
import Effects
import Glibc
import Secrets

/// Reads settings files whole; they may hold secrets, so their bytes stay in a `Secret`.
enum SettingsFiles {
    /// Largest file read, in bytes.
    static let limit = 4 << 20

    /// The bytes of the file at `path`, or nil when there is none.
    static func read(_ path: String, _ effects: Effects) throws(SettingsFault) -> Secret? {
        do {
            return try Files(effects: effects).readSecret(path, limit: limit)
        } catch {
            if let errno = error.errno, errno.code == ENOENT || errno.code == ENOTDIR { return nil }
            throw .file(error)
        }
    }
}
