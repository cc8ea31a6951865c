import Effects
import FoundationEssentials
import Glibc
import Jail
import LiveSupport
import Postgres
import Secrets
import TestSupport

@testable import Booting

/// A scratch cluster with the database of a fixture in it, whose server does not run, and the stand-in beside it.
final class RestoredCluster {
    let fixture: LiveFixture
    let place: TemporaryFolder
    private let server: ScratchServer
    private let marker = "drill \(getpid())"
    private static let database = "infisical"
    /// Has no rights beyond the database.
    private static let owner = "drill_owner"

    init(_ fixture: LiveFixture) throws {
        self.fixture = fixture
        place = try TemporaryFolder(in: "/tmp")
        chmod(place.path, 0o755)
        var options = ScratchServer.Options()
        options.settings["infisical_ops.scratch"] = marker
        server = try ScratchServer.start(
            in: place.path("pg"), options: options, effects: Effects(), cancellation: Cancellation())
        let superuser = try LiveServer.connect(server.endpoint())
        try superuser.query("CREATE ROLE \(identifier: Self.owner) LOGIN")
        try superuser.query("CREATE DATABASE infisical TEMPLATE template0 OWNER \(identifier: Self.owner)")
        let end = try ChildProcess(
            "pg_restore",
            [
                "--no-owner", "--exit-on-error", "-h", server.folder, "-U", Self.owner, "-d", Self.database,
                Fixtures.path("\(fixture.rawValue)/database.dump"),
            ]
        ).wait()
        guard end == .exited(0) else { throw TestProblem("pg_restore: \(end)") }
        try server.stop()
        let source = Fixtures.path("../Support/Stack/backend")
        guard place.run("cp -r '\(source)' '\(place.path("backend"))' && chmod -R a+rX '\(place.path("backend"))'") == 0
        else { throw TestProblem("cannot copy the stand-in") }
    }

    deinit {
        do { try server.remove() } catch { print("the scratch server could not be removed: \(error)") }
    }

    private var data: String { place.path("pg/data") }

    func boot(
        key: Secret? = nil, canary: Canary? = nil, marker: String? = nil, others: Set<String> = ["1"],
        identity: MachineIdentity? = nil, otherCanaries: [Canary] = [],
        command: [String] = ["/usr/bin/python3", "server.py"], folder: String? = nil,
        change: (inout JailPlan) -> Void = { _ in }
    ) throws -> BootReport {
        let request = BootRequest(
            cluster: BootCluster(
                data: data, database: Self.database, user: Self.owner, marker: marker ?? self.marker, others: others),
            keys: BootKeys(
                encryptionKey: try key ?? fixture.encryptionKey, rootEncryptionKey: nil, isFIPS: false),
            canary: try canary ?? self.canary(), identity: identity,
            otherCanaries: otherCanaries, patience: .seconds(30))
        return try BootDrill.run(
            request, command: command, folder: folder ?? place.path("backend"),
            program: ChildProcess.built("infisical-ops"), effects: Effects(), cancellation: Cancellation(),
            change: change)
    }

    /// The first secret of the truth that is not empty.
    func canary() throws -> Canary {
        struct Truth: Decodable {
            struct Project: Decodable {
                let id: String
                let environments: [Environment]
            }
            struct Environment: Decodable {
                let slug: String
                let folders: [Folder]
            }
            struct Folder: Decodable {
                let path: String
                let secrets: [Entry]
            }
            struct Entry: Decodable {
                let key: String
                let type: String
                let value: String
            }
            let projects: [Project]
        }
        let bytes = try TemporaryFolder.read(path: Fixtures.path("\(fixture.rawValue)/truth.json"))
        let truth = try JSONDecoder().decode(Truth.self, from: Data(bytes))
        for project in truth.projects {
            for environment in project.environments {
                for folder in environment.folders {
                    if let entry = folder.secrets.first(where: { $0.type == "shared" && $0.value.count > 8 }) {
                        return Canary(
                            projectID: project.id, environment: environment.slug, path: folder.path, name: entry.key,
                            value: Secret(testing: entry.value))
                    }
                }
            }
        }
        throw TestProblem("no secret in the truth of \(fixture.rawValue)")
    }

    /// A machine identity of the fixture.
    func identity(_ name: String, secret: String? = nil) throws -> MachineIdentity {
        struct Accounts: Decodable {
            struct Identity: Decodable {
                let name: String
                let clientId: String?
                let clientSecrets: [String]?
            }
            let identities: [Identity]
        }
        let bytes = try TemporaryFolder.read(path: Fixtures.path("\(fixture.rawValue)/accounts.json"))
        let accounts = try JSONDecoder().decode(Accounts.self, from: Data(bytes))
        guard let found = accounts.identities.first(where: { $0.name == name }), let client = found.clientId,
            let own = found.clientSecrets?.first
        else { throw TestProblem("no identity \(name) in \(fixture.rawValue)") }
        return try MachineIdentity(clientID: client, clientSecret: Secret(testing: secret ?? own))
    }

