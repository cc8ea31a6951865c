import DurableFiles
import Effects
import Faults
import Glibc
import InstanceAccess
import Postgres

/// A scratch server that runs from programs of this host, in a folder of its own, on no network.
final class LocalScratch: ScratchPlace {
    let kind = "local"
    let marker: String
    private let folder: ScratchFolder
    private let server: ScratchServer
    private let surroundings: Surroundings

    /// Bytes that every cluster takes, with its log of changes.
    private static let base = 256 << 20

    /// - Parameters:
    ///   - place: a folder with room, which the user who runs the server can pass.
    ///   - major: the version of the backup's server; it or the nearest newer one is started.
    ///   - connections: how many will be opened at once.
    init(place: String, major: Int, connections: Int, _ surroundings: Surroundings) throws {
        let folder = try ScratchFolder.make(in: place, surroundings)
        var options = ScratchServer.Options()
        options.oldestMajor = major
        options.settings = ScratchSettings.make(
            marker: folder.marker, connections: connections, memory: ScratchSettings.freeMemory(surroundings.files))
        do {
            server = try ScratchServer.start(
                in: folder.server, options: options, effects: surroundings.effects,
                cancellation: surroundings.cancellation)
        } catch {
            let failure: any Fault =
                if case PostgresFault.noServerPrograms = error { DrillFault.noServerPrograms(major: major) } else {
                    .of(error)
                }
            var cleanup: [any Fault] = []
            do { try folder.remove() } catch { cleanup = [.of(error)] }
            throw Failure(failure, cleanup: cleanup)
        }
        marker = folder.marker
        self.folder = folder
        self.surroundings = surroundings
    }

    var superuser: Endpoint { server.endpoint() }

    func rest() throws -> String {
        try server.stop()
        return server.data
    }

    func discard() throws { try folder.remove() }

    func keep(_ databases: [String], user: String) throws -> DrillReport.Kept {
        try folder.keep()
        return DrillReport.Kept(
            folder: folder.path,
            connect: databases.map { ["psql", "-h", server.folder, "-U", user, "-d", $0] },
            stop: server.stopCommand, remove: ["rm", "-r", "--", folder.path])
    }

    // MARK: - Where

    /// A file system in memory.
    private static let memory = "/dev/shm"
    private static let usual = [memory, "/var/tmp", "/tmp"]

    /// A folder with room for a copy of so many bytes: the configured one, or the first of the usual ones that has it.
    /// Memory comes first, where a quarter of what is free is enough: it is much faster, and the copy never gets to a disk.
    ///
    /// - Parameter bytes: of the rows as they are stored in the backup, without compression.
    /// - Throws: `DrillFault.noRoom`, `.placeClosed`.
    static func place(_ configured: String?, bytes: Int, _ surroundings: Surroundings) throws -> String {
        // Rows on their pages, and as much again for indexes.
        let needed = bytes.multipliedReportingOverflow(by: 2).partialValue + base
        var best: (place: String, free: Int)?
        for place in configured.map({ [$0] }) ?? usual {
            guard configured != nil || isFolder(place, surroundings.files) else { continue }
            var free = try surroundings.files.freeSpace(at: place).available
            if configured == nil, place == memory {
                free = min(free, ScratchSettings.freeMemory(surroundings.files) / 4)
            }
            if free >= needed {
                try requireOpen(place, surroundings.files)
                return place
            }
            if free >= best?.free ?? 0 { best = (place, free) }
        }
        throw DrillFault.noRoom(place: best?.place ?? "/var/tmp", needed: needed, free: best?.free ?? 0)
    }

    /// Those in which drills may have left something.
    static func places(_ configured: String?, _ files: Files) -> [String] {
        ([configured].compactMap { $0 } + usual).filter { isFolder($0, files) }
    }

    private static func isFolder(_ path: String, _ files: Files) -> Bool {
        // What cannot be looked at is no place for anything.
        (try? files.status(path, followingLinks: true)?.kind == .folder) ?? false
    }

    /// The server runs as another user where this process is root's, and nobody else may change the way to it.
    private static func requireOpen(_ place: String, _ files: Files) throws {
        var folder = try files.resolved(place)
        while true {
            if let status = try files.status(folder) {
                if geteuid() == 0, status.mode & 0o001 == 0 { throw DrillFault.placeClosed(folder) }
                // Whoever may rename the scratch folder puts another in its place.
                let isShared = status.mode & 0o022 != 0 && status.mode & 0o1000 == 0
                if isShared || ![0, geteuid()].contains(status.user) { throw DrillFault.placeOpen(folder) }
            }
            if folder == "/" { return }
            folder = Files.parent(of: folder)
        }
    }
}
