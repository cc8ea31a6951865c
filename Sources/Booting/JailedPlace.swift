import DurableFiles
package import Effects
import Faults
import Glibc
package import Jail
import Postgres
import Processes

/// PostgreSQL, Redis and a backend in a jail of this host.
final class JailedPlace: BootPlace {
    private let jail: Jail
    private let cluster: BootCluster
    private let command: [String]
    private let server: ClusterProgram
    private let redis: String

    init(_ jail: Jail, _ cluster: BootCluster, command: [String], server: ClusterProgram, redis: String) {
        self.jail = jail
        self.cluster = cluster
        self.command = command
        self.server = server
        self.redis = redis
    }

    var endpoint: Endpoint {
        Endpoint(host: cluster.data, port: BootPorts.database, database: cluster.database, user: ScratchServer.user)
    }

    func startServers() throws {
        try jail.startServer(
            "postgres", server.command(port: BootPorts.database), user: server.user, group: server.group)
        try jail.startServer(
            "redis",
            [
                redis, "--port", String(BootPorts.redis), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no",
                "--dir", "/tmp", "--daemonize", "no", "--protected-mode", "no",
            ])
    }

    func startBackend() throws { try jail.start(command) }

    func lookAtBackend() throws -> BackendState {
        let state = try jail.look()
        return BackendState(isRunning: state.isRunning, end: state.end, lines: JailedPlace.lines(state.output))
    }

    func deadServer() throws -> BootFault? {
        for (name, title) in [("postgres", "PostgreSQL"), ("redis", "Redis")] {
            let state = try jail.look(name)
            if state.isRunning { continue }
            let reason = JailedPlace.lines(state.output).last ?? state.end ?? "it gave no reason"
            return .serverDoesNotStart(title, reason: reason)
        }
        return nil
    }

    func ask(_ request: BackendRequest) throws -> BackendAnswer {
        let url = "http://127.0.0.1:\(BootPorts.backend)\(request.target)"
        return switch try jail.ask(url, bearer: request.bearer, body: request.body, seconds: 10) {
        case .status(let status, let body): .status(status, body: body)
        case .none(let reason): .none(reason)
        }
    }

    func end() throws { try jail.end() }

    private static func lines(_ output: [UInt8]) -> [String] {
        output.split(separator: 0x0a).map { String(decoding: $0, as: UTF8.self) }
    }
}

extension BootDrill {
    /// Boots a backend without a container engine.
    ///
    /// - Parameters:
    ///   - command: the backend's, as a list, run without a shell.
    ///   - folder: where it is run.
    ///   - sockets: of the container engine, wherever the environment says that it is.
    ///   - program: this program's file; tests, which run in another one, say where it is.
    ///   - change: a hole that a test opens on purpose.
    package static func run(
        _ request: BootRequest, command: [String], folder: String, sockets: [String] = [],
        program: String = "/proc/self/exe", effects: Effects, cancellation: Cancellation,
        change: (inout JailPlan) -> Void = { _ in }
    ) throws -> BootReport {
        let files = Files(effects: effects)
        let runner = ProcessRunner(
            effects: effects, cancellation: cancellation, packages: ["redis-server": "redis-server"])
        let (resolved, redis) = try programs(command, in: folder, files, runner)
        let data = try files.resolved(request.cluster.data)
        let server = try ClusterProgram(data: data, effects: effects, cancellation: cancellation)
        let account = try BootDrill.account(besides: [server.user, try files.status(resolved)?.user ?? 0])
        let survey = try HostSurvey(
            folder: resolved, sockets: ["/var/run/docker.sock", "/run/podman/podman.sock"] + sockets, effects: effects)
        var plan = JailPlan(
            user: account.user, group: account.group, folder: resolved, writable: [data],
            leftovers: server.leftovers(port: BootPorts.database), survey: survey)
        change(&plan)
        let environment = BootEnvironment(
            keys: request.keys, database: request.cluster.database, user: request.cluster.user)
        let jail = try Jail.make(
            plan, environment: try environment.variables(), program: program, effects: effects,
            cancellation: cancellation)
        let place = JailedPlace(jail, request.cluster, command: command, server: server, redis: redis)
        return try BootDrill(request: request, effects: effects, cancellation: cancellation).perform(in: place)
    }

    /// Refuses what could not be started, before there is anything to start it on.
    package static func require(
        _ command: [String], in folder: String?, effects: Effects, cancellation: Cancellation
    ) throws {
        guard let folder else { throw BootFault.unusable("drill.backend.folder is not set") }
        let runner = ProcessRunner(
            effects: effects, cancellation: cancellation, packages: ["redis-server": "redis-server"])
        _ = try programs(command, in: folder, Files(effects: effects), runner)
    }

    /// The folder without links, and the program of Redis.
    private static func programs(
        _ command: [String], in folder: String, _ files: Files, _ runner: ProcessRunner
    ) throws -> (folder: String, redis: String) {
        guard !command.isEmpty, try files.status(folder, followingLinks: true)?.kind == .folder else {
            throw BootFault.unusable(command.isEmpty ? "there is no command" : "\(folder) is no folder")
        }
        let resolved = try files.resolved(folder)
        try check(command[0], in: resolved, runner)
        guard let redis = runner.find("redis-server") else {
            throw ProcessFault.notFound(program: "redis-server", package: "redis-server")
        }
        return (resolved, redis)
    }

    /// A program that is not there would look like a backend that does not start.
    private static func check(_ program: String, in folder: String, _ runner: ProcessRunner) throws {
        let isPlace = program.utf8.contains(UInt8(ascii: "/"))
        let path = isPlace && !program.hasPrefix("/") ? Files.join(folder, program) : program
        guard runner.find(path, path: BootEnvironment.path) != nil else {
            throw BootFault.unusable("there is no program \(program)")
        }
    }

    /// A user whom no file of the instance belongs to: nobody, or where that is somebody here, a number that has no name.
    private static func account(besides others: [UInt32]) throws -> FileOwner {
        if let nobody = getpwnam("nobody"), !others.contains(nobody.pointee.pw_uid), nobody.pointee.pw_uid != 0 {
            return FileOwner(user: nobody.pointee.pw_uid, group: nobody.pointee.pw_gid)
        }
        for number in UInt32(61_184)...65_519 where !others.contains(number) && getpwuid(number) == nil {
            return FileOwner(user: number, group: number)
        }
        throw BootFault.unusable("there is no user left to run it as")
    }
}
