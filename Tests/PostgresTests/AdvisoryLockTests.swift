import LiveSupport
import Testing

@testable import Postgres

@Suite struct AdvisoryLockTests {
    private func session() throws -> Connection { try LiveServer.connect(LiveServer.get().endpoint()) }

    @Test func `whoever recovers waits for the sessions that are marked, and for no others`() throws {
        let worker = try session(), other = try session(), waiting = try session()
        try AdvisoryLock.share("a copy", worker)
        try AdvisoryLock.share("a copy", other)
        try AdvisoryLock.waitForEnd(of: "another copy", seconds: 5, waiting)
        for session in [worker, other] {
            let fault = #expect(throws: PostgresFault.self) {
                try AdvisoryLock.waitForEnd(of: "a copy", seconds: 0.2, waiting)
            }
            #expect(fault?.code == "postgres.deadline-passed")
            session.close()
        }
        try AdvisoryLock.waitForEnd(of: "a copy", seconds: 5, waiting)
        // The one that waited keeps nothing.
        try AdvisoryLock.share("a copy", try session())
    }
}
