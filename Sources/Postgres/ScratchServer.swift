package import Effects
import FoundationEssentials
import Glibc
package import Secrets

/// A private PostgreSQL server in a folder of its own.
///
/// Its Unix-domain socket lies in the folder, which only its owner can enter; it listens on 127.0.0.1 only if asked to.
/// PostgreSQL refuses to run as root, so a root process runs it as the user `postgres`.
package final class ScratchServer: Sendable {
    /// What the server is to be like.
    package struct Options: Sendable {
        /// Settings of `postgresql.conf`; `fast` unless the caller wants durability.
        package var settings: [String: String] = Options.fast
        /// Whether to listen on a free port of 127.0.0.1 as well.
        package var listensOnTCP = false
        /// The password that connections over TCP must give; without one they are trusted.
        package var password: Secret?
        package var encoding = "UTF8"
        package var locale = "C.UTF-8"
        /// The major version wanted; nil takes the newest that is installed.
        package var major: Int?
        /// Without a wanted one: the oldest that will do, of which the nearest that is installed is taken.
        package var oldestMajor: Int?

        package init() {}

        /// For data that may be lost with the machine: nothing waits for the disk.
        package static let fast = [
            "fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_wal_size": "2GB",
            "autovacuum": "off",
        ]
    }

    /// How to end the server.
    package enum StopMode: String, Sendable {
        /// Sessions are ended, everything is written.
        case fast
        /// As after a crash.
        case immediate
    }

    package static let user = "postgres"

    package let folder: String
    package let port: Int
    private let options: Options
    private let programs: ServerPrograms
    private let effects: Effects
    private let cancellation: Cancellation

    private init(
        folder: String, port: Int, options: Options, programs: ServerPrograms, effects: Effects,
        cancellation: Cancellation
    ) {
        self.folder = folder
        self.port = port
        self.options = options
        self.programs = programs
        self.effects = effects
        self.cancellation = cancellation
    }

    /// Makes a cluster in `folder` and starts its server.
    ///
    /// - Parameter folder: an empty or missing folder, at most 80 bytes long (a socket's path has room for 107), in a
    ///   place that the user `postgres` can reach when this process is root. It is given to that user.
    package static func start(
        in folder: String, options: Options = Options(), effects: Effects, cancellation: Cancellation
    ) throws -> ScratchServer {
        guard folder.utf8.count <= 80 else {
            throw PostgresFault.scratchServerFailed("the path \(folder) is too long for a socket")
        }
        let programs = try ServerPrograms.find(
            major: options.major, oldest: options.oldestMajor, effects: effects, cancellation: cancellation)
        let server = ScratchServer(
            folder: folder, port: options.listensOnTCP ? try freePort() : 5432, options: options, programs: programs,
            effects: effects, cancellation: cancellation)
        do {
            try server.makeCluster()
            try server.start()
            return server
        } catch {
            let failure = error
            do { try server.remove() } catch { throw failure }
            throw failure
        }
    }

    /// Where to connect as the superuser, over the socket or over TCP.
    package func endpoint(database: String = "postgres", overTCP: Bool = false) -> Endpoint {
        Endpoint(
            host: overTCP ? "127.0.0.1" : folder, port: port, database: database, user: Self.user,
            password: overTCP ? options.password : nil, passwordOrigin: "the scratch server's options")
    }

    /// Starts the stopped server again.
    package func start() throws {
        try programs.run("pg_ctl", ["start", "-w", "-t", "60", "-s", "-D", data, "-l", "\(folder)/log"])
    }

    /// Ends the server; its data stays.
    package func stop(_ mode: StopMode = .fast) throws { try stop(mode, programs) }

    private func stop(_ mode: StopMode, _ programs: ServerPrograms) throws {
        try programs.run("pg_ctl", ["stop", "-w", "-t", "60", "-s", "-D", data, "-m", mode.rawValue])
    }

    /// Ends the server if it runs, and removes the folder with everything in it.
    package func remove() throws {
        // Also after a run that was told to stop.
        if access("\(data)/postmaster.pid", F_OK) == 0 { try stop(.immediate, programs.uncancelled()) }
        let failed = { (code: Errno) in PostgresFault.scratchServerFailed("cannot remove \(self.folder): \(code.text)")
        }
        try effects.perform(.remove, folder, failure: { failed($0) as any Error }) {
            if access(folder, F_OK) == 0 { try FileManager.default.removeItem(atPath: folder) }
        }
    }

    /// The end of the server's log.
    package func log() throws -> String {
        let bytes = try effects.perform(
            .read, folder, failure: { PostgresFault.scratchServerFailed($0.text) as any Error }
        ) {
            try Data(contentsOf: URL(filePath: "\(folder)/log"))
        }
        return String(decoding: bytes.suffix(8_192), as: UTF8.self)
    }

    /// The folder of the cluster, in which the server's processes work.
    package var data: String { "\(folder)/data" }

    /// The command that ends the server from outside, as an argument list.
    package var stopCommand: [String] {
        programs.command("pg_ctl", ["stop", "-D", data, "-m", StopMode.immediate.rawValue])
    }

    private func makeCluster() throws {
        try checked("make \(folder)", .createFolder) { mkdir(folder, 0o700) == 0 || Glibc.errno == EEXIST ? 0 : -1 }
        if let account = programs.account {
            try checked("give \(folder) to \(Self.user)", .changeMode) { chown(folder, account.uid, account.gid) }
        }
        try checked("protect \(folder)", .changeMode) { chmod(folder, 0o700) }
        var arguments = [
            "-D", data, "-U", Self.user, "--auth-local=trust", "--no-sync", "-E", options.encoding,
            "--locale=\(options.locale)",
        ]
        if let password = options.password {
            // The file is gone before the server starts; the folder is the server user's own.
            let file = "\(folder)/password"
            try password.withBytes { bytes in
                try write([UInt8](bytes) + [0x0a], to: file)
            }
            arguments += ["--auth-host=scram-sha-256", "--pwfile=\(file)"]
        } else {
            arguments += ["--auth-host=trust"]
        }
        try programs.run("initdb", arguments)
        if options.password != nil { try checked("remove the password file", .remove) { unlink("\(folder)/password") } }
        var settings = options.settings
        settings["port"] = String(port)
        settings["listen_addresses"] = options.listensOnTCP ? "127.0.0.1" : ""
        settings["unix_socket_directories"] = folder
        settings["unix_socket_permissions"] = "0700"
        let lines = settings.sorted { $0.key < $1.key }.map { "\($0.key) = \(Self.quoted($0.value))\n" }
        try write(Array(lines.joined().utf8), to: "\(data)/postgresql.auto.conf")
    }

    /// In the manner of `postgresql.conf`, which is not that of SQL.
    private static func quoted(_ value: String) -> String {
        "'" + value.replacing("\\", with: "\\\\").replacing("'", with: "''") + "'"
    }

    private func write(_ bytes: [UInt8], to path: String) throws {
        try effects.perform(.write, path, failure: { PostgresFault.scratchServerFailed($0.text) as any Error }) {
            try Data(bytes).write(to: URL(filePath: path))
        }
        try checked("protect \(path)", .changeMode) { chmod(path, 0o600) }
        if let account = programs.account {
            try checked("give \(path) to \(Self.user)", .changeMode) { chown(path, account.uid, account.gid) }
        }
    }

    private func checked(_ what: String, _ kind: Effect.Kind, _ body: () -> Int32) throws {
        if case .failure(let code) = effects.call(kind, folder, body) {
            throw PostgresFault.scratchServerFailed("cannot \(what): \(code.text)")
        }
    }

    /// A TCP port of 127.0.0.1 that nobody uses now.
    private static func freePort() throws -> Int {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(listener) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(INADDR_LOOPBACK).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutableBytes(of: &address) { bytes -> Bool in
            guard let pointer = bytes.bindMemory(to: sockaddr.self).baseAddress else { return false }
            return bind(listener, pointer, length) == 0 && getsockname(listener, pointer, &length) == 0
        }
        guard bound else { throw PostgresFault.scratchServerFailed("no free TCP port: \(Errno(Glibc.errno).text)") }
        return Int(UInt16(bigEndian: address.sin_port))
    }
}
