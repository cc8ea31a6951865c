import Effects
import FoundationEssentials
import LiveSupport
import Postgres
import Processes
import TestSupport
import Testing

/// How a drill fills its copy, in a server that is its own.
@Suite struct DrillLoadTests {
    @Test func `large tables are loaded whole, and one that refuses rows so goes another way`() throws {
        let instance = try OpsInstance(nil), place = try DrillPlace(instance)
        try instance.connection().execute(
            script: """
                CREATE TABLE public.large (id int PRIMARY KEY, v text);
                INSERT INTO public.large SELECT i, md5(i::text) FROM generate_series(1, 40000) i;
                CREATE TABLE public.limits (most int);
                INSERT INTO public.limits VALUES (40000);
                CREATE FUNCTION public.fits(i int) RETURNS bool LANGUAGE sql AS 'SELECT i <= most FROM limits';
                CREATE TABLE public.guarded (id int CHECK (public.fits(id)), v text);
                INSERT INTO public.guarded SELECT id, v FROM public.large;
                CREATE TABLE public.third AS SELECT * FROM public.large;
                CREATE TABLE public.largest AS SELECT * FROM public.large UNION ALL SELECT * FROM public.large
                    UNION ALL SELECT * FROM public.large UNION ALL SELECT * FROM public.large
                    UNION ALL SELECT * FROM public.large UNION ALL SELECT * FROM public.large;
                CREATE INDEX ON public.largest (id)
                """)
        try instance.ops("backup").expect(0)
        let report = try instance.drill("--keep", "--jobs", "2")
        #expect(report.proven == "equal" && report.problems.isEmpty && report.unchecked.isEmpty)
        #expect(report.rows > 360_000)
        let kept = try #require(report.kept)
        // Where rows are known to be everybody's, an index alone answers; nothing else makes that known here.
        let plan = { (table: String) in
            try run(
                kept.connect[0]
                    + [
                        "-Atc", "SET enable_seqscan = off; SET enable_bitmapscan = off",
                        "-c", "EXPLAIN (ANALYZE, COSTS off, TIMING off) SELECT id FROM public.\(table) WHERE id > 0",
                    ])
        }
        let large = try plan("large"), largest = try plan("largest")
        #expect(large.contains("Index Only Scan") && large.contains("Heap Fetches: 0\n"), "\(large)")
        // One connection would still load it when the others are ready.
        #expect(largest.contains("Index Only Scan") && !largest.contains("Heap Fetches: 0\n"), "\(largest)")
        for command in kept.remove { _ = try run(command) }
        try place.expectNothing()
    }

    @Test func `a chunk of ciphertexts is opened once for the copy and for the keys`() throws {
        let instance = try OpsInstance(.october)
        try instance.ops("backup").expect(0)
        let chunk = try #require(try instance.chunks(of: "secret_versions_v2").first), file = instance.path("opened")
        var victim = Victim()
        victim.effects = [.open]
        victim.count = file
        let result = try instance.run(
            ["drill", "--json"], victim: victim, environment: ["OPS_VICTIM_SUBJECT": .plain("\(chunk).zst.age")])
        let report: DrillReport = try result.expect(0).object()
        #expect(try Data(contentsOf: URL(filePath: file)) == Data("1\n".utf8))
        // As many as are tried when nothing is loaded.
        struct Census: Decodable { let opened: Int }
        let census: Census = try instance.ops("census", "latest", "--json").object()
        #expect(report.proven == "decrypts" && report.opened == census.opened)
    }

    private func run(_ command: [String]) throws -> String {
        let result = try ProcessRunner(effects: Effects(), cancellation: Cancellation()).run(
            CommandSpec(
                command[0], Array(command.dropFirst()), environment: CommandSpec.inherited(["PATH"]), workingFolder: "/"
            ),
            deadline: .seconds(20)
        ).succeeded()
        return String(decoding: result.output, as: UTF8.self)
    }
}
