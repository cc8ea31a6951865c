import CopyFormat
import Effects
import Faults
import LiveSupport
import Operations
import Postgres
import Repository
import Testing

@testable import Drills

/// Who is at fault where a copy is not what a manifest says.
@Suite struct ContentCheckTests {
    private static let key: DigestKey? = [UInt8](repeating: 7, count: DigestKey.length).withUnsafeBytes {
        try? DigestKey(copying: $0)
    }

    private func check(
        rows: Int, digest: String, chunks: ContentDigest, format: Manifest.Database.Table.Format = .text,
        major: Int = 15
    ) throws -> ContentCheck.Outcome {
        try LiveServer.withDatabase { connection, endpoint in
            try connection.execute(script: "CREATE TABLE public.t AS SELECT i FROM generate_series(1, 3) i")
            let table = Manifest.Database.Table(
                schema: "public", name: "t", format: format, columns: ["i"], rows: rows, digest: digest, bytes: 9,
                copy: "COPY \"public\".\"t\" (\"i\") FROM STDIN", ranges: [])
            let database = Manifest.Database(
                role: "main", name: "d", owner: "postgres",
                server: .init(
                    version: "\(major).1", number: major * 10_000 + 1, encoding: "UTF8", collate: "C", ctype: "C",
                    systemIdentifier: nil),
                settings: [], acl: nil, comment: nil, roles: [],
                schema: .init(archive: [], preData: [], postData: [], pgDump: "15.1"), tables: [table], sequences: [],
                materializedViews: [], leftOut: [])
            return try ContentCheck(
                copy: RestoredCopy(
                    database: database, endpoint: endpoint, superuser: endpoint, jobs: 2, effects: Effects(),
                    cancellation: Cancellation()),
                key: try #require(Self.key), digestOfChunks: { _ in chunks }, progress: BackupProgress()
            ).perform()
        }
    }

    private let zeros = String(repeating: "0", count: 32)

    @Test func `chunks that are not what the manifest says are the backup's fault`() throws {
        let two = try #require(ContentDigest(hex: zeros, rows: 2))
        let rows = try check(rows: 3, digest: zeros, chunks: two).problems
        #expect(rows == [DrillProblem(.rowsDiffer(backup: 3, copy: 2), "public.t", isOfBackup: true)])
        #expect(rows[0].message == "public.t: 3 rows in the backup's manifest, 2 in its chunks")
        #expect(rows[0].exit == .damaged)
        let other = try #require(ContentDigest(hex: String(repeating: "1", count: 32), rows: 3))
        let content = try check(rows: 3, digest: zeros, chunks: other).problems
        #expect(content == [DrillProblem(.contentDiffers(rows: 3), "public.t", isOfBackup: true)])
    }

    @Test func `a copy that is not what whole chunks hold is the copy's fault alone`() throws {
        let four = try #require(ContentDigest(hex: zeros, rows: 4)),
            three = try #require(ContentDigest(hex: zeros, rows: 3))
        #expect(
            try check(rows: 4, digest: zeros, chunks: four).problems
                == [DrillProblem(.rowsDiffer(backup: 4, copy: 3), "public.t")])
        let content = try check(rows: 3, digest: zeros, chunks: three).problems
        #expect(content == [DrillProblem(.contentDiffers(rows: 3), "public.t")] && content[0].exit == .failed)
    }

    @Test func `text of another major version is not compared, and that is said`() throws {
        let three = try #require(ContentDigest(hex: zeros, rows: 3))
        let outcome = try check(rows: 3, digest: zeros, chunks: three, major: 14)
        #expect(outcome.problems.isEmpty && outcome.unchecked.count == 1)
        #expect(outcome.unchecked[0].contains("public.t was not compared"))
        // Binary values mean the same in every version.
        #expect(try check(rows: 3, digest: zeros, chunks: three, format: .binary, major: 14).problems.count == 1)
    }
}
