import FoundationEssentials
import LiveSupport
import Postgres
import TestSupport
import Testing

/// What a restore in place does about one that was stopped in the middle. Containers and kills: `instance-test`.
@Suite struct InPlaceTests {
    private let instance: OpsInstance
    private let journal: String

    init() throws {
        instance = try OpsInstance()
        journal = instance.state + "/in-place.json"
        let commands = """
            instance:
              containers: none
              commands: { stop: [/usr/bin/touch, \(instance.path("stopped"))], start: [/usr/bin/touch, \(instance.path("started"))] }

            """
        try instance.write(Array(commands.utf8), to: instance.configuration)
        try instance.ops("backup").expect(0)
    }

    /// Leaves what a killed run leaves.
    private func leave(phase: String, live: String, server: String? = nil, copy: String = "no_such_copy") throws {
        let number = server.map { "\"server\":\"\($0)\"," } ?? ""
        let text = """
            {"schema":"infisical-ops/in-place/1","phase":"\(phase)",\(number)"backup":"x","live":"\(live)",\
            "copy":"\(copy)","kept":"\(live)_before_x","flushesRedis":false}
            """
        try instance.write(Array(text.utf8), to: journal)
    }

    private var isLeft: Bool { FileManager.default.fileExists(atPath: journal) }
    private func wasRun(_ command: String) -> Bool {
        FileManager.default.fileExists(atPath: instance.path(command))
    }

    private let words = ["restore", "--in-place", "--keep-redis", "--yes", "--json"]

    @Test func `what another instance of the host has begun is not touched`() throws {
        for (live, server) in [("elsewhere", nil), (instance.database, "7000000000000000000")] as [(String, String?)] {
            try leave(phase: "starting", live: live, server: server)
            let fault = try instance.run(words).expect(3).fault()
            #expect(fault.code == "in-place.other-instance" && fault.message.contains(live))
            #expect(isLeft && !wasRun("started"))
        }
    }

    @Test func `a journal that is not one is left, and told`() throws {
        try instance.write(Array("{}".utf8), to: journal)
        #expect(try instance.run(words).expect(3).fault().code == "in-place.bad-journal")
        #expect(isLeft)
    }

    @Test func `a run that is finished afterwards is not called right before the instance works`() throws {
        try leave(phase: "starting", live: instance.database)
        let ended = try instance.run(words).expect(15)
        struct Report: Decodable {
            struct Health: Decodable { let healthy: Bool }
            let schema: String
            let kept: String
            let health: Health
            let exit: Int32
        }
        let report: Report = try ended.object()
        #expect(report.schema == "infisical-ops/restore-in-place/1" && report.kept == instance.database + "_before_x")
        #expect(!report.health.healthy && report.exit == 15)
        #expect(!isLeft && wasRun("started") && !wasRun("stopped"))
    }

    @Test func `the half-made copy of a killed run goes, also while its sessions are still there`() throws {
        let copy = instance.database + "_restored_x", temporary = copy + "_restoring_17"
        let server = try LiveServer.get()
        try LiveServer.connect(server.endpoint()).query(
            "CREATE DATABASE \(identifier: temporary) TEMPLATE template0")
        try leave(phase: "copying", live: instance.database, copy: copy)
        let inside = try LiveServer.connect(server.endpoint(database: temporary))
        // It goes on with what was asked for then; nothing is known of a backend here, which is no success.
        try instance.run(words).expect(15)
        let names = try instance.databases().filter { $0.hasPrefix(instance.database + "_") }
        instance.restored = names
        #expect(!isLeft && names.count == 1 && names[0].hasPrefix(instance.database + "_before_"))
        #expect(throws: (any Error).self) { try inside.query("SELECT 1") }
    }
}
