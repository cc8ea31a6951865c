import LiveSupport
import Postgres
import Processes
import TestSupport
import Testing

/// The object of `drill --json`.
struct DrillReport: Decodable {
    struct Phase: Decodable {
        let name: String
        let seconds: Double
    }
    struct Problem: Decodable {
        let code: String
        let subject: String
        let message: String
    }
    struct Finding: Decodable { let code: String }
    struct Fault: Decodable { let code: String }
    struct Loss: Decodable {
        let kind: String
        let name: String
    }
    struct Kept: Decodable {
        let folder: String
        let connect: [[String]]
        let remove: [[String]]
    }
    let backup: String
    let level: String
    let proven: String?
    struct Compared: Decodable { let tables: Int, rows: Int }
    struct ReadBack: Decodable { let name: String, path: String, environment: String }
    let compared: Compared?
    let canary: ReadBack?
    let opened: Int?
    let bootFault: Fault?
    let server: String
    let tables: Int
    let rows: Int
    let phases: [Phase]
    let seconds: Double
    let dataAgeSeconds: Int
    let problems: [Problem]
    let findings: [Finding]
    let unchecked: [String]
    let losses: [Loss]
    let notes: [String]
    let warnings: [String]
    let kept: Kept?
    let hints: [String]
    let exit: Int32
}

extension OpsInstance {
    /// Drills the latest backup.
    ///
    /// - Parameter sql: run in the restored copy before it is looked at.
    func drill(
        _ arguments: String..., expecting code: Int32 = 0, doing sql: String? = nil
    ) throws -> DrillReport {
        let more: [String: EnvironmentValue] = sql.map { ["OPS_VICTIM_SQL": .plain($0)] } ?? [:]
        let result = try run(
            ["drill", "--json"] + arguments, victim: sql == nil ? nil : Victim(), environment: more
        ).expect(code)
        #expect(result.errors == "")
        let report: DrillReport = try result.object()
        #expect(report.exit == code)
        return report
    }

    /// What `list` says of the latest backup's proof.
    func lastProof() throws -> ListedProof {
        struct Listed: Decodable { let backups: [ListedProof] }
        let listed: Listed = try ops("list", "--json").object()
        return try #require(listed.backups.last)
    }

    /// Backed up: nine rows under an index, and a table that refers to them.
    static func ofNineRows() throws -> OpsInstance {
        let instance = try OpsInstance(nil)
        try instance.connection().execute(
            script: """
                CREATE TABLE public.t (id serial PRIMARY KEY, v text);
                INSERT INTO public.t (v) SELECT md5(i::text) FROM generate_series(1, 9) i;
                CREATE INDEX t_v ON public.t (v);
                CREATE TABLE public.u (t int CONSTRAINT u_t REFERENCES public.t, w regclass);
                INSERT INTO public.u SELECT id, 'public.t' FROM public.t;
                ALTER TABLE public.u ADD CONSTRAINT u_w CHECK (w IS NULL) NOT VALID
                """)
        try instance.ops("backup").expect(0)
        return instance
    }
}

struct ListedProof: Decodable {
    struct Failure: Decodable {
        let level: String
        let code: String
        let message: String
    }
    let proof: String?
    let damagedSince: String?
    let drillFailure: Failure?
}
