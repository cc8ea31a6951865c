import DurableFiles
import Effects
import Glibc
import Secrets

/// Reads settings files whole; they may hold secrets, so their bytes stay in a `Secret`.
enum SettingsFiles {
    /// Largest file read, in bytes.
    static let limit = 4 << 20

    /// The bytes of the file at `path`, or nil when there is none.
    ///
    /// - Parameter check: looks at the open file before anything is read.
    static func read(
        _ path: String, _ effects: Effects,
        check: (FileStatus) throws(SettingsFault) -> Void = { (_) throws(SettingsFault) in }
    ) throws(SettingsFault) -> Secret? {
        let files = Files(effects: effects)
        let file: ReadableFile
        do { file = try files.openForReading(path) } catch {
            if let errno = error.errno, errno.code == ENOENT || errno.code == ENOTDIR { return nil }
            throw .file(error)
        }
        try check(file.status)
        do { return try Files.readSecret(file, limit: limit) } catch { throw .file(error) }
    }
}
