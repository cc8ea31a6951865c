import Age
import DurableFiles
import Effects
package import Faults
import InstanceAccess
import Repository
package import Settings

/// Sets a host up: configuration, repository, identity, keys. Creates what is missing and overwrites nothing.
package struct InitOperation {
    package struct Options: Sendable {
        /// Take over an existing repository on this host.
        package var adopt = false
        /// The fingerprint on the recovery sheet; nil takes the configured one.
        package var signer: String?
        package init() {}
    }

    /// What is there and what will be made.
    package struct Plan: Sendable {
        package let repository: String
        package let makesRepository: Bool
        package let adopts: Bool
        /// Where an identity will be made, in words; nil when one is there or is kept elsewhere.
        package let identity: String?
        /// The configuration file that will be written, or that gets lines that it lacks.
        package let configuration: InitConfiguration?
        package let notes: [String]
        /// What opens the repository that is taken over.
        fileprivate let adoption: Adoption?
        package var isEmpty: Bool { !makesRepository && !adopts && configuration == nil }
    }

    fileprivate struct Adoption: Sendable {
        let signer: String
        let identities: Workplace.Identities
    }

    /// What the recovery sheet must say.
    package struct Report: Sendable {
        package let repository: String
        package let signer: String
        /// Where the identity lies on this host; nil when it is kept elsewhere.
        package let identityFile: String?
        package let recipients: [String]
        /// Who can read the kept env and compose files.
        package let escrowRecipients: [String]
        package let configuration: String?
        package let made: [String]
        /// What was there already, one clause each.
        package let found: [String]
        package let warnings: [String]
        /// That the identity is not where it should be on this host, or opens nothing.
        package let identityLoss: (any Fault)?
        package var exit: ExitCode { identityLoss == nil ? .done : .partial }
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

    /// Checks everything that can be checked before something is made.
    package func plan() throws -> Plan {
        let configuration = workplace.configuration
        if options.adopt && configuration.repository == nil { throw InitFault.noPlaceToAdopt }
        let path = try configuration.requiredRepository(), layout = RepositoryLayout(root: path)
        let exists = try workplace.surroundings.files.status(layout.description, followingLinks: true) != nil
        // A repository that only others can read: from now on nobody looks for its identity here.
        let keepsIdentity = exists || configuration.recipients.isEmpty || configuration.identityFile != .notConfigured
        let file = try InitConfiguration(
            configuration, newPath: configurationPath, keepsIdentity: keepsIdentity,
            files: workplace.surroundings.files)
        let places = SetupPlaces(
            repository: path, stateFolder: configuration.stateFolder,
            configuration: configuration.file ?? (file.isEmpty ? nil : file.path), identity: namedIdentity,
            files: workplace.surroundings.files)
        for recipient in configuration.recipients + configuration.escrowRecipients { _ = try AgeRecipient(recipient) }
        var identity: String?, adoption: Adoption?, notes = configuration.notes + file.notes
        if !exists || options.adopt {
            try places.require()
        } else {
            notes += try [places.nesting?.message].compactMap { $0 }
        }
        if !exists { try creation(path).refuseRemains() }
        if options.adopt {
            guard exists else { throw InitFault.nothingToAdopt(path: path) }
            if let given = options.signer, let configured = configuration.signer, given != configured {
                throw InitFault.otherSignerPinned(configured: configured, given: given)
            }
            adoption = try self.adoption(of: path)
        } else if exists {
            try checkExisting()
        } else {
            for folder in [path, configuration.stateFolder] {
                try workplace.surroundings.files.requireWritable(folder)
            }
            if let signer = configuration.signer { throw InitFault.repositoryGone(path: path, signer: signer) }
            identity = try newIdentity()
        }
        do { try file.requireAppendable(files: workplace.surroundings.files) } catch let fault as SettingsFault {
            let signer = exists && !options.adopt ? try workplace.repository().signers.pinned : nil
            throw InitFault.notCompletable(
                reason: fault.message, path: file.path, lines: file.lines(signer: signer ?? adoption?.signer))
        }
        return Plan(
            repository: path, makesRepository: !exists, adopts: options.adopt, identity: identity,
            configuration: file.isEmpty ? nil : file, notes: notes, adoption: adoption)
    }

    /// A repository that is there must be one that this host can write to, with the readers that were asked for.
    private func checkExisting() throws {
        let repository = try workplace.repository()
        _ = try repository.writingKeys()
        let recipients = repository.keyring.recipients, asked = workplace.configuration.recipients
        if case .flag = workplace.configuration[.recipients]?.origin, Set(asked) != Set(recipients) {
            throw InitFault.otherRecipients(recipients)
        }
    }

    /// Where an identity is needed and missing. The standard place is named for the new repository.
    private func newIdentity() throws -> String? {
        guard workplace.configuration.recipients.isEmpty else { return nil }
        if workplace.configuration.identityFile == .elsewhere {
            throw InitFault.nobodyCouldRead(repository: try workplace.configuration.requiredRepository())
        }
        guard let path = namedIdentity else {
            return "identity.txt, in a folder for this repository below \(workplace.configuration.stateFolder)"
        }
        return try workplace.surroundings.files.status(path, followingLinks: true) == nil ? path : nil
    }

    /// The identity file that is configured, when one is.
    private var namedIdentity: String? {
        if case .path(let path) = workplace.configuration.identityFile { path } else { nil }
    }

    package func perform(_ plan: Plan) throws -> Report {
        var made: [String] = [], warnings: [String] = []
        let signer: String
        if plan.makesRepository {
            signer = try create(plan, &made)
        } else if let adoption = plan.adoption {
            signer = adoption.signer
            let isNew = try creation(plan.repository).adopt(
                pinned: signer, identities: adoption.identities.all, source: adoption.identities.source)
            if isNew { made.append("this host's keys to \(plan.repository)") }
        } else {
            signer = try workplace.repository().signers.pinned
        }
        let files = workplace.surroundings.files
        if let configuration = plan.configuration {
            // The repository is made: whatever is wrong with the file, the recovery sheet has to be told.
            do {
                try configuration.write(signer: signer, files: files)
                made.append(
                    configuration.isNew
                        ? configuration.path : configuration.adds.joined(separator: ", ") + " in " + configuration.path)
            } catch let fault as any Fault {
                warnings.append("the configuration was not written: \(fault.message)")
            }
        }
        let repository = try Repository(
            path: plan.repository, stateFolder: workplace.configuration.stateFolder, pinned: signer, files: files)
        let loss =
            plan.makesRepository && plan.identity == nil
            ? nil : try HostIdentity.doubt(workplace.identityPath(repository, override: nil), repository)
        let identity = loss == nil ? try workplace.openingIdentity(repository) : nil
        let recipients = repository.keyring.recipients, escrow = workplace.configuration.escrowRecipients
        return Report(
            repository: plan.repository, signer: signer, identityFile: identity,
            recipients: recipients, escrowRecipients: escrow.isEmpty ? recipients : escrow,
            configuration: workplace.configuration.file ?? plan.configuration?.path, made: made,
            found: made.isEmpty ? try found(repository, identity: identity) : [],
            warnings: try warnings + self.warnings(repository, plan), identityLoss: loss)
    }

    /// What a host that is set up has.
    private func found(_ repository: Repository, identity: String?) throws -> [String] {
        let inventory = try Inventory(repository), count = inventory.entries.count
        let backups = count == 0 ? "no backup yet" : count == 1 ? "1 backup" : "\(count) backups"
        return [
            "the repository \(repository.layout.root): \(backups)"
                + (inventory.latest.map { ", the newest \($0.id.text)" } ?? "")
        ]
            + [identity.map { "the identity \($0)" }, "this host's keys to it in \(repository.host.folder)"]
            .compactMap { $0 }
            + [workplace.configuration.file.map { "the configuration \($0)" }].compactMap { $0 }
    }

    private func create(_ plan: Plan, _ made: inout [String]) throws -> String {
        let files = workplace.surroundings.files
        let id = try RepositoryCreation.newID()
        var recipients = try workplace.configuration.recipients.map { try AgeRecipient($0) }
        if recipients.isEmpty {
            let path = namedIdentity ?? host(id).identityFile
            if try files.status(path, followingLinks: true) == nil {
                let identity = try AgeIdentity.generate()
                try files.createFolder(Files.parent(of: path))
                try files.publishSecret(
                    try AgeIdentityFile.render(identity, created: workplace.surroundings.clock.now().iso8601),
                    at: path, existing: .refuse)
                made.append(path)
            }
            recipients = try workplace.identities(at: path).all.map { try $0.recipient() }
        }
        let signer = try creation(plan.repository).create(id: id, recipients: recipients)
        made.append(plan.repository)
        return signer
    }

    private func creation(_ path: String) -> RepositoryCreation {
        RepositoryCreation(
            path: path, stateFolder: workplace.configuration.stateFolder, files: workplace.surroundings.files,
            clock: workplace.surroundings.clock)
    }

    private func host(_ id: String) -> HostState {
        HostState(
            stateFolder: workplace.configuration.stateFolder, repository: id, files: workplace.surroundings.files)
    }

    /// Everything that a repository is taken over with, looked for before anybody is asked.
    private func adoption(of path: String) throws -> Adoption {
        let files = workplace.surroundings.files
        let host = host(try Repository.describe(path: path, files: files).id)
        guard let signer = try options.signer ?? workplace.configuration.signer ?? host.memory()?.signer else {
            throw RepositoryFault.signerNotPinned(repository: path)
        }
        let identity = namedIdentity ?? host.identityFile
        guard try files.status(identity, followingLinks: true) != nil else {
            throw RepositoryFault.identityMissing(path: identity)
        }
        let identities = try workplace.identities(at: identity)
        try creation(path).requireAdoptable(
            pinned: signer, identities: identities.all, source: identities.source)
        return Adoption(signer: signer, identities: identities)
    }

    private func warnings(_ repository: Repository, _ plan: Plan) throws -> [String] {
        let noKey =
            workplace.configuration.envFiles.isEmpty && !plan.adopts
            ? ["no env file is configured (instance.env_file): the backups will not include the key that opens them"]
            : []
        let hasOthersOnly =
            plan.makesRepository && plan.configuration == nil && !workplace.configuration.recipients.isEmpty
            && workplace.configuration.identityFile == .notConfigured
        let identity =
            hasOthersOnly
            ? ["no identity is kept on this host: set repository.identity_file to none, or it counts as lost"] : []
        return try noKey + identity + sameDisk(repository) + [workplace.identityWarning(repository)].compactMap { $0 }
    }

    private func sameDisk(_ repository: Repository) throws -> [String] {
        guard let folder = try DatabaseConnections(workplace.instance).localDataFolder(),
            try workplace.surroundings.files.sameDevice(folder, repository.layout.root)
        else { return [] }
        return [
            "the repository and the database are on the same disk: if it breaks, both are lost; "
                + "copy the repository to another machine"
        ]
    }
}
