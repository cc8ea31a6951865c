import FoundationEssentials
import LiveSupport
import Postgres
import Processes
import TestSupport
import Testing

/// Damage that `verify` found is mended by the next backup, without `repair`.
@Suite struct KnownDamageCommandTests {
    @Test(arguments: [true, false])
    func `a chunk that verify found damaged is written again by the next backup`(identity: Bool) throws {
        let instance = try OpsInstance(nil)
        try instance.sql("CREATE TABLE t AS SELECT g AS a, md5(g::text) AS b FROM generate_series(1, 20000) g")
        try instance.ops("backup").expect(0)
        if !identity {
            instance.environment["INFISICAL_OPS_IDENTITY_FILE"] = "none"
        }
        let chunk = try #require(
            try instance.stored("chunks").first {
                try Data(contentsOf: URL(filePath: "\(instance.repository)/\($0)")).count > 100_000
            })
        // The same size, the same time, other bytes.
        try instance.shell(
            """
            touch -d 2020-01-01 "$CHUNK"; touch -r "$CHUNK" "$HOME/time"
            printf xxxx | dd of="$CHUNK" bs=1 seek=50000 conv=notrunc status=none; touch -r "$HOME/time" "$CHUNK"
            """.replacing("$CHUNK", with: "\(instance.repository)/\(chunk)")
        ).expect(0)
        try instance.ops("verify", "--all").expect(13)
        #expect(try instance.ops("status", "--json").expect(13).output.contains("damagedSince"))
        try instance.ops("backup").expect(0)
        try instance.ops("verify", "--all").expect(0)
        try instance.ops("status").expect(0)
        let third = try instance.ops("backup", "--json").expect(0).output
        #expect(third.contains(#""newBytes":0"#), "\(third)")
        if identity {
            struct Proof: Decodable {
                let outcome: String
                let chunks: [String]?
            }
            let proofs = try instance.stored("proofs").filter { $0.hasSuffix(".json") }.map {
                try JSONDecoder().decode(
                    Proof.self, from: Data(contentsOf: URL(filePath: "\(instance.repository)/\($0)")))
            }
            let name = chunk.split(separator: "/").last.map { String($0.prefix(64)) }
            #expect(proofs.contains { $0.outcome == "damaged" && $0.chunks == [name ?? ""] })
            #expect(proofs.filter { $0.outcome == "proven" }.allSatisfy { $0.chunks == nil })
        }
    }

    @Test func `damage that was replaced and found whole since stays settled after another backup`() throws {
        let instance = try OpsInstance(nil)
        try instance.sql("CREATE TABLE t AS SELECT g AS a, md5(g::text) AS b FROM generate_series(1, 20000) g")
        try instance.ops("backup").expect(0)
        let chunk = try #require(
            try instance.stored("chunks").first {
                try Data(contentsOf: URL(filePath: "\(instance.repository)/\($0)")).count > 100_000
            })
        try instance.write([1, 2, 3], to: "\(instance.repository)/\(chunk)")
        try instance.ops("verify").expect(13)
        try instance.ops("backup").expect(0)
        try instance.ops("status").expect(13)
        // Only the newest is looked at, as every night.
        try instance.ops("verify").expect(0)
        try instance.ops("status").expect(0)
        try instance.sql("INSERT INTO t VALUES (0, 'new')")
        try instance.ops("backup").expect(0)
        try instance.ops("status").expect(0)
    }
}
