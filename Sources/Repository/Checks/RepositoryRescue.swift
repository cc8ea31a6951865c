import Crypto
package import DurableFiles

/// Brings back what a repository stands on (its description, its signers, its keyring), when without it nothing can be
/// trusted and so nothing can be opened: from another copy, or, the description alone, from what the repository has signed.
package struct RepositoryRescue {
    private let layout: RepositoryLayout
    private let files: Files
    private let pieces: [(path: String, bytes: [UInt8])]
    /// What is going to be done.
    package let plan: RepairPlan

    /// What helps against a fault: without another copy first, because one that is older may not be opened either.
    ///
    /// - Parameter other: another copy, if there is one.
    /// - Returns: nil where neither helps.
    package static func from(
        _ fault: RepositoryFault, path: String, other: String?, stateFolder: String, pinned: String?, files: Files
    ) throws -> RepositoryRescue? {
        if fault.isOfDescription,
            let own = try RepositoryRescue(describing: path, stateFolder: stateFolder, pinned: pinned, files: files)
        {
            return own
        }
        guard let other else { return nil }
        return try RepositoryRescue(path: path, other: other, stateFolder: stateFolder, pinned: pinned, files: files)
    }

    /// - Parameters:
    ///   - path: the repository that cannot be opened.
    ///   - other: the other copy. It is opened as any repository is: with the pinned signer, a signed keyring, and
    ///     nothing that this host knows to be old.
    /// - Returns: nil when the other copy is not one of this repository, or has nothing that helps.
    /// - Throws: what is wrong with the other copy.
    package init?(path: String, other: String, stateFolder: String, pinned: String?, files: Files) throws {
        let copy = try Repository(path: other, stateFolder: stateFolder, pinned: pinned, files: files)
        layout = RepositoryLayout(root: path)
        let files = files.confined(to: [path, other, stateFolder])
        self.files = files
        guard try RepositoryRescue.isSame(copy, layout) else { return nil }
        var plan = RepairPlan(), pieces: [(path: String, bytes: [UInt8])] = []
        for name in try RepositoryRescue.names(copy) {
            let bytes = try StoredFile.read(copy.layout.root + "/" + name, limit: 1 << 20, copy.layout, files)
            let target = path + "/" + name
            do {
                if try StoredFile.read(target, limit: 1 << 20, layout, files) == bytes { continue }
            } catch is RepositoryFault {}
            if try files.status(target) != nil { plan.quarantined.append(name) }
            plan.fetched.append(name)
            pieces.append((name, bytes))
        }
        // What claims to be a newer keyring and is none would win over the one that is.
        for entry in try StoredFile.list(layout.keys, layout, files) {
            guard let revision = KeyringStore.revision(ofFile: entry.name), revision > copy.keyring.revision else {
                continue
            }
            plan.quarantined.append("keys/" + entry.name)
        }
        if plan.isEmpty { return nil }
        self.pieces = pieces
        self.plan = plan
    }

    /// The description alone, made anew of what the keyring says.
    ///
    /// - Parameter pinned: nil for the signers that this host remembers.
    /// - Returns: nil where no keyring of such a signer tells.
    init?(describing path: String, stateFolder: String, pinned: String?, files: Files) throws {
        layout = RepositoryLayout(root: path)
        let files = files.confined(to: [path, stateFolder])
        self.files = files
        guard
            let description = try RepositoryRescue.description(layout, files, stateFolder: stateFolder, pinned: pinned)
        else { return nil }
        pieces = [(RepositoryLayout.descriptionName, try StoredJSON.encode(description))]
        var plan = RepairPlan()
        plan.resealed = [RepositoryLayout.descriptionName]
        if try files.status(layout.description) != nil { plan.quarantined = plan.resealed }
        self.plan = plan
    }

    private static func description(
        _ layout: RepositoryLayout, _ files: Files, stateFolder: String, pinned: String?
    ) throws -> RepositoryDescription? {
        // By whom it must be signed, and which repository it then is; any that the signer signs where it is configured.
        var expected: [(signer: String, repository: String?)] = []
        if let pinned {
            expected = [(pinned, nil)]
        } else {
            let folders = try files.status(stateFolder) == nil ? [] : try files.list(stateFolder)
            for folder in folders where folder.kind == .folder {
                let host = HostState(stateFolder: stateFolder, repository: folder.name, files: files)
                do {
                    if let memory = try host.memory() { expected.append((memory.signer, folder.name)) }
                } catch is RepositoryFault { continue }  // What is known of one repository says nothing of the others.
            }
        }
        for (signer, repository) in expected {
            do {
                let signers = try TrustedSigners(pinned: signer, layout: layout, files: files)
                guard let description = try KeyringStore.description(layout, files, signers) else { return nil }
                if repository == nil || repository == description.id { return description }
            } catch is RepositoryFault { continue }
        }
        return nil
    }

    /// Whether a folder holds, or describes itself as, the repository that a copy is one of: another one must not get
    /// these keys.
    private static func isSame(_ copy: Repository, _ layout: RepositoryLayout) throws -> Bool {
        var described: RepositoryDescription?
        do { described = try Repository.describe(path: layout.root, files: copy.files) } catch is RepositoryFault {}
        if described?.id == copy.description.id { return true }
        for file in try StoredFile.list(layout.backups, layout, copy.files) {
            guard let id = ManifestStore.id(file.name, suffix: ".json") else { continue }
            do {
                let signed = try SignedFile.read(
                    layout.manifest(id), purpose: .manifest, signers: copy.signers, layout: layout, files: copy.files)
                _ = try ManifestStore.entry(id, signed.content, signer: signed.signer, copy)
                return true
            } catch is RepositoryFault { continue }
        }
        return false
    }

    /// What a repository stands on, in the order in which it is written.
    private static func names(_ copy: Repository) throws -> [String] {
        let layout = copy.layout, keyring = layout.keyring(revision: copy.keyring.revision)
        let introductions = try copy.signers.lines.map { layout.introduction(line: $0.number) }.filter {
            try copy.files.status($0) != nil
        }
        let paths = introductions + [layout.allowedSigners, RepositoryLayout.signature(of: keyring), keyring]
        return (paths + [layout.description]).map { layout.relative($0) }
    }

    /// Carries the plan out. Hold the repository's lock exclusively.
    package func perform() throws {
        try files.createFolder(layout.keys)
        try files.createFolder(layout.quarantine)
        for path in plan.quarantined { try Quarantine.take(path, layout, files) }
        for piece in pieces { try files.publish(piece.bytes, at: layout.root + "/" + piece.path) }
    }
}

/// Where damaged files go: nothing that was stored is deleted.
enum Quarantine {
    static func take(_ path: String, _ layout: RepositoryLayout, _ files: Files) throws {
        let stamp = Hex.encode(try Random.bytes(count: 4))
        try files.rename(
            layout.root + "/" + path, to: layout.quarantine + "/" + path.replacing("/", with: "-") + "." + stamp)
    }
}
