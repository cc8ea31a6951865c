import Glibc
import LiveSupport
import Operations
import Postgres
import Repository
import Synchronization
import TestSupport

/// Backups that are made once for all tests; each works in a copy of repository, state folder and env file. The database
/// is shared, so nobody changes it.
enum PreparedRepository {
    struct Content: Sendable {
        let folder: TemporaryFolder
        let database: String
        /// Ids of the backups, the oldest first.
        let ids: [String]
    }

    private static let october = Mutex<Content?>(nil)
    private static let small = Mutex<Content?>(nil)

    /// One backup of a database of Infisical's.
    static func ofOctober() throws -> Content {
        try get(october) {
            let bench = try Bench(.october)
            return (bench, [try bench.backup().entry.id.text])
        }
    }

    /// Two backups of a database of a few tables that has something of everything that a restore puts back.
    static func ofSmall() throws -> Content {
        try get(small) {
            let bench = try Bench(nil)
            try bench.script(smallDatabase(bench.database))
            let first = try bench.backup().entry.id.text
            try bench.sql("INSERT INTO public.parts SELECT g, 1, 'late' FROM generate_series(20001, 20005) g")
            return (bench, [first, try bench.backup().entry.id.text])
        }
    }

    private static func get(
        _ place: borrowing Mutex<Content?>, _ make: () throws -> (Bench, [String])
    ) throws -> Content {
        try place.withLock { made in
            if let made { return made }
            let (bench, ids) = try make()
            let folder = try TemporaryFolder()
            guard folder.run("cp -a '\(bench.folder.path)/.' .") == 0 else { throw TestProblem(folder.said("err")) }
            let content = Content(folder: folder, database: bench.releaseDatabase(), ids: ids)
            made = content
            atexit { PreparedRepository.remove() }
            return content
        }
    }

    private static func remove() {
        october.withLock { $0 = nil }
        small.withLock { $0 = nil }
    }

    private static func smallDatabase(_ name: String) -> String {
        """
        CREATE TABLE public.wholes (id int PRIMARY KEY, name text);
        INSERT INTO public.wholes SELECT g, 'whole ' || g FROM generate_series(1, 7) g;
        CREATE TABLE public.parts (id int PRIMARY KEY, whole int REFERENCES public.wholes, words text);
        INSERT INTO public.parts SELECT g, 1 + g % 7, md5(g::text) FROM generate_series(1, 20000) g;
        CREATE SCHEMA beside;
        CREATE TABLE beside.wholes (id int);
        INSERT INTO beside.wholes VALUES (1), (2);
        CREATE TABLE public.empty (id int);
        CREATE SEQUENCE public.numbers; SELECT setval('public.numbers', 41, true);
        CREATE MATERIALIZED VIEW public.counted AS SELECT whole, count(*) AS parts FROM public.parts GROUP BY whole;
        CREATE MATERIALIZED VIEW public.unfilled AS SELECT 1 AS one WITH NO DATA;
        COMMENT ON DATABASE \(name) IS 'ours';
        ALTER DATABASE \(name) SET work_mem TO '7MB';
        GRANT CREATE ON DATABASE \(name) TO PUBLIC;
        """
    }
}

extension Bench {
    /// One with the two backups of the small database.
    static func small() throws -> Bench { try Bench(copying: PreparedRepository.ofSmall()) }

    /// One with the backup of Infisical's database.
    static func october() throws -> Bench { try Bench(copying: PreparedRepository.ofOctober()) }
}
