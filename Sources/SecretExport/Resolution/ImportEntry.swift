/// One import of a folder with everything that comes through it.
struct ImportEntry {
    /// A folder whose shared secrets come through the import.
    struct Part {
        let folder: Folder
        /// The folder against which references in these secrets are resolved.
        let context: Folder
    }

    /// Where the secrets are said to come from.
    let environment: String
    let path: String
    /// The folder that the import names; what it holds wins over what is behind it.
    let parts: [Part]
}

/// An import that gives nothing, and why.
package enum DeadImport: Sendable, Equatable {
    /// The folder is gone or was renamed, or its environment is deleted.
    case dangling(environment: String?, path: String)
    /// It names a folder of another project, which a server answers only where its owner allowed that.
    case otherProject(path: String)
}
