import Age
package import DurableFiles
import Secrets

/// The age identity that a host makes for one rotation, so that the journal may hold its keys: a file of its own, 0600, that
/// goes with the rotation. What the journal keeps is of no use from then on.
package struct RotationHostKey {
    package let path: String
    private let files: Files
    private let identity: AgeIdentity

    /// The one of the rotation that is open; made where there is none yet.
    package init(makingAt path: String, files: Files) throws {
        if try files.status(path) == nil {
            try files.createFolder(Files.parent(of: path))
            try files.publishSecret(try AgeIdentityFile.render(try .generate()), at: path)
        }
        try self.init(at: path, files: files)
    }

    /// The one that was made before.
    ///
    /// - Throws: `FileFault`, `RepositoryFault.malformed`.
    package init(at path: String, files: Files) throws {
        guard let identity = try AgeIdentityFile.parse(try files.readSecret(path, limit: 1 << 16)).first else {
            throw RepositoryFault.malformed(path: path, reason: "it holds no identity")
        }
        self.path = path
        self.files = files
        self.identity = identity
    }

    /// For the journal: ASCII, of several lines.
    package func seal(_ keys: RotationKeys, repository: String) throws -> String {
        String(decoding: try keys.seal(to: [try identity.recipient()], repository: repository), as: UTF8.self)
    }

    /// - Parameter journal: what the sealed text stands in, for the error.
    package func open(_ sealed: String, repository: String, journal: String) throws -> RotationKeys {
        try RotationKeys.open(
            Array(sealed.utf8), identities: [identity], source: path, repository: repository, name: journal)
    }

    /// Removes the key of a rotation that has ended, if it is there.
    package static func remove(_ path: String, files: Files) throws {
        if try files.status(path) == nil { return }
        try files.remove(path)
        try files.syncFolder(Files.parent(of: path))
    }
}
