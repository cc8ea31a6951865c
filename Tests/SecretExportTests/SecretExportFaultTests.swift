import Crypto
import Faults
import LiveSupport
import SecretExport
import Secrets
import Testing

@Suite struct SecretExportFaultTests {
    private static let unwritable: [UnwritableSecret] = {
        let secret = ExportedSecret(
            id: "1", key: "A", value: Secret(testing: "hidden'"), environment: "dev", path: "/app")
        do throws(SecretExportFault) {
            _ = try ExportWriter.write([secret], as: .dotenv, isCompatible: true)
        } catch {
            if case .notWritable(_, let refused) = error { return refused }
        }
        return []
    }()

    private static let faults: [(SecretExportFault, String)] = [
        (.crypto(.notAuthentic), "cannot open secrets: "),
        (.unknownSchema(table: "t", column: nil), "the database has no table \"t\""),
        (.unknownSchema(table: "t", column: "c"), "the table t has no column \"c\""),
        (
            .noProject(name: "wbe", nearest: "web", known: ["web"]),
            "there is no project \"wbe\"; did you mean \"web\"?"
        ),
        (
            .noProject(name: "x", nearest: nil, known: (0..<12).map { "p\($0)" }),
            "there is no project \"x\"; there are \"p0\", \"p1\", \"p2\", \"p3\", \"p4\", \"p5\", \"p6\", \"p7\", \"p8\", "
                + "\"p9\" and 2 more"
        ),
        (.ambiguousProject(name: "x", candidates: ["1", "2"]), "several projects are called \"x\": 1, 2"),
        (.deletedProject(name: "x"), "the project \"x\" is deleted and waits to be purged"),
        (.otherProject(name: "x", type: "kms"), "the project \"x\" holds no secrets: it is of the type kms"),
        (
            .noEnvironment(name: "dve", project: "x", nearest: "dev", known: ["dev"]),
            "the project \"x\" has no environment \"dve\"; did you mean \"dev\"?"
        ),
        (.deletedEnvironment(name: "dev", project: "x"), "the environment \"dev\" of the project \"x\" is deleted"),
        (.noFolder(path: "/a", environment: "dev", nearest: nil), "the environment \"dev\" has no folder \"/a\""),
        (.noUser(email: "a@b"), "there is no user \"a@b\""),
        (
            .keyClosed(project: "x", reason: "its key is missing"),
            "the secrets of the project \"x\" cannot be opened: its key is missing"
        ),
        (
            .keyUnavailable(project: "x", reason: "AWS keeps it"),
            "the secrets of the project \"x\" cannot be opened without a running Infisical: AWS keeps it"
        ),
        (.referencesTooLarge(key: "A", path: "/"), "the references in \"A\" in / lead to too many others"),
        (
            .notWritable(format: .dotenv, unwritable),
            "the format dotenv cannot carry \"A\" in /app (its value has a single quote, which ends the value there)"
        ),
        (
            .sameName(format: .docker, keys: ["\"A\" in / and /app"]),
            "several folders have secrets of one name, and the format docker knows names only: \"A\" in / and /app"
        ),
    ]

    @Test(arguments: faults)
    func `every fault says what, where and what to do now`(fault: SecretExportFault, message: String) {
        #expect(fault.code.hasPrefix("secret-export."))
        #expect(fault.message.hasPrefix(message))
        #expect(!fault.hints.isEmpty)
        #expect(!FaultRenderer.text(fault).contains("hidden"))
    }

    @Test func `nothing that holds a value shows it`() {
        let secret = ExportedSecret(
            id: "1", key: "A", value: Secret(testing: "hidden"), environment: "dev", path: "/",
            comment: Secret(testing: "hidden"))
        let keys = InstanceKeys([.init(names: ["A"], inForce: Secret(testing: "hidden"))])
        for holder: Any in [secret, keys] {
            var shown = "\(holder) \(String(reflecting: holder))"
            dump(holder, to: &shown)
            #expect(!shown.contains("hidden"))
        }
    }
}
