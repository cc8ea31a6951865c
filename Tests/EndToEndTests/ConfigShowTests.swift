import FoundationEssentials
import LiveSupport
import Processes
import Testing

/// `config show`: every value with where it comes from, and no secret.
@Suite struct ConfigShowTests {
    private struct Shown: Decodable {
        struct Value: Decodable {
            let key: String
            let value: String?
            let origin: String?
        }
        let file: String?
        let values: [Value]

        func origin(_ key: String) -> String? { values.first { $0.key == key }?.origin }
        func value(_ key: String) -> String? { values.first { $0.key == key }?.value }
    }

    @Test func `every value is shown with its origin, and secrets are masked`() throws {
        let instance = try OpsInstance(nil, initialised: false)
        try instance.write(
            Array("backup:\n  jobs: 3\ninstance:\n  files: [compose.yml]\n".utf8), to: instance.configuration)
        let shown: Shown = try instance.ops("config", "show", "--json").expect(0).object()
        let file = instance.configuration
        #expect(shown.file == file)
        for (key, value, origin) in [
            ("backup.jobs", "3", "\(file):2"), ("instance.files", instance.path("compose.yml"), "\(file):4"),
            ("backup.compression_level", "2", "default"), ("backup.yield_after", "20s", "default"),
            ("repository.path", instance.repository, "environment INFISICAL_OPS_REPOSITORY"),
            ("instance.env_file", instance.envFile, "environment INFISICAL_OPS_ENV_FILE"),
            ("encryption key", "••••", "env \(instance.envFile):2 INFISICAL_ENCRYPTION_KEY"),
            ("auth secret", "••••", "env \(instance.envFile):3 INFISICAL_AUTH_SECRET"),
            ("database password", "••••", "env \(instance.envFile):12 INFISICAL_POSTGRES_PASSWORD"),
            ("site", "http://localhost:8020", "env \(instance.envFile):5 INFISICAL_SITE_URL"),
        ] {
            #expect(shown.value(key) == value, "\(key)")
            #expect(shown.origin(key) == origin, "\(key)")
        }
        #expect(shown.value("database in force")?.contains(instance.database) == true)
        let text = try instance.ops("config", "show").expect(0).output
        for value in shown.values {
            let line = text.split(separator: "\n").first { $0.hasPrefix(value.key + " ") }
            #expect(line?.contains(value.value ?? "not set") == true, "\(value.key)")
            if let origin = value.origin { #expect(line?.contains("(\(origin))") == true, "\(value.key)") }
        }
    }

    @Test func `what is given more strongly wins, and passwords in addresses stay out of sight`() throws {
        let instance = try OpsInstance(nil, initialised: false)
        try instance.write(
            Array("instance:\n  database: { host: db.example, port: 6543 }\n".utf8), to: instance.configuration)
        let environment: [String: EnvironmentValue] = [
            "INFISICAL_OPS_DATABASE_URL": "", "INFISICAL_OPS_INSTANCE_DATABASE_PORT": "7654",
        ]
        let shown: Shown = try instance.run(["config", "show", "--json"], environment: environment).expect(0).object()
        #expect(shown.value("instance.database.port") == "7654")
        #expect(shown.origin("instance.database.port") == "environment INFISICAL_OPS_INSTANCE_DATABASE_PORT")
        #expect(shown.value("database in force") == "postgresql://postgres@db.example:7654/postgres")
        let withPassword: Shown = try instance.run(
            ["config", "show", "--json"],
            environment: ["INFISICAL_OPS_DATABASE_URL": "postgresql://u:hunter2@h/d"]
        ).expect(0).object()
        #expect(withPassword.value("instance.database.url") == "postgresql://u:••••@h/d")
        #expect(withPassword.value("database password") == "••••")
    }

    @Test func `the audit-log database is shown without its password`() throws {
        let instance = try OpsInstance(nil, initialised: false)
        let text = try String(contentsOfFile: instance.envFile, encoding: .utf8)
        try instance.write(
            Array((text + "\nAUDIT_LOGS_DB_CONNECTION_URI=postgresql://audit:hunter2hunter2@logs:5433/audit\n").utf8),
            to: instance.envFile)
        for command in [["config", "show"], ["config", "show", "--json"]] {
            let output = try instance.run(command).expect(0).output
            #expect(output.contains("postgresql://audit@logs:5433/audit") && !output.contains("hunter2"))
        }
    }
}
