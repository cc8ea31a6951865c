import FoundationEssentials
import LiveSupport
import Postgres
import Processes
import TestSupport
import Testing

/// The second database, which holds only audit logs: in the same backup, or left out by name.
@Suite struct AuditLogTests {
    private struct Report: Decodable {
        struct Backup: Decodable {
            struct LeftOut: Decodable {
                let kind: String
                let name: String
            }
            let id: String
            let tables: Int
            let leftOut: [LeftOut]
        }
        let backup: Backup
        let warnings: [String]
        let exit: Int32
    }

    /// Lends an instance with a second database and the address of it in the env file.
    private func withAuditLogs(_ body: (OpsInstance, _ logs: String) throws -> Void) throws {
        let instance = try OpsInstance(), logs = try instance.restoredName()
        try LiveServer.connect(LiveServer.get().endpoint()).query(
            "CREATE DATABASE \(identifier: logs) TEMPLATE template0")
        try connection(logs).execute(
            script:
                "CREATE TABLE public.audit_logs AS SELECT g AS id, md5(g::text) AS event FROM generate_series(1, 5000) g"
        )
        try point(instance, to: logs)
        try body(instance, logs)
    }

    private func connection(_ name: String) throws -> Connection {
        try LiveServer.connect(LiveServer.get().endpoint(database: name))
    }

    /// Over TCP, with the password in the address.
    private func point(_ instance: OpsInstance, to database: String, port: Int? = nil, password: String? = nil) throws {
        let server = try LiveServer.get()
        let secret = (password ?? LiveServer.password).utf8.map { "%" + hex($0) }.joined()
        let line =
            "AUDIT_LOGS_DB_CONNECTION_URI=postgresql://postgres:\(secret)@127.0.0.1:\(port ?? server.port)/\(database)\n"
        let lines = try String(contentsOfFile: instance.envFile, encoding: .utf8).split(separator: "\n")
            .filter { !$0.hasPrefix("AUDIT_LOGS") }.joined(separator: "\n")
        try instance.write(Array((lines + "\n" + line).utf8), to: instance.envFile)
    }

    private func failPgDump(of database: String, _ instance: OpsInstance) throws {
        let path = instance.path("pg_dump")
        let script = """
            #!/bin/sh
            [ "$PGDATABASE" != '\(database)' ] || { sleep 0.3; echo 'this one fails' >&2; exit 1; }
            for program in /usr/lib/postgresql/*/bin/pg_dump; do :; done
            exec "$program" "$@"

            """
        try instance.write(Array(script.utf8), to: path)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
        instance.environment["INFISICAL_OPS_BACKUP_PG_DUMP"] = .plain(path)
    }

    private func hex(_ byte: UInt8) -> String {
        (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
    }

    @Test func `both databases are in one backup and come back`() throws {
        try withAuditLogs { instance, logs in
            let plan = try instance.ops("backup", "--dry-run").expect(0)
            #expect(
                plan.output.contains("database \(instance.database) on") && plan.output.contains("database \(logs) on"))
            let report: Report = try instance.ops("backup", "--json").expect(0).object()
            #expect(report.backup.tables == 117 && report.backup.leftOut.isEmpty)
            try instance.ops("verify", "--level", "readable").expect(0)
            let shown = try instance.ops("show").expect(0).output
            #expect(shown.contains("\(instance.database) (main)") && shown.contains("\(logs) (audit-logs)"))
            let main = try instance.restoredName(), copy = try instance.restoredName()
            try instance.ops("restore", "--to-database", main, "--yes").expect(0)
            try instance.ops("restore", "--role", "audit-logs", "--to-database", copy, "--yes").expect(0)
            #expect(try instance.dump(main) == instance.dump(instance.database))
            #expect(try instance.dump(copy) == instance.dump(logs))
        }
    }

    @Test(arguments: ["gone", "refused", "password", "large objects", "pg_dump"])
    func `a second database that cannot be read is left out by name, and the rest is kept`(reason: String) throws {
        try withAuditLogs { instance, logs in
            try instance.ops("backup").expect(0)
            let words: [String]
            switch reason {
            case "gone":
                try point(instance, to: "no_such_logs")
                words = ["there is no database no_such_logs"]
            case "refused":
                try point(instance, to: logs, port: 1)
                words = ["no PostgreSQL server answers at 127.0.0.1:1"]
            case "password":
                try point(instance, to: logs, password: "hunter2hunter2")
                words = ["does not accept the password", "AUDIT_LOGS_DB_CONNECTION_URI"]
            case "large objects":
                try connection(logs).query("SELECT lo_create(0)")
                words = ["1 large objects"]
            default:
                // Fails in the middle, when the other connection has read rows already.
                try failPgDump(of: logs, instance)
                words = ["pg_dump", "this one fails"]
            }
            if reason != "pg_dump" {
                #expect(try instance.ops("backup", "--dry-run").expect(2).errors.contains("was left out"))
            }
            let report: Report = try instance.ops("backup", "--json").expect(2).object()
            #expect(report.exit == 2 && report.backup.tables == 116)
            let name = reason == "gone" ? "no_such_logs" : logs
            #expect(report.backup.leftOut.map(\.kind) == ["audit-logs database"])
            #expect(report.backup.leftOut.map(\.name) == [name])
            let warning = try #require(report.warnings.first { $0.contains("was left out") })
            for word in words + [name] { #expect(warning.contains(word), "\(warning)") }
            #expect(!warning.contains("hunter2"))

            // It is said wherever the backup is shown, and its restore ends with 2 as well.
            #expect(try instance.ops("status").expect(0).output.contains("left out    audit-logs database \(name)"))
            #expect(
                try instance.ops("show").expect(0).output.contains("not in the backup: audit-logs database \(name)"))
            try instance.ops("verify", "--all", "--level", "readable").expect(0)
            let copy = try instance.restoredName()
            let restored = try instance.ops("restore", "--to-database", copy, "--yes").expect(2)
            #expect(restored.errors.contains("not in the backup: audit-logs database \(name)"))
            #expect(try instance.dump(copy) == instance.dump(instance.database))
            try instance.refuses(
                ["restore", "--role", "audit-logs", "--to-database", "x", "--yes"], exit: 3,
                code: "restore.no-such-database-in-backup", naming: [report.backup.id])
            instance.environment["INFISICAL_OPS_BACKUP_PG_DUMP"] = nil
            // The one before still has it.
            let logsCopy = try instance.restoredName()
            try instance.ops(
                "restore", try instance.ids()[0], "--role", "audit-logs", "--to-database", logsCopy, "--yes"
            ).expect(0)
        }
    }

