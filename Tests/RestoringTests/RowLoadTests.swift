import LiveSupport
import Testing

@testable import Postgres
@testable import Restoring

/// Rows that a table refuses, and who may take away what refuses them.
@Suite struct RowLoadTests {
    @Test func `a check is taken away for a range that is loaded alone, and beside others the range waits`() throws {
        try LiveServer.withDatabase { connection, _ in
            try connection.execute(script: "CREATE TABLE public.t (a int CONSTRAINT late CHECK (a > 5))")
            let losses = LossList(isStrict: false), loader = RowLoad(path: nil, losses: losses, lifts: true)
            let table = RowLoad.Table(
                schema: "public", name: "t", copy: #"COPY "public"."t" ("a") FROM STDIN"#)
            let load = { (isAlone: Bool) in
                try loader.load(table, isAlone: isAlone, connection) { copy in
                    try Array("1\n9\n".utf8).withUnsafeBytes { try copy.put($0) }
                }
            }
            let checks: () throws -> Int = {
                try connection.query("SELECT count(*) AS n FROM pg_constraint WHERE conname = 'late'").only().integer(
                    "n")
            }
            // Whoever takes it away locks the table that others may just be reading, and waits for them.
            #expect(try load(false) == nil && checks() == 1)
            #expect(try load(true) == 2 && checks() == 0)
            try loader.putChecksBack(connection)
            #expect(try checks() == 1 && losses.losses.map(\.kind) == ["check constraint (for new rows only)"])
        }
    }
}
