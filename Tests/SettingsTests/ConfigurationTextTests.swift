import Settings
import Testing

struct ConfigurationTextTests {
    private let signer = "SHA256:" + String(repeating: "Z", count: 43)

    private func set(_ text: String) throws -> [String: String] {
        let settings = try configuration(text).settings
        return Dictionary(uniqueKeysWithValues: settings.map { ($0.key.path, $0.value.description) })
    }

    @Test func `an initial text with nothing sets nothing and shows every key`() throws {
        let text = Configuration.initialText([])
        #expect(try set(text).isEmpty)
        for key in SettingKey.all where key != .containers {
            #expect(text.contains(" \(key.name):"), "\(key.path)")
            #expect(text.contains(key.summary))
        }
        #expect(text.split(separator: "\n").allSatisfy { $0.count <= 120 })
    }

    @Test func `an initial text gives back what it was made from`() throws {
        let values: [(key: SettingKey, value: SettingValue)] = [
            (.envFile, .list(["/srv/.env", "/srv/ü: #x.env"])), (.files, .list(["-odd \"name\"\\\t\n\u{1}\u{7f}"])),
            (.databaseHost, .text("null")), (.databasePort, .integer(5433)), (.databaseName, .text("my db")),
            (.backendContainer, .text("b")), (.repository, .text("/r")), (.recipients, .list(["age1a", "age1b"])),
            (.identityFile, .none), (.signer, .text(signer)), (.yieldAfter, .duration(.seconds(7200))),
            (.migrationWait, .duration(.seconds(90))), (.stateFolder, .text("@x:")),
        ]
        let expected = Dictionary(uniqueKeysWithValues: values.map { ($0.key.path, $0.value.description) })
        #expect(try set(Configuration.initialText(values)) == expected)
        #expect(expected["backup.yield_after"] == "2h")
        #expect(expected["backup.migration_wait"] == "90s")
    }

    @Test func `a URI is written without its password`() throws {
        let variables = ["INFISICAL_OPS_DATABASE_URL": "postgres://u%40x:hunter2@%2Frun/d%20b?application_name=a%26b"]
        let url = try #require(try ResolvedConfiguration(nil, .test(variables))[.databaseURL]?.value)
        let text = Configuration.initialText([(.databaseURL, url)])
        #expect(!text.contains("hunter2"))
        #expect(try set(text)["instance.database.url"] == "postgresql://u%40x@%2Frun/d%20b?application_name=a%26b")
        #expect(try Configuration.adding(.databaseURL, url, to: "", path: "/c").contains("url: \"postgresql://u%40x@"))
    }

    @Test func `without containers the section is replaced by the word none`() throws {
        let text = Configuration.initialText([(.containers, .none)])
        #expect(try set(text) == ["instance.containers": "none"])
        #expect(!text.contains("infisical-backend") && !text.contains("infisical-redis"))
    }

    @Test func `commented keys can be used as they stand`() throws {
        // A person removes the # before a section and its keys.
        let text = Configuration.initialText([])
        let opened = text.split(separator: "\n", omittingEmptySubsequences: false).map { line -> String in
            let parts = line.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, parts[0].allSatisfy({ $0 == " " }) else { return String(line) }
            let rest = parts[1].drop { $0 == " " }
            let isKey =
                rest.prefix { $0.isLowercase || $0 == "_" }.count > 0 && rest.contains(":") && !rest.contains("#")
            return isKey && !rest.contains(". ") ? parts[0] + String(rest) : String(line)
        }.joined(separator: "\n")
        let values = try set(opened)
        #expect(values["backup.compression_level"] == "2")
        #expect(values["instance.containers.backend"] == "infisical-backend")
    }

    @Test(
        arguments: [
            // the section exists
            (
                "# mine\nrepository:   # here\n  # about path\n  path: /r   # c\n\nbackup:\n  jobs: 2\n",
                "# mine\nrepository:   # here\n  signer: S\n  # about path\n  path: /r   # c\n\nbackup:\n  jobs: 2\n"
            ),
            // other indentation, no line end at the end of the file
            ("repository:\n    path: /r", "repository:\n    signer: S\n    path: /r"),
            // an empty section
            ("repository:\nbackup: {jobs: 2}\n", "repository:\n  signer: S\nbackup: {jobs: 2}\n"),
            ("repository: # later\n", "repository: # later\n  signer: S\n"),
            ("repository:", "repository:\n  signer: S\n"),
            // no section
            ("backup:\n  jobs: 2\n", "backup:\n  jobs: 2\nrepository:\n  signer: S\n"),
            ("backup:\n  jobs: 2", "backup:\n  jobs: 2\nrepository:\n  signer: S\n"),
            ("# nothing yet\n", "# nothing yet\nrepository:\n  signer: S\n"), ("", "repository:\n  signer: S\n"),
            // Windows line ends
            ("repository:\r\n  path: /r\r\n", "repository:\r\n  signer: S\r\n  path: /r\r\n"),
        ])
    func `a key is added without disturbing the text`(text: String, expected: String) throws {
        let added = try Configuration.adding(.signer, .text(signer), to: text, path: "/c.yaml")
        #expect(added == expected.replacing("signer: S", with: "signer: \(signer)"))
        #expect(try set(added)["repository.signer"] == signer)
    }

    @Test func `a key of a nested section is added with its sections`() throws {
        let one = try Configuration.adding(.databasePort, .integer(1), to: "instance:\n  env_file: x\n", path: "/c")
        #expect(one == "instance:\n  database:\n    port: 1\n  env_file: x\n")
        let two = try Configuration.adding(.databaseHost, .text("h"), to: one, path: "/c")
        #expect(two == "instance:\n  database:\n    host: h\n    port: 1\n  env_file: x\n")
        let three = try Configuration.adding(.recipients, .list(["age1a", "age1b"]), to: two, path: "/c")
        #expect(three == two + "repository:\n  recipients: [age1a, age1b]\n")
    }

    @Test(
        arguments: [
            "repository: {path: /r}\n", "{repository: {path: /r}}\n", "repository: ~\n", "repository: null # x\n",
            "repository:\n  signer: SHA256:" + String(repeating: "b", count: 43) + "\n", "backup: {jobs: 1}\n...\n",
        ])
    func `a form that allows no insertion is refused and says so`(text: String) throws {
        let found = try fault { _ = try Configuration.adding(.signer, .text(signer), to: text, path: "/c.yaml") }
        #expect(found.code == "settings.not-appendable" || found.code == "settings.yaml-syntax")
        #expect(found.message.contains("/c.yaml"))
    }
}
