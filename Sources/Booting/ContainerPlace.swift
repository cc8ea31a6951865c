import DurableFiles
package import Effects
import Faults
import FoundationEssentials
import Glibc
package import Instance
import Jail
import Postgres
import Processes
import Secrets

/// The images that a drill with a container engine starts; those of the backup, so that what is proven is what ran.
package struct BootImages: Sendable {
    package let database: String
    package let redis: String
    package let backend: String

    package init(database: String, redis: String, backend: String) {
        self.database = database
        self.redis = redis
        self.backend = backend
    }
}

/// PostgreSQL in a container without a network, Redis and a backend on its loopback.
final class ContainerPlace: BootPlace {
    private let docker: Docker
    private let request: BootRequest
    private let images: BootImages
    private let owner: FileOwner
    /// The same engine, for what makes and removes containers, which nothing stops: one that was being made when the
    /// run was told to stop would have no id to be removed by.
    private let cleaning: Docker
    private let network: String
    /// The server that runs already, and is somebody else's to end.
    private let running: ApartDatabase?
    private var database: String?
    private var redis: String?
    private var backend: String?

    init(
        _ docker: Docker, _ request: BootRequest, _ images: BootImages, owner: FileOwner, cleaning: Docker,
        network: String, running: ApartDatabase? = nil
    ) {
        self.running = running
        self.docker = docker
        self.request = request
        self.images = images
        self.owner = owner
        self.cleaning = cleaning
        self.network = network
    }

    private var data: String { request.cluster.data }

    var endpoint: Endpoint {
        if let running { return running.endpoint.with(database: request.cluster.database) }
        return Endpoint(
            host: data, port: BootPorts.database, database: request.cluster.database, user: ScratchServer.user)
    }

    private func apart(_ image: String, network: String) -> Docker.Apart {
        Docker.Apart(image: image, network: network, labels: DrillContainers.labels)
    }

    func startServers() throws {
        for image in [images.database, images.redis, images.backend] where try !docker.has(image: image) {
            throw BootFault.imageMissing(image)
        }
        let database = try running?.id ?? startDatabase()
        self.database = database
        try probe(database)
        var cache = apart(images.redis, network: "container:\(database)")
        cache.program = "redis-server"
        cache.arguments = [
            "--port", String(BootPorts.redis), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir",
            "/tmp",
            "--protected-mode", "no",
        ]
        redis = try DrillContainers.start(cache, cleaning)
    }

    private func startDatabase() throws -> String {
        var server = apart(images.database, network: network)
        server.user = "\(owner.user):\(owner.group)"
        server.folder = data
        server.program = "postgres"
        server.arguments = ClusterProgram.arguments(data: data, port: BootPorts.database)
        return try DrillContainers.start(server, cleaning)
    }

    /// Looks, from inside, at what the kernel says of the ways out: there must be no interface but the loopback, and no
    /// route, hence neither the host's bridge nor a name server. The backend's container shares this network.
    private func probe(_ container: String) throws {
        let text = { (path: String) throws in
            String(
                decoding: try self.docker.result(in: container, "cat", [path]).succeeded().output, as: UTF8.self)
        }
        var reached = try text("/proc/net/dev").split(separator: "\n").dropFirst(2).compactMap { line -> String? in
            let name = line.prefix { $0 != ":" }.filter { $0 != " " }
            return name == "lo" ? nil : "the interface \(name)"
        }
        reached += HostSurvey.routes(try text("/proc/net/route")).map { "the network behind \($0)" }
        // Fails where there is no way to a name server, and where there is no such program.
        let name = try docker.result(in: container, "sh", ["-c", "getent hosts probe.example.com infisical.com"])
        if !name.output.isEmpty { reached.append("a name server") }
        let sockets = try docker.result(
            in: container, "sh",
            ["-c", "for s in /var/run/docker.sock /run/docker.sock; do [ ! -S $s ] || echo $s; done"])
        reached += String(decoding: sockets.output, as: UTF8.self).split(separator: "\n").map { "the socket \($0)" }
        if !reached.isEmpty { throw BootFault.containersNotTight(reached) }
    }

    func startBackend() throws {
        guard let database else { throw BootFault.serverDoesNotStart("PostgreSQL", reason: "it was not started") }
        let environment = BootEnvironment(
            keys: request.keys, database: request.cluster.database, user: request.cluster.user)
        var backend = apart(images.backend, network: "container:\(database)")
        // The image knows its own paths.
        backend.environment = try environment.variables().filter { $0.key != "PATH" && $0.key != "HOME" }
        self.backend = try DrillContainers.start(backend, cleaning)
    }

