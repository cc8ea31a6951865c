/// One line of a container's log.
package struct LogResult: CommandResult {
    package let schema = "infisical-ops/logs/1"
    /// As the engine gives it: ISO 8601 in UTC with nanoseconds.
    package let time: String
    /// `database`, `redis` or `backend`.
    package let part: String
    package let container: String
    /// With secrets masked.
    package let line: String

    package init(time: String, part: String, container: String, line: String) {
        self.time = time
        self.part = part
        self.container = container
        self.line = line
    }
}
