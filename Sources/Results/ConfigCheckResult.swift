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

        init(_ fault: SettingsFault) {
            code = fault.code
            place = fault.place
            key = fault.key
            message = fault.message
            hints = fault.hints.map { FaultRenderer.text($0) }
        }
    }

    package let schema = "infisical-ops/config-check/1"
    /// The configuration file; absent where there is none.
    package let file: String?
    /// Where a file was looked for; absent where there is one.
    package let searched: [String]?
    package let problems: [Problem]
    /// One sentence without full stop each.
    package let warnings: [String]
    package let exit: Int32

    package init(
        file: String?, searched: [String]?, problems: [SettingsFault], warnings: [String], exit: ExitCode
    ) {
        self.file = file
        self.searched = searched
        self.problems = problems.map { Problem($0) }
        self.warnings = warnings
        self.exit = exit.rawValue
    }
}
