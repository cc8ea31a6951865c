import Booting
import DurableFiles
import Effects
import Faults
import Glibc
import Instance
import InstanceAccess
import Postgres

/// A scratch server in a container of an image, in a folder of its own of this host, on no network.
final class DockerScratch: ScratchPlace {
    let kind = "docker"
    let marker: String
    private let folder: ScratchFolder
    private let container: String
    private let surroundings: Surroundings
    /// For what makes, stops and removes containers, which nothing interrupts: one that was being made when the run was
    /// told to stop would have no id to be removed by.
    private let cleaning: Docker

    /// Seconds that the server may take to be made and to start, and to stop.
    private static let patience = 60

    /// What the container runs: its arguments are the cluster's folder and the settings.
    private static let script = """
        set -e
        umask 077
        initdb -D "$1" -U \(ScratchServer.user) -E UTF8 --locale=C.UTF-8 --auth=trust --no-sync >/dev/null
        cat "$2" >>"$1/postgresql.auto.conf"
        exec postgres -D "$1"
        """

    /// - Parameters:
    ///   - place: a folder with room, which the user who runs the server can pass.
    ///   - image: one that the engine has.
    ///   - connections: how many will be opened at once.
    init(place: String, image: String, connections: Int, _ surroundings: Surroundings) throws {
        try surroundings.docker.requireLocal()
        let folder = try ScratchFolder.make(in: place, usesContainer: true, surroundings)
        let cleaning = surroundings.docker.with(Cancellation())
        var container: String?
        do {
            let account = try Self.account(surroundings.files)
            let apart = try Self.prepare(folder, image, account, connections, surroundings)
            let id = try DrillContainers.start(apart, cleaning)
            container = id
            try Self.waitForServer(id, folder, surroundings)
            self.container = id
        } catch {
            let failure: any Fault = .of(error)
            var cleanup: [any Fault] = []
            do {
                try cleaning.remove([container].compactMap(\.self))
                // Where a container may be left, the folder tells the next drill so.
                if (failure as? Failure)?.cleanup.isEmpty ?? true { try folder.remove() }
            } catch { cleanup = [.of(error)] }
            throw Failure(failure, cleanup: cleanup)
        }
        marker = folder.marker
        self.folder = folder
        self.surroundings = surroundings
        self.cleaning = cleaning
    }

    /// Whom the server runs as: never root. Where this process is root's, a number that has no name and no process,
    /// also none of a container: whoever is that user can read the copy.
    private static func account(_ files: Files) throws -> FileOwner {
        guard geteuid() == 0 else { return FileOwner(user: geteuid(), group: getegid()) }
        // A process that ends meanwhile is nobody's.
        let taken = Set(
            try files.list("/proc").compactMap { entry in
                Int32(entry.name) == nil ? nil : (try? files.status("/proc/\(entry.name)"))?.user
            })
        for number in UInt32(61_184)...65_519 where !taken.contains(number) && getpwuid(number) == nil {
            return FileOwner(user: number, group: number)
        }
        throw BootFault.serverDoesNotStart("PostgreSQL", reason: "there is no user left to run it as")
    }

    private static func prepare(
        _ folder: ScratchFolder, _ image: String, _ account: FileOwner, _ connections: Int,
        _ surroundings: Surroundings
    ) throws -> Docker.Apart {
        let files = surroundings.files
        var settings = ScratchSettings.make(
            marker: folder.marker, connections: connections, memory: ScratchSettings.freeMemory(files))
        settings["listen_addresses"] = ""
        settings["unix_socket_directories"] = folder.server
        settings["unix_socket_permissions"] = "0700"
        try files.createFolder(folder.server, mode: 0o700)
        let settingsFile = Files.join(folder.server, "settings"), accounts = Files.join(folder.server, "accounts")
        let lines = settings.sorted { $0.key < $1.key }.map { "\($0.key) = '\($0.value.replacing("'", with: "''"))'\n" }
        try files.publish(Array(lines.joined().utf8), at: settingsFile, mode: 0o600, owner: account)
        // initdb wants a name for the user that it is run as, and no image knows that of this host.
        let line = "\(ScratchServer.user):x:\(account.user):\(account.group)::/:/bin/sh\n"
        try files.publish(Array(line.utf8), at: accounts, mode: 0o644, owner: account)
        let given = surroundings.effects.call(.changeMode, folder.server) {
            chown(folder.server, account.user, account.group)
        }
        if case .failure(let error) = given {
            throw FileFault.failed(.changeMode, path: folder.server, error)
        }
        var apart = Docker.Apart(image: image, network: "none", labels: DrillContainers.labels)
        apart.user = "\(account.user):\(account.group)"
        apart.folder = folder.server
        apart.files = ["/etc/passwd": accounts]
        apart.stopSignal = "SIGINT"
        apart.program = "sh"
        apart.arguments = ["-c", script, "sh", Files.join(folder.server, "data"), settingsFile]
        return apart
    }

    private static func waitForServer(
        _ container: String, _ folder: ScratchFolder, _ surroundings: Surroundings
    ) throws {
        let docker = surroundings.docker, end = surroundings.clock.monotonic(after: Double(patience))
        while true {
            do throws(PostgresFault) {
                let connection = try Connection.open(
                    superuser(folder), role: "drill", effects: surroundings.effects,
                    cancellation: surroundings.cancellation)
                return connection.close()
            } catch {
                let isStarting: Bool =
                    switch error {
                    case .connectionRefused, .unreachable, .serverNotReady, .connectFailed, .connectionLost: true
                    default: false
                    }
                guard isStarting, surroundings.clock.monotonic() < end else { throw error }
            }
            if let found = try docker.containers([container]).first, found.state == .exited || found.state == .dead {
                let last = try docker.lastLines(of: container, count: 5).last
                throw BootFault.serverDoesNotStart("PostgreSQL", reason: last ?? "its container has ended")
            }
            try surroundings.cancellation.sleep(milliseconds: 50, effects: surroundings.effects)
        }
    }

    private static func superuser(_ folder: ScratchFolder) -> Endpoint {
        Endpoint(host: folder.server, port: 5432, database: "postgres", user: ScratchServer.user)
    }

    var superuser: Endpoint { Self.superuser(folder) }

    func rest() throws -> String {
        try cleaning.stop(container, seconds: Self.patience)
        return Files.join(folder.server, "data")
    }

    func discard() throws {
        try cleaning.remove([container])
        try folder.remove()
    }

    /// Its container would be taken for one that a killed drill left behind.
    func keep(_ databases: [String], user: String) throws -> DrillReport.Kept { throw DrillFault.keptContainer }
}
