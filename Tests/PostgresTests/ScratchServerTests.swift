import Effects
import Glibc
import LiveSupport
import Secrets
import TestSupport
import Testing

@testable import Postgres

@Suite struct ScratchServerTests {
    private func start(
        _ options: ScratchServer.Options = .init(), in folder: String = LiveServer.newFolder(),
        effects: Effects = Effects(), cancellation: Cancellation = Cancellation()
    ) throws -> ScratchServer {
        try ScratchServer.start(in: folder, options: options, effects: effects, cancellation: cancellation)
    }

    @Test func `it stops, starts again with its data, survives a crash, and goes without a trace`() throws {
        let server = try start()
        #expect(server.port == 5432 && server.endpoint().host == server.folder)
        let connection = try LiveServer.connect(server.endpoint())
        try connection.execute(script: "CREATE TABLE public.t AS SELECT 42 AS n; CHECKPOINT")
        #expect(try connection.text("SELECT current_setting('listen_addresses') AS t") == "")
        #expect(try connection.text("SELECT current_setting('fsync') AS t") == "off")
        try server.stop()
        #expect(throws: PostgresFault.self) { try connection.query("SELECT 1") }
        #expect(try code { _ = try LiveServer.connect(server.endpoint()) } == "postgres.connection-refused")
        try server.start()
        #expect(try LiveServer.connect(server.endpoint()).number("SELECT n FROM public.t") == 42)
        try server.stop(.immediate)
        try server.start()
        #expect(try LiveServer.connect(server.endpoint()).number("SELECT n FROM public.t") == 42)
        #expect(try server.log().contains("database system is ready"))
        try server.remove()
        #expect(access(server.folder, F_OK) == -1)
        try server.remove()
    }

    @Test func `over TCP it asks for its password, encodings and settings are as wanted, and the folder is closed`()
        throws
    {
        var options = ScratchServer.Options()
        options.listensOnTCP = true
        options.password = Secret(testing: "p'w\\d")
        options.encoding = "LATIN1"
        options.locale = "C"
        options.settings = ["work_mem": "7MB", "log_line_prefix": "it's \\ "]
        options.major = 15
        let server = try start(options)
        defer { do { try server.remove() } catch { Issue.record("\(error)") } }
        let connection = try LiveServer.connect(server.endpoint(overTCP: true))
        #expect(connection.usedPassword && server.port != 5432)
        #expect(try connection.text("SELECT current_setting('work_mem') AS t") == "7MB")
        #expect(try connection.text("SELECT current_setting('log_line_prefix') AS t") == "it's \\ ")
        #expect(try connection.text("SELECT current_setting('fsync') AS t") == "on")
        #expect(try ServerFacts.read(connection).locale.encoding == "LATIN1")
        var wrong = server.endpoint(overTCP: true)
        wrong.password = Secret(testing: "other")
        #expect(try code { _ = try LiveServer.connect(wrong) } == "postgres.wrong-password")
        var status = stat()
        #expect(stat(server.folder, &status) == 0 && status.st_mode & 0o777 == 0o700)
        #expect(access("\(server.folder)/password", F_OK) == -1)
    }

    @Test func `a path too long for a socket, and a version that is not there, are refused`() throws {
        let long = "/tmp/" + String(repeating: "x", count: 80)
        #expect(try code { _ = try start(in: long) } == "postgres.scratch-server-failed")
        #expect(access(long, F_OK) == -1)
        var options = ScratchServer.Options()
        options.major = 99
        #expect(try fault { _ = try start(options) } == .noServerPrograms("initdb"))
        let find = { (oldest: Int) in
            try ServerPrograms.find(major: nil, oldest: oldest, effects: Effects(), cancellation: Cancellation()).folder
        }
        // The nearest of those that are installed, not the newest.
        #expect(try find(1) == find(14) && find(15) == "/usr/lib/postgresql/15/bin")
        #expect(try fault { _ = try find(99) } == .noServerPrograms("initdb"))
        #expect(
            try ServerPrograms.find(major: nil, effects: Effects(), cancellation: Cancellation()).folder.hasSuffix(
                "/bin"))
    }

    @Test func `a server that does not start is a fault, and leaves nothing behind`() throws {
        var options = ScratchServer.Options()
        options.settings["shared_buffers"] = "nonsense"
        let folder = LiveServer.newFolder()
        let found = try fault { _ = try start(options, in: folder) }
        #expect(found?.code == "postgres.scratch-server-failed" && found?.message.contains("pg_ctl") == true)
        #expect(access(folder, F_OK) == -1)
    }

    /// Every effect up to the start of `initdb` may fail; the folder is gone afterwards.
    @Test(
        arguments: [FailingObserver.Kind.failsBefore, .failsAfter],
        [Effect.Kind.createFolder, .changeMode, .write, .spawn])
    func `a failure on the way leaves nothing behind`(kind: FailingObserver.Kind, effect: Effect.Kind) throws {
        let folder = LiveServer.newFolder()
        var options = ScratchServer.Options()
        options.password = Secret(testing: "x")
        let observer = FailingObserver(at: 1, kind: kind, error: EDQUOT) { $0.kind == effect }
        #expect(throws: (any Error).self) { _ = try start(options, in: folder, effects: Effects(observer: observer)) }
        #expect(observer.happened && access(folder, F_OK) == -1)
    }

    @Test func `a cancelled run starts none`() throws {
        let folder = LiveServer.newFolder(), cancellation = Cancellation()
        cancellation.cancel()
        #expect(throws: (any Error).self) { _ = try start(in: folder, cancellation: cancellation) }
        #expect(access(folder, F_OK) == -1)
    }

    @Test func `a log that is not there is a fault`() throws {
        let server = try start()
        try server.remove()
        #expect(throws: (any Error).self) { _ = try server.log() }
    }
}