    @Test(arguments: ["emptied", "another"])
    func `a second database that holds nothing any more is told`(reason: String) throws {
        try withAuditLogs { instance, logs in
            try instance.ops("backup").expect(0)
            try connection(logs).query(
                reason == "emptied" ? "TRUNCATE public.audit_logs" : "ALTER TABLE public.audit_logs RENAME TO others")
            let report: Report = try instance.ops("backup", "--json").expect(2).object()
            let text =
                reason == "emptied" ? "was emptied: the previous backup held 5000" : "has no table of audit logs"
            #expect(report.warnings.contains { $0.contains(logs) && $0.contains(text) }, "\(report.warnings)")
            #expect(report.exit == 2 && report.backup.tables == 117 && report.backup.leftOut.isEmpty)
            // Fewer of them is the business of its retention.
            try connection(logs).execute(
                script: """
                    DROP TABLE IF EXISTS public.others, public.audit_logs;
                    CREATE TABLE public.audit_logs AS SELECT 1 AS id
                    """)
            try instance.ops("backup").expect(0)
        }
    }

    @Test func `health sees a second database that is missing, is another, or is empty`() throws {
        struct Health: Decodable {
            struct Finding: Decodable { let code: String, message: String, hints: [String] }
            let findings: [Finding]
        }
        try withAuditLogs { instance, logs in
            let finding = { () throws -> String? in
                let health: Health = try instance.ops("health", "--json").object()
                let found = health.findings.filter { $0.code == "health.audit-logs" }
                #expect(found.allSatisfy { !$0.hints.isEmpty })
                return found.first?.message
            }
            try instance.write(Array("instance: { url: \"http://127.0.0.1:1\" }\n".utf8), to: instance.configuration)
            #expect(try finding() == nil)
            try connection(logs).query("TRUNCATE public.audit_logs")
            #expect(try finding()?.contains("holds no audit log at all") == true)
            try connection(logs).query("DROP TABLE public.audit_logs")
            #expect(try finding()?.contains("has no table audit_logs") == true)
            try point(instance, to: "no_such_logs")
            #expect(try finding()?.contains("there is no database no_such_logs") == true)
        }
    }

    // The change is over when the backup begins again.
    @Test func `a second database that changes beside the backup is read again and not left out`() throws {
        try withAuditLogs { instance, logs in
            let path = instance.path("pg_dump"), mark = instance.path("changed"), server = try LiveServer.get()
            let script = """
                #!/bin/sh
                for folder in /usr/lib/postgresql/*/bin; do :; done
                case "$*" in *--version*) exec "$folder/pg_dump" --version ;; esac
                if [ "$PGDATABASE" = '\(logs)' ] && [ ! -e '\(mark)' ]; then
                    touch '\(mark)'
                    psql -q -h '\(server.folder)' -p \(server.port) -U postgres -d '\(logs)' \
                        -c 'ALTER SCHEMA side RENAME TO aside'
                fi
                exec "$folder/pg_dump" "$@"

                """
            try connection(logs).query("CREATE SCHEMA side")
            try instance.write(Array(script.utf8), to: path)
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
            instance.environment["INFISICAL_OPS_BACKUP_PG_DUMP"] = .plain(path)
            let report: Report = try instance.ops("backup", "--json").expect(0).object()
            #expect(report.backup.tables == 117 && FileManager.default.fileExists(atPath: mark))
        }
    }

    @Test func `the main database is no matter of leaving out`() throws {
        try withAuditLogs { instance, _ in
            let main = instance.environment["INFISICAL_OPS_DATABASE_URL"]
            instance.environment["INFISICAL_OPS_DATABASE_URL"] = .plain("postgresql://127.0.0.1:1/x")
            try instance.refuses(["backup"], exit: 1, code: "postgres.connection-refused", naming: ["\"x\""])
            instance.environment["INFISICAL_OPS_DATABASE_URL"] = main
            try instance.ops("backup").expect(0)
        }
    }

    @Test func `an address that cannot be read is told with its line, never with its text`() throws {
        try withAuditLogs { instance, logs in
            try point(instance, to: logs + "?sslpassword=x")
            let fault = try instance.refuses(
                ["backup"], exit: 3, code: "settings.bad-connection", naming: [instance.envFile, "sslpassword"])
            #expect(fault.message.contains("AUDIT_LOGS_DB_CONNECTION_URI") && !fault.message.contains("%"))
        }
    }
}
