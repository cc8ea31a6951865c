import Faults
import FoundationEssentials
import LiveSupport
import TestSupport
import Testing

/// The JSON of every command is one line with the schema and the members that `docs/scripting.md` promises.
@Suite struct JSONContractTests {
    /// A JSON value, as far as the contract looks at it.
    private enum Value: Decodable {
        case object([String: Value])
        case list([Value])
        case other
        case text(String)

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let object = try? container.decode([String: Value].self) {
                self = .object(object)
            } else if let list = try? container.decode([Value].self) {
                self = .list(list)
            } else if let text = try? container.decode(String.self) {
                self = .text(text)
            } else {
                self = .other
            }
        }

        var members: [String: Value] { if case .object(let members) = self { members } else { [:] } }
    }

    /// The rows of the table in `docs/scripting.md`: members by schema.
    private static func documented() throws -> [String: Set<String>] {
        let path = Fixtures.path("../../docs/scripting.md")
        let text = String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self)
        var documented: [String: Set<String>] = [:]
        for line in text.split(separator: "\n") where line.hasPrefix("| `") && line.contains("infisical-ops/") {
            let cells = line.split(separator: "|").map { $0.trimmed }
            // What stands in parentheses belongs to the member before it.
            let members = outside(cells[2]).split(separator: ",").map { $0.trimmed.filter { $0 != "`" } }
            documented[cells[1].filter { $0 != "`" }] = Set(members.map { String($0.split(separator: " ")[0]) })
        }
        return documented
    }

    private static func outside(_ text: String) -> String {
        var depth = 0, result = ""
        for character in text {
            if character == "(" { depth += 1 }
            if depth == 0 { result.append(character) }
            if character == ")" { depth -= 1 }
        }
        return result
    }

    /// Members that are absent where they have no value.
    private static let optional: Set<String> = [
        "identityFile", "configuration", "file", "latest", "ageSeconds", "databaseFault", "bootFault", "bootSeconds",
        "canary", "shrunk", "repositoryFault", "rejected", "verified", "drilled", "drillFailure",
        "searched", "reason", "otherInstance", "databaseShrunk", "declined", "databaseDeclined", "holdsKeyInForce",
        "lost", "phrase", "open", "retired",
    ]
    private static let ofBackup: Set<String> = [
        "id", "sequence", "started", "finished", "tags", "tables", "rows", "storedBytes", "newBytes", "era",
        "migration", "keyLabel", "keys", "leftOut",
    ]

    @Test func `every command prints one object with the documented members`() throws {
        let documented = try Self.documented()
        #expect(documented.count == 38)
        let instance = try OpsInstance()
        try instance.configure()
        let tree = ["--root", instance.path("tree")]
        try instance.run(["schedule", "install", "--cron", "--yes"] + tree).expect(0)
        let place = try DrillPlace(instance)
        let copy = try instance.restoredName()
        defer { place.removeKept() }
        struct Recipients: Decodable { let recipients: [String] }
        struct Labels: Decodable {
            struct Key: Decodable { let label: String }
            let keys: [Key]
        }
        let labels: Labels = try instance.ops("keys", "label", "--json").expect(0).object()
        let label = try #require(labels.keys.first).label
        let own: Recipients = try instance.ops("repository", "recipients", "--json").expect(0).object()
        let runs: [(schema: String, arguments: [String])] = [
            ("init", ["init", "--no-configuration"]), ("init-plan", ["init", "--no-configuration", "--dry-run"]),
            ("config-show", ["config", "show"]), ("config-check", ["config", "check"]),
            ("schedule", ["schedule", "show"] + tree),
            ("schedule-plan", ["schedule", "remove", "--dry-run"] + tree),
            ("schedule", ["schedule", "remove", "--yes"] + tree),
            ("backup-plan", ["backup", "--dry-run"]), ("backup", ["backup"]),
            ("list", ["list"]), ("show", ["show"]), ("diff", ["diff", "latest", "latest"]), ("status", ["status"]),
            ("verify", ["verify"]), ("census", ["census"]), ("keys-check", ["keys", "check"]),
            ("keys-generate", ["keys", "generate", "--show"]), ("keys-label", ["keys", "label"]),
            ("keys-write", ["keys", "write", "--to", instance.path("keys.env")]),
            ("keys-ledger", ["keys", "ledger"]), ("rotate-status", ["rotate", "status"]),
            ("keys-retire", ["keys", "retire", label, "--revoke"]),
            ("keys-escrow", ["keys", "escrow", "--to", own.recipients[0], "--output", instance.path("kit.txt")]),
            ("keys-escrow", ["keys", "escrow", "verify", instance.path("kit.txt")]),
            ("export-list", ["export", "--list", "--from", "latest"]),
            (
                "export",
                [
                    "export", "--project", "harbour-api", "--from", "latest", "--format", "json", "--output",
                    instance.path("secrets.json"),
                ]
            ),
            ("drill", ["drill", "--keep"]),
            ("restore-plan", ["restore", "--to-database", copy, "--dry-run"]),
            ("restore", ["restore", "--to-database", copy, "--yes"]),
            ("restore-files-plan", ["restore", "--files", instance.path("k"), "--dry-run"]),
            ("restore-files", ["restore", "--files", instance.path("k"), "--yes"]),
            ("repair", ["repair", "--dry-run"]), ("repair", ["repair", "--yes"]),
            ("repository-recipients", ["repository", "recipients"]),
            ("repository-recipients-plan", ["repository", "recipients"] + own.recipients + ["--dry-run"]),
            ("repository-recipients", ["repository", "recipients"] + own.recipients + ["--yes"]),
            ("repository-accept", ["repository", "accept", "latest"]),
            ("repository-reject-plan", ["repository", "reject", "ID", "--dry-run"]),
            ("repository-reject", ["repository", "reject", "ID", "--revoke"]),
            ("repository-rekey-plan", ["repository", "rekey", "--dry-run"]),
            ("repository-rekey", ["repository", "rekey", "--yes"]),
        ]
        var seen: Set<String> = []
        for run in runs {
            let arguments = try run.arguments.map { $0 == "ID" ? try instance.ids()[0] : $0 }
            let result = try instance.run(arguments + ["--json"]).expect(0)
            #expect(result.errors == "", "\(run.arguments)")
            #expect(result.output.split(separator: "\n").count == 1 && result.output.hasSuffix("}\n"))
            let value: Value = try result.object()
            let schema = "infisical-ops/\(run.schema)/1"
            guard case .text(schema)? = value.members["schema"] else {
                Issue.record("\(run.arguments) has another schema than \(schema): \(result.output.prefix(200))")
                continue
            }
            seen.insert(schema)
            let members = Set(value.members.keys).subtracting(["schema"])
            let expected =
                run.schema.hasSuffix("-plan")
                ? documented[schema] ?? ["steps", "warnings", "exit", "reason"] : documented[schema]
            let promised = try #require(expected, "\(schema) is not documented")
            #expect(members.isSubset(of: promised), "\(schema): \(members.subtracting(promised)) is not documented")
            #expect(
                promised.subtracting(members).isSubset(of: Self.optional),
                "\(schema) lacks \(promised.subtracting(members))")
            for name in ["backup", "latest"] {
                if case .object(let backup)? = value.members[name] {
                    #expect(Self.ofBackup.isSubset(of: backup.keys), "\(schema)")
                }
            }
        }
        // Those need an instance that runs: Tests/Support/instance-test and recover-host-test hold them against the same table.
        let ofInstance = [
            "restore-in-place", "health", "restart", "logs", "recover", "recover-rehearsal", "rotate",
            "rotate-rehearsal",
        ]
        let expected = Set(documented.keys).subtracting(ofInstance.map { "infisical-ops/\($0)/1" })
        #expect(expected.isSubset(of: seen), "\(expected.subtracting(seen)) was not run")
    }

    @Test func `a fault is one object on standard error, and nothing on standard output`() throws {
        let instance = try OpsInstance(nil, initialised: false)
        for command in [
            ["backup"], ["list"], ["show"], ["status"], ["verify"], ["repair"], ["restore", "--files", "x"],
            ["repository", "recipients"], ["repository", "rekey"], ["init"], ["bakcup"],
        ] {
            let result = try instance.run(command + ["--json"])
            #expect(result.exit != 0 && result.output == "" && result.errors.split(separator: "\n").count == 1)
            #expect(try result.fault().exit == result.exit)
        }
    }

    @Test func `the exit codes of the document are those of the program`() throws {
        let path = Fixtures.path("../../docs/scripting.md")
        let text = String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self)
        let documented = text.split(separator: "\n").filter { $0.hasPrefix("| ") }.flatMap { line in
            line.split(separator: "|")[0].split(separator: ",").compactMap { Int32($0.trimmed) }
        }
        #expect(Set(documented) == Set(ExitCode.allCases.map(\.rawValue)))
    }
}

extension Substring {
    fileprivate var trimmed: String { String(String(self).trimmed) }
}

extension String {
    fileprivate var trimmed: String {
        var rest = self[...]
        while rest.first == " " { rest = rest.dropFirst() }
        while rest.last == " " { rest = rest.dropLast() }
        return String(rest)
    }
}
