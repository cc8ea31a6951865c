package import Faults
package import Settings

/// What `config check` found.
package struct ConfigCheckResult: CommandResult {
    package struct Problem: Encodable, Sendable {
        let code: String
        /// `file:line:column`, a file, or an environment variable.
        let place: String?
        let key: String?
        let message: String
        let hints: [String]

        init(_ fault: any Fault) {
            let setting = fault as? SettingsFault
            code = fault.code
            place = setting?.place
            key = setting?.key
            message = fault.message
            hints = fault.hints.map { FaultRenderer.text($0) }
        }
    }

    package struct Untried: Encodable, Sendable {
        /// A clause.
        package let what: String
        package let command: String
    }

    /// What no look at files can tell.
    private static let untried = [
        Untried(
            what: "whether the database answers, and is the right one; whether the key opens its data",
            command: "infisical-ops backup --dry-run"),
        Untried(
            what: "whether the backups are whole, and the identity opens them", command: "infisical-ops verify"),
        Untried(what: "whether a backup can be restored", command: "infisical-ops drill"),
        Untried(
            what: "whether the engine, the containers, Redis and the backend answer", command: "infisical-ops health"),
        Untried(what: "what is discovered of the instance", command: "infisical-ops config show"),
    ]

    package let schema = "infisical-ops/config-check/1"
    /// The configuration file; absent where there is none.
    package let file: String?
    /// Where a file was looked for; absent where there is one.
    package let searched: [String]?
    package let problems: [Problem]
    /// What was looked at, a clause each.
    package let looked: [String]
    /// What was not, with the command that tries it.
    package let notTried: [Untried]
    /// One sentence without full stop each.
    package let warnings: [String]
    package let exit: Int32

    package init(
        _ check: ConfigurationCheck, problems: [any Fault], warnings: [String], exit: ExitCode
    ) {
        let configuration = check.configuration
        file = check.file
        searched = check.searched
        looked = [
            check.file == nil ? nil : "the keys and values of the configuration file",
            "the environment variables that override it",
            configuration == nil ? nil : "that the files, folders and programs named in both are there and may be used",
            configuration.map { $0.envFiles.isEmpty } == false ? "the form of the key in the env files" : nil,
            configuration?.repository == nil
                ? nil : "that this host has its keys to the repository, where there is one",
        ].compactMap(\.self)
        notTried = Self.untried
        self.problems = problems.map { Problem($0) }
        self.warnings = warnings
        self.exit = exit.rawValue
    }
}
