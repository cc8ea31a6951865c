import DurableFiles
import Faults
import Instance
package import Postgres
package import Processes

/// Finds PostgreSQL's client programs, in the database's own container or on this host, and says how to run them.
package struct PostgresPrograms: Sendable {
    /// One that was found, and what it says of itself, such as `15.18`.
    package struct Program: Sendable {
        package let path: String
        package let version: String
        /// Where it runs; nil for this host.
        fileprivate let container: ProgramContainer?

        /// Whether ending the command that started it does not end the program itself.
        package var runsInContainer: Bool { container != nil }

        /// A command that reads a database.
        package func spec(
            _ arguments: [String], to endpoint: Endpoint, as applicationName: String, output: CommandSpec.Output
        ) -> CommandSpec {
            guard let container else {
                return endpoint.command(path, arguments, as: applicationName, .reading, output: output)
            }
            return container.spec(
                path, arguments, environment: endpoint.insideEnvironment(applicationName: applicationName, .reading),
                output: output)
        }

        /// A command that only reads its input and writes its output.
        package func filter(_ arguments: [String], _ input: [UInt8], output: CommandSpec.Output) -> CommandSpec {
            container?.spec(path, arguments, environment: [:], input: .bytes(input), output: output)
                ?? CommandSpec(
                    path, arguments, environment: CommandSpec.inherited(["PATH"]), input: .bytes(input), output: output)
        }
    }

    private let runner: ProcessRunner
    /// From the configuration; wins over what is found.
    private let configured: String?
    /// The container of the database, if it is reached there.
    private let container: ProgramContainer?

    package init(runner: ProcessRunner, pgDump configured: String?, container: ProgramContainer? = nil) {
        self.runner = runner
        self.configured = configured
        self.container = container
    }

    /// A `pg_dump` that can read a server of this major version: the configured one, that of the server's own container,
    /// then this host's.
    ///
    /// - Throws: `ProgramFault`.
    package func pgDump(forServer major: Int) throws -> Program {
        if configured == nil, let inside = try inContainer("pg_dump", major) { return inside }
        return try program("pg_dump", major) { own in
            if let configured { return runner.find(configured) }
            return runner.find(own) ?? runner.find("pg_dump")
        }
    }

    /// A `pg_restore` that can read an archive which `pg_dump` of this version wrote: this host's, which can use several
    /// connections, else that of the database's container.
    package func pgRestore(forArchiveOf version: String) throws -> Program {
        let major = Int(version.prefix { $0.isNumber }) ?? 0
        let beside = configured.map { Files.join(Files.parent(of: $0), "pg_restore") }
        do {
            return try program("pg_restore", major) { own in
                beside.flatMap { runner.find($0) } ?? runner.find(own) ?? runner.find("pg_restore")
            }
        } catch let fault as ProgramFault {
            guard let inside = try inContainer("pg_restore", major) else { throw fault }
            return inside
        }
    }

    /// The program of the database's container; nil where there is none that is new enough.
    private func inContainer(_ name: String, _ major: Int) throws -> Program? {
        guard let container else { return nil }
        let result = try runner.run(container.spec(name, ["--version"], environment: [:]), deadline: .seconds(20))
        guard result.status == .exited(0), let version = PostgresPrograms.version(result, of: name),
            let found = Int(version.prefix { $0.isNumber }), found >= major
        else { return nil }
        return Program(path: name, version: version, container: container)
    }

    private func program(
        _ name: String, _ major: Int, find: (_ own: String) -> String?
    ) throws -> Program {
        guard let path = find("/usr/lib/postgresql/\(major)/bin/\(name)") else {
            throw ProgramFault.missing(name, configured: name == "pg_dump" ? configured : nil, major: major)
        }
        let result = try runner.run(
            CommandSpec(path, ["--version"], environment: CommandSpec.inherited(["PATH"])), deadline: .seconds(20)
        ).succeeded()
        guard let version = PostgresPrograms.version(result, of: name),
            let found = Int(version.prefix { $0.isNumber })
        else { throw ProgramFault.unknown(path: path) }
        guard found >= major else { throw ProgramFault.tooOld(path: path, found: version, major: major) }
        return Program(path: path, version: version, container: nil)
    }

    /// Out of `pg_dump (PostgreSQL) 15.18 (Debian …)`.
    private static func version(_ result: ProcessResult, of name: String) -> String? {
        let words = String(decoding: result.output, as: UTF8.self).split { $0 == " " || $0 == "\n" }
        return words.count > 2 && words[0] == name ? String(words[2]) : nil
    }
}

/// A container that programs are run in.
package struct ProgramContainer: Sendable {
    let docker: Docker
    let id: String

    fileprivate func spec(
        _ program: String, _ arguments: [String], environment: [String: EnvironmentValue],
        input: CommandSpec.Input = .null, output: CommandSpec.Output = .collected(limit: 1 << 20)
    ) -> CommandSpec {
        docker.exec(in: id, program, arguments, environment: environment, input: input, output: output)
    }
}
