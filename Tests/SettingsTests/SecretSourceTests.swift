import Arguments
import Settings
import TestSupport
import Testing

/// Where a password and a passphrase are to be had, and the keys that say so.
@Suite struct SecretSourceTests {
    private func resolved(
        _ text: String, _ environment: [String: String] = [:]
    ) throws(SettingsFault) -> ResolvedConfiguration {
        try ResolvedConfiguration(
            try configuration(text), SettingsSurroundings.test(environment, in: "/"))
    }

    @Test func `the place that is named more strongly counts, and two that are equal are a conflict`() throws {
        let both = "repository:\n  passphrase_file: p\n"
        #expect(try resolved(both).passphrase?.value == .file("/etc/infisical-ops/p"))
        let variable = ["INFISICAL_OPS_PASSPHRASE_COMMAND": "pass show  infisical,x"]
        let stronger = try #require(try resolved(both, variable).passphrase)
        // Blanks divide the words of a command; a comma is part of one.
        #expect(stronger.value == .command(["pass", "show", "infisical,x"]))
        #expect(stronger.origin == .environment("INFISICAL_OPS_PASSPHRASE_COMMAND"))
        let equal = try fault { _ = try configuration("repository: { passphrase_file: p, passphrase_command: [c] }") }
        #expect(equal.code == "settings.conflict")
        let variables = try fault {
            _ = try resolved("", ["INFISICAL_OPS_PASSPHRASE_FILE": "p", "INFISICAL_OPS_PASSPHRASE_COMMAND": "c"])
        }
        #expect(variables.code == "settings.conflict" && variables.message.contains("INFISICAL_OPS_PASSPHRASE_COMMAND"))
    }

    @Test func `what names a place for the password is stronger than an env file, and weaker than an address with one`()
        throws
    {
        let text = "instance: { database: { password_command: [store, get] } }"
        let target = try resolved(text)
        #expect(target.databasePassword?.value == .command(["store", "get"]) && target.database.password == nil)
        let url = try resolved(text, ["INFISICAL_OPS_DATABASE_URL": "postgresql://u:p@h/d"])
        #expect(url.databasePassword == nil && shown(url.database.password) == "p")
        let equal = try resolved(
            "", ["INFISICAL_OPS_DATABASE_URL": "postgresql://u:p@h/d", "INFISICAL_OPS_DATABASE_PASSWORD_FILE": "/x"])
        #expect(equal.databasePassword?.value == .file("/x") && equal.database.password == nil)
    }

    @Test func `a credential counts where nothing else is named`() throws {
        let folder = try TemporaryFolder()
        try write("x", to: folder.path(SecretSource.databasePasswordCredential))
        let environment = ["CREDENTIALS_DIRECTORY": folder.path("")]
        let found = try #require(try resolved("", environment).databasePassword)
        #expect(found.origin.description == "credential infisical-ops-database-password")
        #expect(try resolved("", environment).passphrase == nil)
        let named = try resolved("instance: { database: { password_file: /x } }", environment)
        #expect(named.databasePassword?.value == .file("/x"))
    }

    @Test func `a command is a list, with its program's path taken from the file's folder`() throws {
        let file = try configuration("instance: { commands: { stop: [./stop, a b], start: start } }")
        #expect(
            try ResolvedConfiguration(file, SettingsSurroundings.test(in: "/")).stopCommand == [
                "/etc/infisical-ops/stop", "a b",
            ])
        let text = try fault { _ = try configuration("instance: { commands: { stop: systemctl stop x } }") }
        #expect(text.message.contains("a list of words, the program first"))
    }

    @Test func `the reference explains every key with its value, its default and its variables`() throws {
        let page = SettingKey.reference, markdown = page.markdown
        let terms = page.sections.flatMap(\.terms)
        for key in SettingKey.all {
            let term = try #require(terms.first { $0.name == key.path }, "\(key)")
            #expect(term.text == key.summary)
            let variables = term.details.first { $0.name.hasPrefix("Variable") }?.value
            #expect(variables == key.variables.joined(separator: ", "))
            #expect(markdown.contains("### `\(key.path)`"))
        }
        let wait = try #require(terms.first { $0.name == "backup.migration_wait" })
        #expect(wait.details.map(\.name) == ["Value", "Unit", "Default", "Variable"])
        #expect(wait.details.map(\.value).contains("60s"))
        #expect(page.manualPage(date: "").fileName == "infisical-ops.yaml.5")
    }
}
