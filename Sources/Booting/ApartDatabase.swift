import Crypto
import DurableFiles
package import Effects
import Faults
package import Instance
package import Postgres
import Processes
import Secrets

/// PostgreSQL in a container without a network, made by the image's own entry point in an empty volume, as on a new host.
package struct ApartDatabase: Sendable {
    let id: String
    /// Over a socket in a folder of this host.
    package let endpoint: Endpoint

    /// What the image's entry point does before it becomes the server's user.
    private static let capabilities = ["CHOWN", "DAC_OVERRIDE", "FOWNER", "SETGID", "SETUID"]

    /// - Parameters:
    ///   - user: the superuser that the entry point makes, as on a new host.
    ///   - folder: gets the socket; the container's user must be able to write there, and nobody else of this host.
    ///   - marker: what `infisical_ops.scratch` is set to.
    ///   - docker: of an engine on this host; what makes and removes containers is not stopped halfway.
    /// - Throws: `BootFault.imageMissing`, `DockerFault.engineElsewhere`.
    package static func start(
        image: String, user: String, folder: String, marker: String, _ docker: Docker
    ) throws -> ApartDatabase {
        try docker.requireLocal()
        guard try docker.has(image: image) else { throw BootFault.imageMissing(image) }
        var apart = Docker.Apart(image: image, network: "none", labels: DrillContainers.labels)
        var password = Array(Hex.encode(try Random.bytes(count: 16)).utf8)
        apart.environment = [
            "POSTGRES_USER": .plain(user), "POSTGRES_DB": .plain(ScratchServer.user),
            "POSTGRES_PASSWORD": .secret(Secret(consuming: &password)),
            // Nothing but the containers beside it reaches the server.
            "POSTGRES_HOST_AUTH_METHOD": "trust",
        ]
        apart.capabilities = capabilities
        apart.folder = folder
        apart.arguments = [
            "postgres", "-c", "unix_socket_directories=/var/run/postgresql,\(folder)", "-c",
            "infisical_ops.scratch=\(marker)",
        ]
        let id = try DrillContainers.start(apart, docker.with(Cancellation()))
        return ApartDatabase(
            id: id,
            endpoint: Endpoint(
                host: folder, port: BootPorts.database, database: ScratchServer.user, user: user))
    }

    /// Waits until the server itself accepts sessions: while it is being made, it does so on its socket only.
    ///
    /// - Throws: `BootFault.serverDoesNotStart`.
    package func wait(_ docker: Docker, seconds: Double, effects: Effects, cancellation: Cancellation) throws {
        let clock = SystemClock(), end = clock.monotonic(after: seconds)
        while true {
            let answer = try docker.result(
                in: id, "pg_isready", ["-q", "-h", "127.0.0.1", "-p", String(BootPorts.database)])
            if answer.status == .exited(0) { return }
            let state = try docker.containers([id]).first?.state
            if state != .running || clock.monotonic() > end {
                let last = try state == nil ? nil : docker.lastLines(of: id, count: 3).last
                throw BootFault.serverDoesNotStart("PostgreSQL", reason: last ?? "its container is gone")
            }
            try cancellation.sleep(milliseconds: 200, effects: effects)
        }
    }

    package func remove(_ docker: Docker) throws { try docker.with(Cancellation()).remove([id]) }
}

extension BootDrill {
    /// Boots a backend, and a Redis of its own, beside a server that runs already.
    ///
    /// - Parameter request: its cluster's folder is that of the socket.
    package static func run(
        _ request: BootRequest, beside database: ApartDatabase, images: BootImages, docker: Docker, effects: Effects,
        cancellation: Cancellation
    ) throws -> BootReport {
        let place = ContainerPlace(
            docker, request, images, owner: .init(user: 0, group: 0), cleaning: docker.with(Cancellation()),
            network: "none", running: database)
        return try BootDrill(request: request, effects: effects, cancellation: cancellation).perform(in: place)
    }
}
