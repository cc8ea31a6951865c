import Faults
import Postgres
package import Processes

/// Finds PostgreSQL's client programs and runs them with a connection in the environment.
package struct PostgresPrograms: Sendable {
    private let runner: ProcessRunner
    /// From the configuration; wins over what is found.
    private let configured: String?

    package init(runner: ProcessRunner, pgDump configured: String?) {
        self.runner = runner
        self.configured = configured
    }

    /// A `pg_dump` that can read a server of this major version: its own first, then whatever PATH has.
    ///
    /// - Returns: its path and its version, such as `15.18`.
    /// - Throws: `pgDumpMissing`, `pgDumpTooOld`.
    package func pgDump(forServer major: Int) throws -> (path: String, version: String) {
        try program("pg_dump", configured: configured, major)
    }

    /// A `pg_restore` that can read an archive which `pg_dump` of this version wrote.
    package func pgRestore(forArchiveOf version: String) throws -> (path: String, version: String) {
        let major = version.prefix { $0.isNumber }
        let beside = configured.map { $0.split(separator: "/").dropLast().joined(separator: "/") }
        return try program("pg_restore", configured: beside.map { "/\($0)/pg_restore" }, Int(major) ?? 0)
    }

    private func program(_ name: String, configured: String?, _ major: Int) throws -> (path: String, version: String) {
        let own = "/usr/lib/postgresql/\(major)/bin/\(name)"
        guard let path = configured ?? runner.find(own) ?? runner.find(name) else {
            throw BackupFault.pgDumpMissing(major: major)
        }
        let result = try runner.run(
            CommandSpec(path, ["--version"], environment: CommandSpec.inherited(["PATH"])), deadline: .seconds(20)
        ).succeeded()
        let words = String(decoding: result.output, as: UTF8.self).split { $0 == " " || $0 == "\n" }
        let version = words.count > 2 ? String(words[2]) : ""
        guard let found = Int(version.prefix { $0.isNumber }), found >= major else {
            throw BackupFault.pgDumpTooOld(found: version, major: major)
        }
        return (path, version)
    }
}
