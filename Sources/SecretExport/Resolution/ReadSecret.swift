package import Secrets

/// A secret as the server lists it.
package struct ReadSecret: Sendable {
    package let stored: StoredSecret
    /// With references resolved where that was asked for.
    package let value: Secret

    package var key: String { stored.key }
}

/// What comes through one import, in the server's order.
package struct ReadImport: Sendable {
    package let environment: String
    package let path: String
    package let secrets: [ReadSecret]
}

/// What a folder gives: its own secrets, and those of its imports.
package struct ReadFolder: Sendable {
    package let folder: Folder
    /// In the server's order, shared ones and those of the one user.
    package let own: [ReadSecret]
    /// By position, the last of which wins.
    package let imports: [ReadImport]
    package let deadImports: [DeadImport]
    package let stored: StoredFolder
}