    /// What a jail could have left on the host.
    func leftovers() -> [String] {
        var left = ["postmaster.pid", ".s.PGSQL.5432"].filter { access("\(data)/\($0)", F_OK) == 0 }
        if place.run("pgrep -f '[p]ostgres -D \(data)' >/dev/null") == 0 { left.append("a server") }
        if place.run("grep -q '\(place.path)' /proc/self/mounts") == 0 { left.append("a mount") }
        return left
    }

    /// Works in the database with the server running again, outside of any jail.
    private func withDatabase<Value>(_ body: (Connection) throws -> Value) throws -> Value {
        try server.start()
        defer { do { try server.stop() } catch { print("the scratch server could not be stopped: \(error)") } }
        return try body(try LiveServer.connect(server.endpoint(database: Self.database)))
    }

    func number(_ sql: String) throws -> Int {
        try withDatabase {
            try $0.query(SQL(raw: "SELECT n FROM (\(sql.replacing("drill_", with: "public.drill_"))) x")).only()
                .integer("n")
        }
    }
    func tokens() throws -> Int { try number("SELECT count(*) AS n FROM public.service_tokens") }
    func systemIdentifier() throws -> String { try withDatabase { try ServerFacts.identifier($0) ?? "" } }
    func change(_ sql: String) throws {
        _ = try withDatabase {
            try $0.query(SQL(raw: sql.replacing("UPDATE webhooks", with: "UPDATE public.webhooks")))
        }
    }

    /// With the rights of the superuser.
    func run(script: String) throws { try withDatabase { try $0.execute(script: script) } }

    /// Calls every webhook and rotates the password of another server, writes down how that went, and then serves.
    static let actingBackend = """
        import os, socket, sys, urllib.request
        import psycopg2
        connection = psycopg2.connect(os.environ["DB_CONNECTION_URI"])
        connection.autocommit = True
        cursor = connection.cursor()
        # The server ends with the jail, and a scratch server need not write before it does.
        cursor.execute("SET synchronous_commit = on")
        cursor.execute("CREATE TABLE drill_attempts (what text, outcome text)")
        def attempt(what, action):
            try:
                action()
                outcome = "sent"
            except OSError:
                outcome = "failed"
            cursor.execute("INSERT INTO drill_attempts VALUES (%s, %s)", (what, outcome))
        cursor.execute("SELECT url FROM webhooks WHERE url IS NOT NULL")
        for (url,) in cursor.fetchall():
            attempt("webhook", lambda: urllib.request.urlopen(url, data=b"{}", timeout=2))
        attempt("rotation", lambda: socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=2).sendall(b"drill-attempt"))
        attempt("mail", lambda: socket.create_connection(("192.0.2.1", 587), timeout=2))
        os.execv("/usr/bin/python3", ["/usr/bin/python3", "server.py"])
        """
}

/// Listens on the loopback of the host, and tells whether the backend above came. Whoever else calls a port by mistake, which
/// was another's a moment before, has nothing of that to say.
final class LoopbackListener {
    let port: UInt16
    private let descriptor: Int32

    init() throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var name = sockaddr_in(), length = socklen_t(MemoryLayout<sockaddr_in>.size)
        name.sin_family = sa_family_t(AF_INET)
        name.sin_addr.s_addr = UInt32(INADDR_LOOPBACK).bigEndian
        let channel = descriptor
        let done = withUnsafeMutableBytes(of: &name) { bytes -> Bool in
            guard let start = bytes.bindMemory(to: sockaddr.self).baseAddress else { return false }
            return bind(channel, start, length) == 0 && getsockname(channel, start, &length) == 0
        }
        guard done, listen(descriptor, 8) == 0 else { throw TestProblem("cannot listen: errno \(errno)") }
        port = UInt16(bigEndian: name.sin_port)
    }

    deinit { close(descriptor) }

    var wasCalled: Bool {
        var heard: [UInt8] = [], block = [UInt8](repeating: 0, count: 4096)
        while isReady(descriptor, milliseconds: 0) {
            let caller = accept(descriptor, nil, nil)
            defer { close(caller) }
            while isReady(caller, milliseconds: 500) {
                let count = read(caller, &block, block.count)
                if count <= 0 { break }
                heard += block[..<count]
            }
        }
        return String(decoding: heard, as: UTF8.self).contains("drill-attempt")
    }

    private func isReady(_ channel: Int32, milliseconds: Int32) -> Bool {
        var polled = pollfd(fd: channel, events: Int16(POLLIN), revents: 0)
        return poll(&polled, 1, milliseconds) == 1
    }
}
