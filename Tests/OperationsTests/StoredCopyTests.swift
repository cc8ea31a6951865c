import Faults
import InstanceAccess
import LiveSupport
import Operations
import Postgres
import Secrets
import Synchronization
import TestSupport
import Testing

@testable import Rotating

/// Copies of the key inside of Infisical, exchanged through its API.
@Suite struct StoredCopyTests {
    private let site: RotationBench
    private let infisical: SecretsDouble
    private static let name = "INFISICAL_ENCRYPTION_KEY"

    init() throws {
        site = try RotationBench()
        infisical = try SecretsDouble([Self.name: RotationBench.old], down: site.bench.folder.path("down"))
        try site.bench.folder.write("client-secret", "cs-1\"\\\n")
        site.use(start: "rm -f down", url: false)
        site.bench.instanceLines += [
            "url: \"http://127.0.0.1:\(infisical.port)\"",
            "identity: { client_id: machine, client_secret_file: \"\(site.bench.folder.path("client-secret"))\" }",
        ]
    }

    private var value: String? { infisical.state.withLock { $0.values[Self.name] } }
    private var changes: [String] { infisical.state.withLock(\.changes) }

    /// Nothing is begun.
    private func refused(_ treatment: StoredCopies.Treatment = .update) throws -> (any Fault)? {
        do { try site.rotate { $0.storedCopies = .init(treatment) } } catch {
            let fault: any Fault = .of(error)
            #expect(fault.exit == .refused && !fault.hints.isEmpty, "\(fault)")
            #expect(try site.envFile() == site.before && site.inForce() == "old" && !site.isDown)
            #expect(!site.exists("state/rotation.journal"))
            return fault
        }
        return nil
    }

    /// The double answers as Infisical does, and writes no database.
    private static let stale = "still holds the old value: change it, or delete it"

    /// - Returns: what is left of the copies that are exchanged; of another secret the fixture says that it holds the key
    ///   among other things, which is left in any case.
    private func left(_ report: RotationOperation.Report) throws -> [String] {
        #expect(try site.disagreements().isEmpty && site.inForce() == "new" && report.isRotated)
        let others = report.left.filter { $0.contains("it contains the value") }
        #expect(others.count == 1 && report.exit == .partial, "\(report.left)")
        return report.left.filter { !others.contains($0) }
    }

    @Test func `a copy gets the new value, after it was written once as it was`() throws {
        let plan = try EncryptionKeyRotation(
            site.bench.workplace(), site.options { $0.storedCopies = .init(.update) }
        ).plan()
        #expect(plan.steps.contains { $0.contains("get the new value at the end") } && plan.exit == .partial)
        #expect(changes.isEmpty, "a plan writes nothing")
        let report = try site.operation().perform(plan, progress: BackupProgress()) { _ in }
        // What was answered is not believed: the database has the last word.
        #expect(try left(report).allSatisfy { $0.hasSuffix(Self.stale) } && report.left.count == 2, "\(report.left)")
        #expect(changes == ["PATCH \(Self.name) \(RotationBench.old)", "PATCH \(Self.name) \(RotationBench.new)"])
        #expect(value == RotationBench.new)
        // What is done again changes nothing.
        let exchange = try StoredCopyExchange(
            plan.material.site.stored ?? [], plan.material.keys.changed, site.bench.access())
        #expect(try exchange.perform().isEmpty && changes.count == 2)
    }

    private static func delete(from database: String) {
        do {
            let session = try LiveServer.connect(LiveServer.get().endpoint(database: database))
            defer { session.close() }
            try session.query("DELETE FROM public.secrets_v2 WHERE key = \(literal: name)")
        } catch { Issue.record(error) }
    }

    @Test func `a copy is deleted`() throws {
        let database = site.bench.database
        infisical.state.withLock {
            $0.before = { changes, _ in
                if changes == 2 { StoredCopyTests.delete(from: database) }
            }
        }
        let report = try site.rotate { $0.storedCopies = .init(.remove) }
        #expect(try left(report).isEmpty && value == nil, "\(report.left)")
        #expect(changes == ["PATCH \(Self.name) \(RotationBench.old)", "DELETE \(Self.name) -"])
    }

