import Effects
import Glibc
import InstanceAccess
import LiveSupport
import Operations
import Postgres
import Secrets
import TestSupport

@testable import Rotating

/// An instance without containers whose backend connects as a role of its own, over TCP, where the server asks for the
/// password.
final class PasswordBench {
    /// How the env file says the password.
    enum Form: CaseIterable, Sendable {
        case single
        /// As a part of the connection URI, with everything else.
        case address
        /// As a reference in the connection URI.
        case reference
    }

    let site: RotationBench
    let role: String
    /// The env file as it was.
    let before: String
    var bench: Bench { site.bench }

    /// The fixture keeps it as a secret, as the usage guide has it.
    static let old = "EftUUhPWdjKNR7OKAzXo3zua"
    static let new = "Nn1Oo2Pp3Qq4Rr5Ss6Tt7Uu8Vv9Ww0Xx"

    /// - Parameter isTrusted: whether the backend connects over the socket, where nobody is asked for a password.
    init(_ form: Form = .single, isTrusted: Bool = false) throws {
        site = try RotationBench()
        let server = try LiveServer.get(), bench = site.bench
        role = "role of \(bench.database)"
        try bench.sql("CREATE ROLE \(identifier: role) LOGIN SUPERUSER PASSWORD \(literal: PasswordBench.old)")
        let host = isTrusted ? server.folder : "127.0.0.1"
        let encoded = PostgresURL.encoded(role)
        let lines: [String]
        switch form {
        case .single:
            lines = [
                "INFISICAL_POSTGRES_HOST=\(host)", "INFISICAL_POSTGRES_PORT=\(server.port)",
                "INFISICAL_POSTGRES_DATABASE=\(bench.database)", "INFISICAL_POSTGRES_USERNAME=\"\(role)\"",
                "INFISICAL_POSTGRES_PASSWORD='\(PasswordBench.old)' # of the role",
            ]
        case .address:
            lines = [
                "INFISICAL_DB_CONNECTION_URI=postgresql://\(encoded):\(PasswordBench.old)@\(host):\(server.port)/\(bench.database)"
            ]
        case .reference:
            lines = [
                "INFISICAL_POSTGRES_PASSWORD=\(PasswordBench.old)",
                "INFISICAL_DB_CONNECTION_URI=postgresql://\(encoded):${INFISICAL_POSTGRES_PASSWORD}@\(host):\(server.port)/\(bench.database)",
            ]
        }
        let kept = try bench.folder.text(".env").split(separator: "\n", omittingEmptySubsequences: false).filter {
            !$0.hasPrefix("INFISICAL_POSTGRES_")
        }
        before = kept.joined(separator: "\n") + lines.map { $0 + "\n" }.joined()
        try bench.folder.write(".env", before)
        try bench.folder.write("password.env", "POSTGRES_PASSWORD=\(PasswordBench.new)\n")
        bench.namesDatabase = false
    }

    deinit {
        do {
            try LiveServer.connect(LiveServer.get().endpoint()).query("DROP ROLE IF EXISTS \(identifier: role)")
        } catch {
            print("the role \(role) could not be dropped: \(error)")
        }
    }

    var after: String { before.replacing(PasswordBench.old, with: PasswordBench.new) }

    func plan(_ change: (inout DatabasePasswordRotation.Options) -> Void = { _ in }) throws -> RotationPlan {
        var options = DatabasePasswordRotation.Options()
        options.newKeyFile = bench.folder.path("password.env")
        options.storedCopies = .init(.list)
        change(&options)
        return try DatabasePasswordRotation(try bench.workplace(), options).plan()
    }

    @discardableResult func rotate(
        _ change: (inout DatabasePasswordRotation.Options) -> Void = { _ in },
        told: @escaping (String) -> Void = { _ in }
    ) throws -> RotationOperation.Report {
        try site.operation().perform(try plan(change), progress: BackupProgress(), told: told)
    }

    /// Which of both passwords logs in where one is asked for: `old`, `new`, both or neither.
    func inForce() throws -> String {
        try [("old", PasswordBench.old), ("new", PasswordBench.new)].filter { _, password in
            var endpoint = try LiveServer.get().endpoint(database: bench.database, overTCP: true)
            endpoint.user = role
            endpoint.password = Secret(testing: password)
            do throws(PostgresFault) {
                let session = try Connection.open(
                    endpoint, role: "test", effects: Effects(), cancellation: Cancellation())
                defer { session.close() }
                return session.usedPassword
            } catch {
                guard case .wrongPassword = error else { throw error }
                return false
            }
        }.map(\.0).joined(separator: "+")
    }

    /// What does not agree of role, env file, backend and journal; empty where all do.
    func disagreements() throws -> [String] {
        var found: [String] = []
        let text = try site.envFile(), file = text == before ? "old" : text == after ? "new" : "another"
        let role = try inForce()
        if role != file { found.append("the role has \(role), the env file \(file)") }
        if site.isDown { found.append("the backend is down") }
        if try site.operation().open() != nil { found.append("the rotation is open") }
        if site.exists("state/rotation.identity") { found.append("the key of the host is left") }
        return found
    }
}
