import DurableFiles
import Faults
import Postgres
package import Processes

/// Finds PostgreSQL's client programs and runs them with a connection in the environment.
package struct PostgresPrograms: Sendable {
    /// One that was found, and what it says of itself, such as `15.18`.
    package struct Program: Sendable {
        package let path: String
        package let version: String
    }

    private let runner: ProcessRunner
    /// From the configuration; wins over what is found.
    private let configured: String?

    package init(runner: ProcessRunner, pgDump configured: String?) {
        self.runner = runner
        self.configured = configured
    }

    /// A `pg_dump` that can read a server of this major version: its own first, then whatever PATH has.
    ///
    /// - Throws: `programMissing`, `programUnknown`, `programTooOld`.
    package func pgDump(forServer major: Int) throws -> Program {
        try program("pg_dump", major) { own in
            if let configured { return runner.find(configured) }
            return runner.find(own) ?? runner.find("pg_dump")
        }
    }

    /// A `pg_restore` that can read an archive which `pg_dump` of this version wrote.
    package func pgRestore(forArchiveOf version: String) throws -> Program {
        let major = version.prefix { $0.isNumber }
        let beside = configured.map { Files.join(Files.parent(of: $0), "pg_restore") }
        return try program("pg_restore", Int(major) ?? 0) { own in
            beside.flatMap { runner.find($0) } ?? runner.find(own) ?? runner.find("pg_restore")
        }
    }

    private func program(
        _ name: String, _ major: Int, find: (_ own: String) -> String?
    ) throws -> Program {
        guard let path = find("/usr/lib/postgresql/\(major)/bin/\(name)") else {
            throw BackupFault.programMissing(name, configured: name == "pg_dump" ? configured : nil, major: major)
        }
        let result = try runner.run(
            CommandSpec(path, ["--version"], environment: CommandSpec.inherited(["PATH"])), deadline: .seconds(20)
        ).succeeded()
        let words = String(decoding: result.output, as: UTF8.self).split { $0 == " " || $0 == "\n" }
        guard words.count > 2, words[0] == name, let found = Int(words[2].prefix { $0.isNumber }) else {
            throw BackupFault.programUnknown(path: path)
        }
        let version = String(words[2])
        guard found >= major else { throw BackupFault.programTooOld(path: path, found: version, major: major) }
        return Program(path: path, version: version)
    }
}
