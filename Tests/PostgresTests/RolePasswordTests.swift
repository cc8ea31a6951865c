import Effects
import Glibc
import LiveSupport
import Postgres
import Secrets
import TestSupport
import Testing

@Suite struct RolePasswordTests {
    private func login(_ role: String, _ password: String) throws -> Bool {
        var endpoint = try LiveServer.get().endpoint(overTCP: true)
        endpoint.user = role
        endpoint.password = Secret(testing: password)
        do throws(PostgresFault) {
            let session = try Connection.open(endpoint, role: "test", effects: Effects(), cancellation: Cancellation())
            defer { session.close() }
            return session.usedPassword
        } catch {
            guard case .wrongPassword = error else { throw error }
            return false
        }
    }

    @Test func `the server gets a verifier of SCRAM, whatever it would make itself`() throws {
        let session = try LiveServer.connect(LiveServer.get().endpoint()), role = "a \"role\" 'of' this test"
        try session.query("CREATE ROLE \(identifier: role) LOGIN PASSWORD 'first'")
        defer {
            do { try session.query("DROP ROLE \(identifier: role)") } catch { print("\(role) is left: \(error)") }
        }
        #expect(try login(role, "first"))
        for password in ["second'\\", "th\u{e9}rd $$ word", "EftUUhPWdjKNR7OKAzXo3zua"] {
            try session.query("SET password_encryption = 'md5'")
            try session.setPassword(Secret(testing: password), of: role)
            #expect(try login(role, password) && !login(role, "first"))
            #expect(try session.storedVerifier(of: role)?.hasPrefix("SCRAM-SHA-256$4096:") == true)
        }
        #expect(try session.storedVerifier(of: "nobody of this name") == nil)
    }

    @Test func `a role without the right gives nobody a password, and may not read one`() throws {
        let session = try LiveServer.connect(LiveServer.get().endpoint())
        for role in ["pw_test_one", "pw_test_two"] {
            try session.query("CREATE ROLE \(identifier: role) LOGIN PASSWORD 'x'")
        }
        defer {
            for role in ["pw_test_one", "pw_test_two"] {
                do { try session.query("DROP ROLE \(identifier: role)") } catch { print("\(role) is left: \(error)") }
            }
        }
        var endpoint = try LiveServer.get().endpoint()
        endpoint.user = "pw_test_one"
        let own = try LiveServer.connect(endpoint)
        defer { own.close() }
        #expect(throws: PostgresFault.self) { try own.setPassword(Secret(testing: "y"), of: "pw_test_two") }
        #expect(try own.storedVerifier(of: "pw_test_one") == nil)
        // Its own it may change.
        try own.setPassword(Secret(testing: "y"), of: "pw_test_one")
        #expect(try login("pw_test_one", "y") && login("pw_test_two", "x"))
    }

    @Test func `who is connected as a role`() throws {
        let session = try LiveServer.connect(LiveServer.get().endpoint())
        try session.query("CREATE ROLE pw_test_three LOGIN")
        defer {
            do { try session.query("DROP ROLE pw_test_three") } catch { print("pw_test_three is left: \(error)") }
        }
        #expect(try ClientSession.others(of: "pw_test_three", session).isEmpty)
        let server = try LiveServer.get()
        let other = try ChildProcess(
            "psql", ["-h", server.folder, "-p", "\(server.port)", "-U", "pw_test_three", "-d", "postgres", "-Atq"])
        for _ in 0..<100 where try ClientSession.others(of: "pw_test_three", session).isEmpty { usleep(100_000) }
        #expect(try ClientSession.others(of: "pw_test_three", session) == ["psql, over the server's own socket"])
        other.closeInput()
        for _ in 0..<100 where try !ClientSession.others(of: "pw_test_three", session).isEmpty { usleep(100_000) }
    }
}
