import FoundationEssentials
import Glibc
import LiveSupport
import Postgres
import TestSupport
import Testing

/// A host with newer PostgreSQL programs than the server: their scripts set what an older server does not know.
@Suite struct NewerProgramsTests {
    @Test func `a schema dumped by version 17 is restored into an older server`() throws {
        let instance = try OpsInstance()
        let folder = instance.folder.path("bin")
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        // The installed programs, which say that they are of version 17 and write what 17 writes into its scripts.
        for program in ["pg_dump", "pg_restore"] {
            let script = """
                #!/bin/sh
                [ "$1" != --version ] || { echo "\(program) (PostgreSQL) 17.2"; exit 0; }
                case " $* " in
                    *" --file=- "*) echo 'SET transaction_timeout = 0;'; exec /usr/bin/\(program) "$@" ;;
                    *--dbname=*) echo 'unrecognized configuration parameter "transaction_timeout"' >&2; exit 1 ;;
                    *) exec /usr/bin/\(program) "$@" ;;
                esac
                """
            try instance.write(Array(script.utf8), to: "\(folder)/\(program)")
            chmod("\(folder)/\(program)", 0o755)
        }
        try instance.write(Array("backup:\n  pg_dump: \(folder)/pg_dump\n".utf8), to: instance.configuration)
        try instance.ops("backup").expect(0)
        let copy = instance.database + "_copy"
        defer { #expect(throws: Never.self) { try LiveServer.drop(copy) } }
        try instance.ops("restore", "latest", "--to-database", copy, "--yes").expect(0)
        let restored = try LiveServer.connect(try LiveServer.get().endpoint(database: copy))
        for query in [
            SQL(raw: "SELECT count(*) AS n FROM pg_constraint"), SQL(raw: "SELECT count(*) AS n FROM pg_index"),
            SQL(raw: "SELECT count(*) AS n FROM public.secrets_v2"),
        ] {
            let count: Int = try restored.query(query).only().integer("n")
            #expect(try instance.sql(query).only().integer("n") == count)
        }
        restored.close()
    }

    @Test func `an archive that this program cannot read is kept and restored by way of pg_restore`() throws {
        let instance = try OpsInstance()
        let folder = instance.folder.path("bin")
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        // The installed programs, which call the archives' version 1.14 another one.
        let scripts = [
            "pg_dump": #"/usr/bin/pg_dump "$@" | LC_ALL=C sed '1s/^PGDMP\x01\x0e/PGDMP\x01\x63/'"#,
            "pg_restore": #"LC_ALL=C sed '1s/^PGDMP\x01\x63/PGDMP\x01\x0e/' | /usr/bin/pg_restore "$@""#,
        ]
        for (program, script) in scripts {
            let text = "#!/bin/sh\n[ \"$1\" != --version ] || exec /usr/bin/\(program) --version\n\(script)\n"
            try instance.write(Array(text.utf8), to: "\(folder)/\(program)")
            chmod("\(folder)/\(program)", 0o755)
        }
        try instance.write(Array("backup:\n  pg_dump: \(folder)/pg_dump\n".utf8), to: instance.configuration)
        struct Report: Decodable { let warnings: [String] }
        let report: Report = try instance.ops("backup", "--json").expect(0).object()
        #expect(report.warnings.contains { $0.contains("archives of version 1.99.0") }, "\(report.warnings)")
        try instance.restored { restored in
            let count = "SELECT count(*) AS n FROM pg_index" as SQL
            let found: Int = try restored.query(count).only().integer("n")
            #expect(try instance.sql(count).only().integer("n") == found)
        }
    }
}
