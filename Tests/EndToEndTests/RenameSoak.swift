import Glibc
import LiveSupport
import Postgres
import TestSupport
import Testing

/// Schemas that change their names and labels that change their words beside a backup. No lock on a table holds that up,
/// and COPY looks names and labels up as they are at its own moment, whatever snapshot it reads.
@Suite(.serialized) struct RenameSoak {
    /// Each sets down, in the same transaction, what is to be found under the names `one` and `two`.
    private static let changes = [
        """
        ALTER SCHEMA one RENAME TO away; ALTER SCHEMA two RENAME TO one; ALTER SCHEMA away RENAME TO two;
        UPDATE public.soak_state SET one = two, two = one
        """,
        "ALTER TYPE public.mood RENAME VALUE 'fine' TO 'well'; UPDATE public.soak_state SET label = 'well'",
        "ALTER TYPE public.mood RENAME VALUE 'well' TO 'fine'; UPDATE public.soak_state SET label = 'fine'",
    ]

    private static let script = """
        CREATE SCHEMA one; CREATE SCHEMA two;
        CREATE TYPE public.mood AS ENUM ('fine', 'worn');
        CREATE TABLE one.t AS SELECT 'first' AS owner, n, repeat('x', 300) AS filler FROM generate_series(1, 4000) n;
        CREATE TABLE two.t AS SELECT 'second' AS owner, n, repeat('x', 300) AS filler FROM generate_series(1, 4000) n;
        CREATE TABLE public.moods AS SELECT 'fine'::public.mood AS mood, n FROM generate_series(1, 500) n;
        CREATE TABLE public.soak_state AS SELECT 'first'::text AS one, 'second'::text AS two, 'fine'::text AS label;
        """

    @Test func `no backup holds the rows of another schema, or words that its types do not have`() throws {
        let instance = try OpsInstance(nil)
        try instance.connection().execute(script: Self.script)
        // What is tried is the moment in which the workers read: pg_dump then takes a while.
        try instance.replacePgDump(by: "sleep 0.$(($$ % 3))")
        try instance.write(
            Array("backup: { jobs: 2, pg_dump: \(instance.folder.path("pg_dump")) }\n".utf8),
            to: instance.configuration)
        let span = try seconds { try instance.ops("backup").expect(0) }
        var published = 0, refused = 0
        let rounds = soakCount("RENAME", reduced: 12)
        for round in 0..<rounds {
            let delay = Double.random(in: 0...span)
            let result = try instance.run(["backup", "--json", "--jobs", round % 4 == 3 ? "1" : "2"]) { beside in
                let connection = try beside.connect()
                switch round % 3 {
                case 0: try beside.waitForSession("worker", connection)
                case 1: try beside.waitForSession("leader", connection)
                default: usleep(UInt32(delay * 1e6))
                }
                // A busy session: there, often back again, and more.
                for _ in 0..<Int.random(in: 1...4) {
                    let change = round % 2 == 0 ? Self.changes[0] : try Self.relabel(connection)
                    try connection.execute(script: "BEGIN; \(change); COMMIT")
                    usleep(UInt32.random(in: 0...30_000))
                }
            }
            guard result.exit == 0 else {
                let code = try result.fault().code
                #expect(result.exit == 1 && ["backup.overtaken", "postgres.relations-keep-changing"].contains(code))
                refused += 1
                continue
            }
            published += 1
            try instance.restored { restored in try Self.check(restored, "round \(round)") }
        }
        print("\(published) backups beside renames checked, \(refused) of \(rounds) refused")
        #expect(published > rounds / 2)
    }

    private static func relabel(_ connection: Connection) throws -> String {
        let label = try connection.query("SELECT label FROM public.soak_state").only().string("label")
        return changes[label == "fine" ? 1 : 2]
    }

    private static func check(_ restored: Connection, _ round: Comment) throws {
        let state = try restored.query("SELECT one, two, label FROM public.soak_state").only()
        for schema in ["one", "two"] {
            let rows = try restored.query("SELECT DISTINCT owner FROM \(identifier: schema).t")
            #expect(try rows.map { try $0.string("owner") } == [state.string(schema)], round)
        }
        let labels = try restored.query("SELECT DISTINCT mood::text AS mood FROM public.moods")
        #expect(try labels.map { try $0.string("mood") } == [state.string("label")], round)
    }
}
