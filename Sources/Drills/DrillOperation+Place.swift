import Booting
import Effects
import Faults
import Instance
import InstanceAccess
import Operations
import Repository
import Settings

/// Where a backup is restored to, and what Infisical is started from on the copy.
extension DrillOperation {
    package enum Place: String, Sendable, CaseIterable {
        /// Programs of this host.
        case local
        /// Images of a container engine.
        case docker
    }

    /// What Infisical is started from.
    enum BootSource {
        /// A command of the configuration, in a jail.
        case command
        case images(BootImages)
    }

    private var hasCommand: Bool { !workplace.configuration.drillBackendCommand.isEmpty }

    func images(of entry: InventoryEntry) -> DrillImages {
        DrillImages(
            surroundings.docker, given: options.images, workplace.configuration, of: entry.manifest)
    }

    /// What Infisical is started from; nil where the drill need not go as far, or cannot, which is noted where nothing was
    /// set up for it, and else warned of.
    ///
    /// - Throws: why it cannot, where *boots* was asked for.
    func bootSource(
        _ entry: InventoryEntry, notes: inout [String], warnings: inout [String]
    ) throws -> BootSource? {
        guard options.level == .boots || options.level == nil && options.goesFar && entry.manifest.infisical != nil
        else { return nil }
        if options.place != .docker, hasCommand {
            // What is to be started on the copy must be there before the copy is made.
            try BootDrill.require(
                workplace.configuration.drillBackendCommand, in: workplace.configuration.drillBackendFolder,
                effects: surroundings.effects, cancellation: surroundings.cancellation)
            _ = try machineIdentity()
            return .command
        }
        do {
            let images = images(of: entry)
            if options.place == .local || options.place == nil && !images.areKnown { throw DrillFault.noBackend }
            try surroundings.docker.requireLocal()
            let all = try images.all()
            _ = try machineIdentity()
            notes += try images.others()
            return .images(all)
        } catch  where options.level == nil && surroundings.cancellation.signal == nil {
            let fault: any Fault = .of(error)
            let sentence = "Infisical was not started on the copy: \(fault.message)"
            switch fault {
            case DrillFault.noBackend, DrillFault.noImage, DockerFault.notInstalled: notes.append(sentence)
            default: warnings.append(sentence)
            }
            return nil
        }
    }

    /// Refuses where this host cannot start Infisical on a copy of the latest backup; without one nothing is known yet.
    package func requireBoot() throws {
        guard let latest = try Inventory(workplace.repository()).latest else { return }
        var notes: [String] = [], warnings: [String] = []
        _ = try bootSource(latest, notes: &notes, warnings: &warnings)
    }

    /// Who reads a secret back, where the configuration names one.
    func machineIdentity() throws -> MachineIdentity? {
        try workplace.instance.machineIdentity().map {
            try MachineIdentity(clientID: $0.clientID, clientSecret: $0.clientSecret)
        }
    }

    /// Removes what drills that were killed left behind.
    func removeLeftovers(_ report: inout DrillReport, usesEngine: Bool) throws {
        // Before the folders, which tell that there are any.
        if usesEngine { try DrillContainers.removeLeft(surroundings.docker) }
        for place in LocalScratch.places(workplace.configuration.drillFolder, surroundings.files) {
            report.warnings += try ScratchFolder.removeLeftovers(in: place, surroundings)
        }
    }

    /// Starts a server with room for a backup: where it was asked for, else from this host's programs, else from an image.
    func makeScratch(_ entry: InventoryEntry, _ boot: BootSource?) throws -> any ScratchPlace {
        let manifest = entry.manifest,
            bytes = manifest.databases.reduce(0) { $0 + $1.tables.reduce(0) { $0 + $1.bytes } }
        let place = try LocalScratch.place(workplace.configuration.drillFolder, bytes: bytes, surroundings)
        let connections = 3 * jobs + 5
        if case .images(let images) = boot {
            return try DockerScratch(place: place, image: images.database, connections: connections, surroundings)
        }
        func inContainer() throws -> any ScratchPlace {
            if options.keeps { throw DrillFault.keptContainer }
            let image = try images(of: entry).image(of: .database)
            return try DockerScratch(place: place, image: image, connections: connections, surroundings)
        }
        if options.place == .docker { return try inContainer() }
        do {
            return try LocalScratch(
                place: place, major: manifest.databases.map(\.server.major).max() ?? 0, connections: connections,
                surroundings)
        } catch {
            guard options.place == nil, case DrillFault.noServerPrograms = (error as? Failure)?.cause ?? error,
                !options.keeps, surroundings.docker.isInstalled
            else { throw error }
            let missing = error
            do { return try inContainer() } catch DrillFault.noImage, is DockerFault {
                // Neither the one nor the other: no engine, or nothing that says from which image.
                throw missing
            }
        }
    }
}
