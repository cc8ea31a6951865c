package import Crypto
package import DurableFiles
import Secrets

/// An edit of an env file on its way to the disk.
///
/// Preflight calls `requireWritable`, a journal keeps the `record`, and then `write` is called once or, after a run that was
/// killed, again: where it was done, it only makes sure that it is on disk.
package struct EnvFileRewrite: Sendable {
    package let edit: EnvFileEdit
    package let record: EnvFileRecord

    package init(_ edit: EnvFileEdit) throws(CryptoFault) {
        self.edit = edit
        record = try EnvFileRecord(path: edit.before.path, old: edit.before.text, new: edit.after.text)
    }

    /// Refuses by name what would keep the file from getting its new content; changes nothing.
    ///
    /// - Throws: `envNotReplaceable`
    package func requireWritable(_ files: Files) throws(SettingsFault) {
        try act { (path) throws(FileFault) in
            try files.requireReplaceable(path, size: max(edit.before.text.count, edit.after.text.count))
        }
    }

    /// Gives the file its new content, if it holds what the edit was made of.
    ///
    /// - Throws: `envNotReplaceable`
    package func write(_ files: Files) throws(SettingsFault) {
        try act { (path) throws(FileFault) in
            do throws(FileFault) {
                try files.replaceContent(of: path, expecting: edit.before.text, with: edit.after.text)
            } catch {
                // A run that was killed between the new content and its record has done this.
                guard case .changed = error else { throw error }
                try files.replaceContent(of: path, expecting: edit.after.text, with: edit.after.text)
            }
        }
    }

    private func act(_ body: (String) throws(FileFault) -> Void) throws(SettingsFault) {
        do throws(FileFault) { try body(edit.before.path) } catch {
            throw .envNotReplaceable(path: edit.before.path, error)
        }
    }
}

/// What a journal keeps of a rewritten env file: enough to ask whether it was done, and nothing of its text.
package struct EnvFileRecord: Codable, Sendable, Equatable {
    /// What the file holds now.
    package enum State: String, Sendable {
        case old, new
        /// Something else, or the file is not there.
        case other
    }

    package let path: String
    package let old: String
    package let new: String

    init(path: String, old: Secret, new: Secret) throws(CryptoFault) {
        self.path = path
        self.old = try EnvFileRecord.digest(old, salt: Random.bytes(count: 16))
        self.new = try EnvFileRecord.digest(new, salt: Random.bytes(count: 16))
    }

    /// - Throws: `SettingsFault.file` where it cannot be read, `CryptoFault`.
    package func state(_ files: Files) throws -> State {
        let text: Secret
        do throws(FileFault) {
            guard try files.status(path, followingLinks: true) != nil else { return .other }
            text = try files.readSecret(path, limit: SettingsFiles.limit)
        } catch { throw SettingsFault.file(error) }
        if try EnvFileRecord.matches(text, new) { return .new }
        return try EnvFileRecord.matches(text, old) ? .old : .other
    }

    // MARK: - Digests

    /// Slow on purpose: where all of a file but a weak password is known, nobody finds that by trying.
    private static let iterations: Int32 = 100_000

    private static func digest(_ text: Secret, salt: [UInt8]) throws(CryptoFault) -> String {
        let key = try PBKDF2.sha256(password: text, salt: salt, iterations: iterations, count: 32)
        return "pbkdf2-sha256$\(Hex.encode(salt))$" + key.withBytes { Hex.encode($0) }
    }

    private static func matches(_ text: Secret, _ digest: String) throws(CryptoFault) -> Bool {
        let parts = digest.split(separator: "$")
        guard parts.count == 3, let salt = Hex.decode(String(parts[1])) else { return false }
        return try EnvFileRecord.digest(text, salt: salt) == digest
    }
}