    @Test func `a copy of an earlier key counts as one of the key in force`() throws {
        try site.rotate()
        let third = "ffeeddccbbaa99887766554433221100"
        try site.bench.folder.write("new.env", "ENCRYPTION_KEY=\(third)\n")
        do {
            try site.rotate { $0.storedCopies = .init() }
            Issue.record("an export would put the first key in force, and nobody was asked")
        } catch let refusal as RotationRefusal {
            #expect(refusal.code == "rotation.stored-copies")
            #expect(refusal.message.contains("INFISICAL_ENCRYPTION_KEY (an earlier key)"), "\(refusal.message)")
        }
        let report = try site.rotate { $0.storedCopies = .init(.update) }
        // The double writes no database. The secret that contained the first key is one of many that keep it for backups.
        #expect(report.left.count == 1 && report.left[0].contains("(an earlier key)"), "\(report.left)")
        #expect(
            changes == ["PATCH \(Self.name) \(RotationBench.old)", "PATCH \(Self.name) \(third)"] && value == third)
        // Back to the first: what holds it holds the right one.
        try site.bench.folder.write("new.env", "ENCRYPTION_KEY=\(RotationBench.old)\n")
        #expect(try site.rotate { $0.storedCopies = .init() }.left.isEmpty)
    }

    @Test func `what may not be written is known before anything is changed`() throws {
        infisical.state.withLock { $0.change = (200, "{\"approval\":{\"id\":\"1\"}}") }
        let approval = try refused()
        #expect(approval?.code == "rotation.copy-out-of-reach" && approval?.message.contains("approval") == true)
        infisical.state.withLock { $0.change = (403, "{\"message\":\"Forbidden\"}") }
        #expect(try refused(.remove)?.message.contains("403") == true)
        infisical.state.withLock { $0.change = (200, "<html>") }
        #expect(try refused()?.message.contains("is not Infisical") == true)
        #expect(value == RotationBench.old)
    }

    @Test func `a copy that Infisical does not show, or shows otherwise, is none to exchange`() throws {
        infisical.state.withLock { $0.values = [:] }
        #expect(try refused()?.message.contains("not there") == true)
        infisical.state.withLock { $0.values = [Self.name: "another"] }
        #expect(try refused()?.message.contains("another value") == true)
        #expect(changes.isEmpty)
    }

    @Test(arguments: [
        (401, "{\"message\":\"no\"}", "api.not-logged-in"), (200, "<html>", "api.foreign"),
        (200, "{\"accessToken\":\"a\\r\\nX: y\"}", "api.foreign"), (502, "<html>", "api.foreign"),
    ])
    func `a login that fails is told as what it is`(status: Int, body: String, code: String) throws {
        infisical.state.withLock { $0.login = (status, body) }
        #expect(try refused()?.code == code)
    }

    @Test func `without a machine identity there is no exchange`() throws {
        site.bench.instanceLines.removeLast()
        #expect(try refused()?.code == "api.no-identity")
    }

    @Test func `what fails after the rotation is left to be done, and takes nothing back`() throws {
        infisical.state.withLock {
            $0.before = { changes, state in if changes == 1 { state.change = (500, "{\"message\":\"x\"}") } }
        }
        let report = try site.rotate { $0.storedCopies = .init(.update) }
        let left = try left(report)
        #expect(left.count == 1 && left[0].contains(Self.name) && left[0].contains("500"), "\(report.left)")
    }

    @Test func `a copy that somebody changed meanwhile is left alone`() throws {
        infisical.state.withLock {
            $0.before = { changes, state in if changes == 1 { state.values[Self.name] = "theirs" } }
        }
        let report = try site.rotate { $0.storedCopies = .init(.remove) }
        let left = try left(report)
        #expect(left.contains { $0.contains("was changed") } && value == "theirs", "\(report.left)")
    }
}
