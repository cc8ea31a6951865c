import LiveSupport
import Testing

@testable import Postgres

@Suite struct WorkMarkTests {
    private func session() throws -> Connection { try LiveServer.connect(LiveServer.get().endpoint()) }

    @Test func `whoever recovers waits for the sessions that are marked, and for no others`() throws {
        let worker = try session(), other = try session(), waiting = try session()
        try WorkMark.set("a copy", worker)
        try WorkMark.set("a copy", other)
        try WorkMark.waitForEnd(of: "another copy", seconds: 5, waiting)
        for session in [worker, other] {
            let fault = #expect(throws: PostgresFault.self) {
                try WorkMark.waitForEnd(of: "a copy", seconds: 0.2, waiting)
            }
            #expect(fault?.code == "postgres.deadline-passed")
            session.close()
        }
        try WorkMark.waitForEnd(of: "a copy", seconds: 5, waiting)
        // The one that waited keeps nothing.
        try WorkMark.set("a copy", try session())
    }
}
