import Faults
import InfisicalData
import LiveSupport
import Postgres
import Rekeying
import Testing

@Suite("Preparing Infisical's own rotation, and S8's rows")
struct NativeStagingTests {
    typealias Keys = RekeyedDatabase.Keys

    @Test func `a staged wrap is put there once, and changes nothing else`() throws {
        let database = try RekeyedDatabase(.s8)
        let before = try database.look(database.keys), connection = database.connection
        let staging = NativeStaging(old: [database.keys.environment], new: Keys.next.environment)
        #expect(try staging.state(connection) == .gone)
        try staging.survey(connection)
        let label = try connection.transaction { try staging.stage(connection) }
        #expect(label == Keys.next.environment.rootCandidate?.label)
        #expect(try staging.state(connection) == .staged)
        _ = try connection.transaction { try staging.stage(connection) }
        let row = try connection.query(
            """
            SELECT count(*) AS count, min("kekLabel") AS label, min("encryptionStrategy") AS strategy,
                min(length("encryptedRootKey")) AS length FROM public.kms_root_config
            WHERE id <> '00000000-0000-0000-0000-000000000000' AND "activatedAt" IS NULL AND "supersededAt" IS NULL
            """
        ).only()
        #expect(try row.integer("count") == 1)
        #expect(try row.string("label") == label)
        #expect(try row.string("strategy") == "SOFTWARE")
        #expect(try row.integer("length") == 60)
        let after = try database.look(database.keys)
        #expect(after.values == before.values)
        #expect(after.wraps == before.wraps + 1)
        // What a server that starts with the key does.
        try connection.query(
            """
            UPDATE public.kms_root_config SET "encryptedRootKey" = staged."encryptedRootKey" FROM (
                SELECT "encryptedRootKey" FROM public.kms_root_config WHERE "activatedAt" IS NULL) AS staged
            WHERE id = '00000000-0000-0000-0000-000000000000'
            """)
        try connection.query("DELETE FROM public.kms_root_config WHERE \"activatedAt\" IS NULL")
        #expect(try staging.state(connection) == .promoted)
        // The legacy tier is read with the key that the snapshot keeps.
        #expect(try database.look(.next).values == before.values)
    }

    @Test func `a snapshot that is missing is made of the old keys`() throws {
        let database = try RekeyedDatabase(.s8)
        let before = try database.look(database.keys)
        try database.connection.query("DELETE FROM public.kms_legacy_encryption_keys")
        let staging = NativeStaging(old: [database.keys.environment], new: Keys.next.environment)
        _ = try database.connection.transaction { try staging.stage(database.connection) }
        let after = try database.look(database.keys)
        #expect(after.rowsOfSnapshot == 1)
        #expect(after.values == before.values)
    }

    @Test func `what somebody else prepared is replaced only when told`() throws {
        let database = try RekeyedDatabase(.s8), connection = database.connection
        let other = NativeStaging(old: [database.keys.environment], new: Keys.third.environment)
        _ = try connection.transaction { try other.stage(connection) }
        let staging = NativeStaging(old: [database.keys.environment], new: Keys.next.environment)
        let fault = #expect(throws: RekeyingFault.self) { try staging.survey(connection) }
        #expect(fault?.code == "rekeying.staged")
        #expect(throws: RekeyingFault.self) { _ = try connection.transaction { try staging.stage(connection) } }
        #expect(try other.state(connection) == .staged)
        let replacing = NativeStaging(
            old: [database.keys.environment], new: Keys.next.environment, replacesStaged: true)
        _ = try connection.transaction { try replacing.stage(connection) }
        #expect(try other.state(connection) == .gone)
        #expect(try replacing.state(connection) == .staged)
    }

    @Test func `earlier eras have none`() throws {
        let database = try RekeyedDatabase(.s7)
        let staging = NativeStaging(old: [database.keys.environment], new: Keys.next.environment)
        let fault = #expect(throws: RekeyingFault.self) { try staging.survey(database.connection) }
        #expect(fault?.code == "rekeying.no-native-rotation")
    }

    @Test(arguments: RekeyingDepth.allCases)
    func `every depth leaves one wrap, one open entry of history, and a snapshot of the new keys`(
        depth: RekeyingDepth
    ) throws {
        let database = try RekeyedDatabase(.s8), connection = database.connection
        let before = try database.look(database.keys)
        // A retained wrap from some days ago.
        try connection.query(
            """
            INSERT INTO public.kms_root_config (id, "encryptedRootKey", "encryptionStrategy", "activatedAt", "supersededAt", "kekLabel")
            SELECT gen_random_uuid(), "encryptedRootKey", 'SOFTWARE', now() - interval '9 days', now() - interval '3 days', 'x'
            FROM public.kms_root_config
            """)
        try database.rekey(to: .next, depth)
        let after = try database.look(.next)
        after.expectEquals(before, "\(depth)")
        let label = try #require(Keys.next.environment.rootCandidate?.label)
        #expect(after.wraps == 1)
        #expect(after.label == [label])
        #expect(after.rowsOfSnapshot == 1)
        let row = try connection.query(
            """
            SELECT count(*) FILTER (WHERE "supersededAt" IS NULL) AS open,
                count(*) FILTER (WHERE "supersededAt" IS NOT NULL AND "retiredAt" IS NULL) AS half,
                max("kekLabel") FILTER (WHERE "supersededAt" IS NULL) AS label FROM public.kms_kek_history
            """
        ).only()
        #expect(try row.integer("open") == 1)
        #expect(try row.integer("half") == 0)
        #expect(try row.string("label") == label)
    }
}
