import Effects
import Faults
import Glibc
import InstanceAccess
import LiveSupport
import Operations
import Postgres
import Secrets
import Settings
import Synchronization
import TestSupport
import Testing

@testable import Rotating
@testable import Rotation

/// Rotations of the database password, without containers, on a server that asks for passwords over TCP.
@Suite struct PasswordRotationTests {
    private func fault(_ body: () throws -> Void) -> (any Fault)? {
        do { try body() } catch { return .of(error) }
        return nil
    }

    // MARK: - There and back

    @Test(arguments: PasswordBench.Form.allCases)
    func `a password is replaced, and only its bytes in the env file; then the old one is put back`(
        form: PasswordBench.Form
    ) throws {
        let site = try PasswordBench(form), bench = site.bench
        var said: [String] = []
        let plan = try site.plan()
        // The fixture's own copy of it stays.
        #expect(plan.exit == .partial && plan.warnings.isEmpty)
        #expect(!(plan.steps + plan.warnings).joined().contains(PasswordBench.old))
        let report = try site.site.operation().perform(plan, progress: BackupProgress()) { said.append($0) }
        #expect(report.isRotated && report.exit == .partial)
        // The fixture's own copy is named, and nothing else is left.
        #expect(report.left.allSatisfy { $0.hasSuffix("still holds the old value: change it, or delete it") })
        #expect(report.left.contains { $0.contains("INFISICAL_POSTGRES_PASSWORD") })
        #expect(report.backupBefore != nil && report.backupAfter != nil && report.downtime ?? 0 > 0)
        #expect(try site.disagreements().isEmpty && site.inForce() == "new")
        #expect(said.contains { $0.contains(site.role) } && !said.joined().contains(PasswordBench.new))
        let kept = try bench.sql("SELECT rolpassword FROM pg_authid WHERE rolname = \(site.role)").only()
        #expect(try kept.string("rolpassword").hasPrefix("SCRAM-SHA-256$"))
        #expect(try bench.backup().isPartial == false)
        try bench.folder.write("password.env", "INFISICAL_POSTGRES_PASSWORD=\(PasswordBench.old)\n")
        #expect(try site.rotate().isRotated)
        #expect(try site.site.envFile() == site.before && site.inForce() == "old")
        #expect(try RotationStatus(bench.access()).past.map(\.isRotated) == [true, true])
    }

    @Test func `a password that is made here is of letters and digits`() throws {
        let site = try PasswordBench()
        try site.rotate { $0.newKeyFile = nil }
        let text = try site.site.envFile()
        let value = text.split(separator: "INFISICAL_POSTGRES_PASSWORD='").last?.prefix { $0 != "'" } ?? ""
        #expect(value.count == 32 && value.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) })
        #expect(text == site.before.replacing(PasswordBench.old, with: value) && !site.site.isDown)
    }

    /// Nothing that is asked for no password proves one.
    @Test func `where the server trusts, it is done and said not to be proven`() throws {
        let site = try PasswordBench(isTrusted: true)
        let plan = try site.plan()
        #expect(plan.exit == .partial && plan.warnings.contains { $0.contains("not provable here (trust)") })
        let report = try site.site.operation().perform(plan, progress: BackupProgress()) { _ in }
        #expect(report.isRotated && report.exit == .partial)
        #expect(report.left.contains { $0.contains("not provable here (trust)") })
        #expect(try site.disagreements().isEmpty && site.inForce() == "new")
    }

