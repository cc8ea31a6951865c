package import DurableFiles
package import Settings

/// Where a host keeps the repository, its own state, its configuration and the identity, and whether each can be there.
package struct SetupPlaces {
    private let repository: String
    private let stateFolder: String
    private let configuration: String?
    private let identity: String?
    private let files: Files

    /// - Parameters:
    ///   - configuration: the file that is there or will be written; nil for none.
    ///   - identity: the file that is there or will be made; nil where it is kept off this host or has no name yet.
    package init(
        repository: String, stateFolder: String, configuration: String?, identity: String?, files: Files
    ) {
        self.repository = repository
        self.stateFolder = stateFolder
        self.configuration = configuration
        self.identity = identity
        self.files = files
    }

    /// Refuses places that are another kind of file than they have to be, or lie inside each other.
    ///
    /// - Throws: `InitFault.wrongKind`, `InitFault.inside`.
    package func require() throws {
        try require(.folder, repository, "the repository")
        try require(.folder, stateFolder, "the state folder")
        if let configuration { try require(.file, configuration, "the configuration") }
        if let identity { try require(.file, identity, "the identity") }
        if let nesting = try nesting { throw nesting }
    }

    /// Two places of which one lies in the other; nil where each has a place of its own.
    package var nesting: InitFault? {
        get throws {
            let folders = [(repository, "the repository"), (stateFolder, "the state folder")]
            let inner = [(configuration, "the configuration")] + folders.map { ($0.0 as String?, $0.1) }
            for (outer, outerName) in folders {
                for case (let path?, let name) in inner where name != outerName {
                    if try files.lies(path, in: outer) {
                        return .inside(name, path: path, of: outerName, folder: outer)
                    }
                }
            }
            return nil
        }
    }

    /// What to say of an identity that every copy of the repository carries along; nil where it lies elsewhere.
    package func identityWarning() throws -> String? {
        guard let identity, try files.lies(identity, in: repository) else { return nil }
        return
            "the identity \(identity) lies inside the repository: whoever gets a copy of the repository can read all "
            + "backups; move it to another place, and name that as repository.identity_file"
    }

    /// What is to be said of the places that a configuration names, one sentence each.
    package static func notes(_ check: ConfigurationCheck, _ surroundings: SettingsSurroundings) throws -> [String] {
        guard let configuration = check.configuration, let repository = configuration.repository else { return [] }
        var identity: String?
        if case .path(let path) = configuration.identityFile { identity = path }
        let places = SetupPlaces(
            repository: repository, stateFolder: configuration.stateFolder, configuration: check.file,
            identity: identity, files: Files(effects: surroundings.effects))
        return try [places.nesting?.message, places.identityWarning()].compactMap { $0 }
    }

    private func require(_ kind: FileKind, _ path: String, _ name: String) throws {
        guard let found = try files.existingPart(of: path) else { return }
        let needed: FileKind = found.path == path ? kind : .folder
        if found.status.kind != needed { throw InitFault.wrongKind(name, path: found.path, needed: needed) }
    }
}