    func lookAtBackend() throws -> BackendState {
        guard let backend, let container = try docker.containers([backend]).first else {
            return BackendState(isRunning: false, end: "its container is gone", lines: [])
        }
        return BackendState(
            isRunning: container.state == .running, end: "status \(container.exitCode)",
            lines: try docker.lastLines(of: backend, count: 200))
    }

    func deadServer() throws -> BootFault? {
        for (id, title) in [(database, "PostgreSQL"), (redis, "Redis")] {
            guard let id else { continue }
            let container = try docker.containers([id]).first
            if container?.state == .running { continue }
            let last = try container.flatMap { try docker.lastLines(of: $0.id, count: 5).last }
            return .serverDoesNotStart(title, reason: last ?? "its container has ended")
        }
        return nil
    }

    /// With curl, or with Node, which an image of the backend has; token and document go in on standard input.
    func ask(_ request: BackendRequest) throws -> BackendAnswer {
        guard let backend else { return .none("it was not started") }
        let url = "http://127.0.0.1:\(BootPorts.backend)\(request.target)"
        let script = """
            if command -v curl >/dev/null; then
                IFS= read -r token
                IFS= read -r body
                {
                    if [ -n "$token" ]; then printf 'header = "Authorization: Bearer %s"\\n' "$token"; fi
                    if [ -n "$body" ]; then
                        printf 'header = "Content-Type: application/json"\\ndata-binary = "%s"\\n' "$(
                            printf %s "$body" | sed 's/[\\\\"]/\\\\&/g')"
                    fi
                } | curl --silent --show-error --noproxy '*' --max-time 10 --config - --write-out '\\n%{http_code}' "$1"
            else
                node -e 'const [t, body] = require("fs").readFileSync(0, "utf8").split("\\n"), headers = {};
                    if (t) headers.Authorization = "Bearer " + t;
                    if (body) headers["Content-Type"] = "application/json";
                    fetch(process.argv[1], body ? {method: "POST", headers, body} : {headers}).then(
                        async r => process.stdout.write(await r.text() + "\\n" + r.status))' "$1"
            fi
            """
        let input = SecretBuffer(capacity: 1024)
        Array("\(request.bearer ?? "")\n".utf8).withUnsafeBytes { input.append($0) }
        if let body = request.body { input.append(body) }
        input.append(0x0a)
        let result = try docker.result(
            in: backend, "sh", ["-c", script, "sh", url], input: .secret(input.secret()))
        guard result.status == .exited(0), let end = result.output.lastIndex(of: 0x0a),
            let status = Int(String(decoding: result.output[(end + 1)...], as: UTF8.self)), status > 0
        else { return .none("it does not answer") }
        return .status(status, body: Array(result.output[..<end]))
    }

    /// In the reverse order, so that nothing is left without the network that it is in.
    func end() throws {
        if running != nil { return try cleaning.remove([backend, redis].compactMap(\.self)) }
        try cleaning.remove([backend, redis, database].compactMap { $0 })
        try ContainerPlace.removeNotes(data)
    }

    /// Of the process that worked in the cluster's folder: outside, its number is another process's.
    private static func removeNotes(_ data: String) throws {
        let files = Files(effects: Effects())
        for path in ClusterProgram.notes(data: data, port: BootPorts.database) where try files.status(path) != nil {
            try files.remove(path)
        }
    }
}

extension BootDrill {
    /// Boots a backend in containers of the recorded images.
    ///
    /// - Parameter network: a hole that a test opens on purpose.
    package static func run(
        _ request: BootRequest, images: BootImages, docker: Docker, network: String = "none", effects: Effects,
        cancellation: Cancellation
    ) throws -> BootReport {
        try DrillContainers.removeLeft(docker)
        let files = Files(effects: effects)
        guard let status = try files.status(request.cluster.data) else {
            throw BootFault.unusable("\(request.cluster.data) is no cluster")
        }
        // What was begun is cleaned up although the run was told to stop.
        let place = ContainerPlace(
            docker, request, images, owner: FileOwner(user: status.user, group: status.group),
            cleaning: docker.with(Cancellation()), network: network)
        return try BootDrill(request: request, effects: effects, cancellation: cancellation).perform(in: place)
    }
}