    /// Whatever else holds it is changed, or named.
    @Test func `other addresses with the password are changed where they are of the same server`() throws {
        let site = try PasswordBench(), bench = site.bench, server = try LiveServer.get()
        let address = "postgresql://\(PostgresURL.encoded(site.role)):\(PasswordBench.old)@"
        try bench.addToEnvFile("AUDIT_LOGS_DB_CONNECTION_URI=\(address)127.0.0.1:\(server.port)/\(bench.database)")
        try bench.addToEnvFile("DB_READ_REPLICAS='[{\"DB_CONNECTION_URI\":\"\(address)replica.example/x\"}]'")
        let plan = try site.plan()
        let line = try #require(plan.steps.first { $0.contains("write the new value into") })
        #expect(
            line.hasSuffix(": AUDIT_LOGS_DB_CONNECTION_URI, DB_READ_REPLICAS, INFISICAL_POSTGRES_PASSWORD"), "\(line)")
        #expect(plan.warnings.isEmpty)
        try bench.editEnvFile("127.0.0.1:\(server.port)/\(bench.database)", "logs.example/x")
        let other = try site.plan()
        #expect(other.warnings.contains { $0.hasPrefix("AUDIT_LOGS_DB_CONNECTION_URI gives the same role") })
        #expect(!other.steps.contains { $0.contains(": AUDIT_LOGS_DB_CONNECTION_URI") })
    }

    // MARK: - Taken back, and gone on with

    @Test func `a backend that does not work with the new password has the old one again`() throws {
        let site = try PasswordBench()
        site.site.use(start: "if grep -q \(PasswordBench.old) .env; then rm -f down; fi")
        let failed = fault { try site.rotate() }
        #expect(failed?.exit == .failed && failed?.message.contains("backend") == true, "\(failed as Any)")
        #expect(try site.disagreements().isEmpty && site.inForce() == "old")
        #expect(try RotationStatus(site.bench.access()).past.map(\.isRotated) == [false])
    }

    /// The env file has the one password and the role the other: the next run's sessions try both.
    @Test(arguments: [FailingObserver.Kind.failsBefore, .failsAfter], [false, true])
    func `a run that ends when the role is changed is gone on with in either direction`(
        kind: FailingObserver.Kind, back: Bool
    ) throws {
        let site = try PasswordBench()
        // The plan tries the statement, too, and takes it back.
        let plan = try site.plan()
        site.bench.observer = StopsAtStatement("ALTER", isBefore: kind == .failsBefore)
        let failed = fault {
            _ = try site.site.operation().perform(plan, progress: BackupProgress()) { _ in }
        }
        site.bench.observer = nil
        #expect(failed?.exit == .unfinishedRotation, "\(failed as Any)")
        let status = try RotationStatus(site.bench.access())
        #expect(status.byHand.contains { $0.contains("\\password") && $0.contains(site.role) }, "\(status.byHand)")
        #expect(try site.site.envFile() == site.after)
        #expect(try site.inForce() == (kind == .failsBefore ? "old" : "new"))
        // Everything else that opens the database meanwhile does so with the password that the role has.
        let settled = OpenRotationPassword.settled(try site.bench.workplace())
        let taken = kind == .failsBefore ? PasswordBench.old : PasswordBench.new
        #expect(settled.configuration.database.password?.equals(Secret(testing: taken)) == true)
        let report = try site.site.resume(back: back)
        #expect(report.isRotated == !back)
        #expect(try site.disagreements().isEmpty && site.inForce() == (back ? "old" : "new"))
    }

    /// Every effect of a rotation fails once: by itself, or by one more run, role, env file and backend agree again.
    @Test func `a failure at any effect is finished or taken back`() throws {
        let counter = RecordingObserver(), first = try PasswordBench()
        first.bench.observer = counter
        try first.rotate()
        let total = counter.effects.count
        var outcomes: [String: Int] = [:]
        for number in 0..<12 {
            let position = total * (2 * number + 1) / 24 + 1
            let again = try PasswordBench()
            again.bench.observer = FailingObserver(
                at: position, kind: number.isMultiple(of: 2) ? .failsBefore : .failsAfter)
            let failed = fault { try again.rotate() }
            again.bench.observer = nil
            if failed?.exit == .unfinishedRotation, try again.site.operation().open() != nil {
                _ = try again.site.resume(back: number.isMultiple(of: 3))
                outcomes["resumed", default: 0] += 1
            } else {
                outcomes[failed == nil ? "went on" : "undone", default: 0] += 1
            }
            let wrong = try again.disagreements()
            #expect(wrong.isEmpty, "effect \(position) of \(total), \(failed?.message ?? "no failure"): \(wrong)")
        }
        #expect(outcomes["undone", default: 0] > 3, "\(outcomes)")
    }

    // MARK: - Refused

    private func refused(
        _ site: PasswordBench, _ change: (inout DatabasePasswordRotation.Options) -> Void = { _ in }
    ) throws -> (any Fault)? {
        let text = try site.site.envFile()
        do { try site.rotate(change) } catch {
            let fault: any Fault = .of(error)
            #expect(!fault.hints.isEmpty && !fault.message.contains(PasswordBench.old))
            #expect(try site.site.envFile() == text && site.inForce() == "old" && !site.site.isDown)
            #expect(!site.site.exists("state/rotation.journal") && !site.site.exists("state/rotation.identity"))
            return fault
        }
        return nil
    }

    @Test func `a new password that is none, or is the old one, or would be exported over`() throws {
        let site = try PasswordBench()
        let values: [(String, String)] = [
            ("POSTGRES_PASSWORD=short", "rotation.unusable-value"),
            ("POSTGRES_PASSWORD='with@other/characters:than'", "rotation.unusable-value"),
            ("POSTGRES_PASSWORD=\(PasswordBench.old)", "rotation.same-value"), ("OTHER=1", "rotation.other-variables"),
        ]
        for (line, code) in values {
            try site.bench.folder.write("password.env", line + "\n")
            let fault = try refused(site)
            #expect(fault?.code == code && fault?.exit == .refused, "\(line): \(fault as Any)")
        }
        try site.bench.folder.write("password.env", "POSTGRES_PASSWORD=\(PasswordBench.new)\n")
        #expect(try refused(site) { $0.storedCopies = .init() }?.code == "rotation.stored-copies")
    }

    @Test(arguments: [false, true])
    func `an env file whose password the role does not have`(isTrusted: Bool) throws {
        let site = try PasswordBench(isTrusted: isTrusted)
        try site.bench.editEnvFile(PasswordBench.old, "EditedBeforehand0123456789")
        let fault = try refused(site)
        #expect(fault?.code == "rotation.password-differs" && fault?.exit == .refused, "\(fault as Any)")
        #expect(fault?.message.contains("what the env file says is not what the role \"\(site.role)\" has") == true)
    }

    @Test func `a password of this program's own that nobody would change`() throws {
        let site = try PasswordBench(), bench = site.bench
        try bench.folder.write("own", PasswordBench.old + "\n")
        bench.instanceLines.append("database: { password_file: \"\(bench.folder.path("own"))\" }")
        let fault = try refused(site)
        #expect(fault?.code == "rotation.own-password" && fault?.message.contains("infisical-ops.yaml") == true)
    }
}

/// Lets a run do nothing any more from a statement on, as if it had been killed there.
private final class StopsAtStatement: EffectObserver {
    private let verb: String
    private let isBefore: Bool
    private let state = Mutex<(isOver: Bool, number: Int?)>((false, nil))

    init(_ verb: String, isBefore: Bool) {
        self.verb = verb
        self.isBefore = isBefore
    }

    func before(_ effect: Effect) -> Int32? {
        state.withLock { state in
            if !state.isOver, effect.kind == .statement, effect.subject == verb {
                state.number = effect.number
                state.isOver = isBefore
            }
            return state.isOver ? EIO : nil
        }
    }

    func after(_ effect: Effect) -> Int32? {
        state.withLock { state in
            if effect.number == state.number { state.isOver = true }
            return state.isOver ? EIO : nil
        }
    }
}
