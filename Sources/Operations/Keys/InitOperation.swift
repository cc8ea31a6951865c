import Age
import DurableFiles
import Effects
import Faults
import Repository
import Settings

/// Sets a host up: configuration, repository, identity, keys. Creates what is missing and overwrites nothing.
package struct InitOperation {
    package struct Options: Sendable {
        /// Recipients given on the command line; they win over the configuration.
        package var recipients: [String] = []
        /// Take over an existing repository on this host; the pinned fingerprint must be given.
        package var adopt = false
        package var signer: String?
        package var identityFile: String?
        package init() {}
    }

    /// What is there and what will be made.
    package struct Plan: Sendable {
        package let repository: String
        package let makesRepository: Bool
        package let adopts: Bool
        /// Where the identity will be made; nil when one is there or is kept elsewhere.
        package let makesIdentity: Bool
        /// Configuration file that will be written; nil when one is there or none is wanted.
        package let makesConfiguration: String?
        package let notes: [String]
        package var isEmpty: Bool { !makesRepository && !adopts && makesConfiguration == nil }
    }

    /// What the recovery sheet must say.
    package struct Report: Sendable {
        package let repository: String
        package let signer: String
        /// Where the identity lies on this host; nil when it is kept elsewhere.
        package let identityFile: String?
        package let recipients: [String]
        package let made: [String]
        package let warnings: [String]
    }

    private let workplace: Workplace
    private let options: Options
    private let configurationPath: String?

    /// - Parameter configurationPath: where a configuration is written if there is none; nil writes none.
    package init(_ workplace: Workplace, _ options: Options, configurationPath: String?) {
        self.workplace = workplace
        self.options = options
        self.configurationPath = configurationPath
    }

    package func plan() throws -> Plan {
        let path = try workplace.configuration.requiredRepository()
        let layout = RepositoryLayout(root: path)
        let exists = try workplace.surroundings.files.status(layout.description, followingLinks: true) != nil
        let hasConfiguration = workplace.configuration.file != nil
        return Plan(
            repository: path, makesRepository: !exists, adopts: exists && options.adopt,
            makesIdentity: !exists && givenRecipients.isEmpty,
            makesConfiguration: hasConfiguration ? nil : configurationPath, notes: workplace.configuration.notes)
    }

    private var givenRecipients: [String] {
        options.recipients.isEmpty ? workplace.configuration.recipients : options.recipients
    }

    package func perform(_ plan: Plan) throws -> Report {
        var made: [String] = []
        let signer: String
        if plan.makesRepository {
            signer = try create(plan, &made)
        } else if plan.adopts {
            signer = try adopt(plan)
            made.append("this host's keys to \(plan.repository)")
        } else {
            signer = try workplace.repository().signers.pinned
        }
        if let path = plan.makesConfiguration {
            try writeConfiguration(path, signer: signer)
            made.append(path)
        }
        let repository = try Repository(
            path: plan.repository, stateFolder: workplace.configuration.stateFolder, pinned: signer,
            files: workplace.surroundings.files)
        let identity = workplace.identityPath(repository, override: options.identityFile)
        let isHere = try identity.map { try workplace.surroundings.files.status($0, followingLinks: true) != nil }
        return Report(
            repository: plan.repository, signer: signer, identityFile: isHere == true ? identity : nil,
            recipients: repository.keyring.recipients, made: made, warnings: try warnings(repository))
    }

    private func create(_ plan: Plan, _ made: inout [String]) throws -> String {
        let files = workplace.surroundings.files
        let creation = RepositoryCreation(
            path: plan.repository, stateFolder: workplace.configuration.stateFolder, files: files,
            clock: workplace.surroundings.clock)
        let id = try RepositoryCreation.newID()
        var recipients = try givenRecipients.map { try AgeRecipient($0) }
        if recipients.isEmpty {
            let path = identityTarget(id)
            if try files.status(path, followingLinks: true) == nil {
                let identity = try AgeIdentity.generate()
                try files.createFolder(Files.parent(of: path))
                try files.publishSecret(
                    try AgeIdentityFile.render(identity, created: workplace.surroundings.clock.now().iso8601),
                    at: path, existing: .refuse)
                made.append(path)
            }
            recipients = try identities(in: path).map { try $0.recipient() }
        }
        let signer = try creation.create(id: id, recipients: recipients)
        made.append(plan.repository)
        return signer
    }

    private func identityTarget(_ id: String) -> String {
        if let path = options.identityFile { return path }
        if case .path(let path) = workplace.configuration.identityFile { return path }
        return HostState(
            stateFolder: workplace.configuration.stateFolder, repository: id, files: workplace.surroundings.files
        ).identityFile
    }

    private func adopt(_ plan: Plan) throws -> String {
        let files = workplace.surroundings.files
        guard let signer = options.signer ?? workplace.configuration.signer else {
            throw RepositoryFault.signerNotPinned(repository: plan.repository)
        }
        let description = try Repository.describe(path: plan.repository, files: files)
        let host = HostState(
            stateFolder: workplace.configuration.stateFolder, repository: description.id, files: files)
        let path =
            options.identityFile
            ?? { if case .path(let path) = workplace.configuration.identityFile { path } else { host.identityFile } }()
        guard try files.status(path, followingLinks: true) != nil else {
            throw RepositoryFault.identityMissing(path: path)
        }
        try RepositoryCreation(
            path: plan.repository, stateFolder: workplace.configuration.stateFolder, files: files,
            clock: workplace.surroundings.clock
        ).adopt(pinned: signer, identities: try identities(in: path), source: path)
        return signer
    }

    private func identities(in path: String) throws -> [AgeIdentity] {
        let file = try workplace.surroundings.files.readSecret(path, limit: 1 << 20)
        let passphrase = try AgeIdentityFile.isSealed(file) ? workplace.surroundings.passphrase(path) : nil
        return try AgeIdentityFile.parse(file, passphrase: passphrase)
    }

    private func writeConfiguration(_ path: String, signer: String) throws {
        let configuration = workplace.configuration
        var values: [(key: SettingKey, value: SettingValue)] = [
            (.repository, .text(try configuration.requiredRepository())), (.signer, .text(signer)),
        ]
        if !configuration.envFiles.isEmpty { values.append((.envFile, .list(configuration.envFiles))) }
        if !givenRecipients.isEmpty { values.append((.recipients, .list(givenRecipients))) }
        if let identity = options.identityFile { values.append((.identityFile, .text(identity))) }
        let files = workplace.surroundings.files
        try files.createFolder(Files.parent(of: path))
        try files.publish(
            Array(Configuration.initialText(values).utf8), at: path, mode: 0o600, existing: .refuse)
    }

    private func warnings(_ repository: Repository) throws -> [String] {
        var warnings: [String] = []
        if let folder = try DatabaseConnections(workplace).localDataFolder(),
            try workplace.surroundings.files.sameDevice(folder, repository.layout.root)
        {
            warnings.append(
                "the repository and the database are on the same disk: a broken disk takes both; "
                    + "copy the repository to another machine")
        }
        return warnings
    }
}
