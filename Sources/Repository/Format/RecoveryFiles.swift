import Crypto
package import DurableFiles
import Effects

/// `recover.sh` and `RECOVER.md`: what makes a repository readable without this program.
package enum RecoveryFiles {
    /// The two files as this release writes them.
    static func contents(_ layout: RepositoryLayout) -> [(path: String, bytes: [UInt8])] {
        let version = Array("@VERSION@".utf8), name = Array(Release.nameAndVersion.utf8)
        return [
            (layout.recoverScript, PackageResources.recover_sh.replacing(version, with: name)),
            (layout.recoverGuide, PackageResources.RECOVER_md.replacing(version, with: name)),
        ]
    }

    /// Writes those that are missing or differ.
    ///
    /// - Returns: SHA-256 of each by its name, for the manifest: `verify` then notices an edited script, which would
    ///   run with the operator's keys.
    @discardableResult
    package static func write(layout: RepositoryLayout, files: Files) throws -> [String: String] {
        var hashes: [String: String] = [:]
        for (path, bytes) in contents(layout) {
            if try !isWritten(bytes, at: path, layout, files) {
                try files.publish(bytes, at: path, mode: path == layout.recoverScript ? 0o700 : 0o600)
            }
            hashes[layout.relative(path)] = SHA256.hash(bytes).hex
        }
        return hashes
    }

    /// Whether the file is there as this release writes it; what lies there otherwise is replaced, whatever it is.
    private static func isWritten(
        _ bytes: [UInt8], at path: String, _ layout: RepositoryLayout, _ files: Files
    ) throws -> Bool {
        do { return try StoredFile.read(path, limit: 1 << 20, layout, files) == bytes } catch is RepositoryFault {
            return false
        }
    }
}
