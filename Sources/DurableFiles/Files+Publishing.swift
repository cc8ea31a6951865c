package import Secrets

extension Files {
    /// Writes a file so that at every moment, also after a crash, its name stands for the whole old or the whole new
    /// content; when this returns, it stands for the new one.
    ///
    /// - Parameters:
    ///   - mode: permission bits; exact, whatever the umask, and never wider on the way.
    ///   - owner: whom to give the file to; nil leaves it with the user who runs this.
    ///   - existing: `.refuse` throws `.exists` if the name is taken.
    package func publish(
        _ bytes: UnsafeRawBufferPointer, at path: String, mode: UInt32 = 0o600, owner: FileOwner? = nil,
        existing: Existing = .replace
    ) throws(FileFault) {
        let folder = Files.parent(of: path)
        var file = try createPending(inFolder: folder, mode: mode)
        let temporary = file.path
        do throws(FileFault) {
            if let owner { try file.setOwner(owner) }
            try file.write(bytes)
            try file.sync()
            try file.rename(to: path, existing: existing)
        } catch { throw error.naming(path, insteadOf: temporary) }
        try syncFolder(folder)
    }

    /// Writes a file as `publish` with a pointer does.
    package func publish(
        _ bytes: [UInt8], at path: String, mode: UInt32 = 0o600, owner: FileOwner? = nil,
        existing: Existing = .replace
    ) throws(FileFault) {
        let outcome = bytes.withUnsafeBytes { buffer in
            Result { () throws(FileFault) in
                try publish(buffer, at: path, mode: mode, owner: owner, existing: existing)
            }
        }
        try outcome.get()
    }

    /// Writes a secret to a file that only its owner can read, unless a mode says otherwise.
    package func publishSecret(
        _ secret: Secret, at path: String, mode: UInt32 = 0o600, existing: Existing = .replace
    ) throws(FileFault) {
        try secret.withBytes { (bytes) throws(FileFault) in
            try publish(bytes, at: path, mode: mode, existing: existing)
        }
    }

    /// Begins a file under a temporary name in `folder`.
    package func createPending(inFolder folder: String, mode: UInt32 = 0o600) throws(FileFault) -> PendingFile {
        try PendingFile.create(inFolder: folder, mode: mode, files: self)
    }
}
