import Effects
import Faults
import InfisicalData
import LiveSupport
import Postgres
import Rekeying
import TestSupport
import Testing

@Suite("What rekeying refuses, and what it leaves behind then")
struct RekeyingRefusalTests {
    typealias Keys = RekeyedDatabase.Keys

    private func fault(_ body: () throws -> Void) -> (any Fault)? {
        do {
            try body()
            return nil
        } catch { return .of(error) }
    }

    /// Runs survey and migration, both of which must refuse and change nothing.
    private func expectRefused(
        _ database: RekeyedDatabase, _ code: String, to new: Keys = .next, from old: [Keys]? = nil,
        _ statement: SQL? = nil,
        surveyOnly: Bool = false
    ) throws {
        if let statement { try database.connection.query(statement) }
        let content = try database.content()
        let survey = fault { _ = try database.survey(to: new, from: old) }
        #expect(survey?.code == code, "\(survey?.message ?? "")")
        if !surveyOnly {
            let fault = fault { try database.rekey(to: new, from: old) }
            #expect(fault?.code == code, "\(fault?.message ?? "")")
        }
        #expect(try database.content() == content)
    }

    @Test func `keys in a hardware module`() throws {
        try expectRefused(
            RekeyedDatabase(.s8), "rekeying.hardware",
            "UPDATE public.kms_root_config SET \"encryptionStrategy\" = 'HSM'")
    }

    @Test func `a strategy that nobody knows`() throws {
        try expectRefused(
            RekeyedDatabase(.s7), "rekeying.unknown-strategy",
            "UPDATE public.kms_root_config SET \"encryptionStrategy\" = 'CLOUD'")
    }

    @Test func `a root key that is gone`() throws {
        try expectRefused(RekeyedDatabase(.october), "rekeying.sentinel-missing", "DELETE FROM public.kms_root_config")
    }

    @Test(arguments: [LiveFixture.october, .s8])
    func `another key than the database's`(fixture: LiveFixture) throws {
        try expectRefused(RekeyedDatabase(fixture), "rekeying.wrong-key", from: [.third])
    }

    @Test func `another key on an era without root key`() throws {
        try expectRefused(RekeyedDatabase(era: 1), "rekeying.wrong-key", from: [.third])
    }

    @Test func `the key that is in force`() throws {
        let database = try RekeyedDatabase(.october)
        try expectRefused(database, "rekeying.same-key", to: database.keys, surveyOnly: true)
    }

    @Test(arguments: ["", "0123", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="])
    func `a new key that is none`(key: String) throws {
        try expectRefused(RekeyedDatabase(.october), "rekeying.unusable-key", to: Keys(encryption: key))
    }

    @Test func `rows that name a key which nobody gave`() throws {
        let database = try RekeyedDatabase(era: 5, keys: "both")
        try expectRefused(
            database, "rekeying.key-not-given", from: [Keys(encryption: database.keys.encryption)])
    }

    @Test func `a rotation that somebody else prepared`() throws {
        let database = try RekeyedDatabase(.s8)
        _ = try database.connection.transaction {
            try NativeStaging(old: [database.keys.environment], new: Keys.third.environment)
                .stage(database.connection)
        }
        try expectRefused(database, "rekeying.staged")
        try database.rekey(to: .next) { $0.replacesStaged = true }
        #expect(try database.look(.next).wraps == 1)
    }

    @Test func `a server that started with the previous key a moment ago`() throws {
        try expectRefused(
            RekeyedDatabase(.s8), "rekeying.retained",
            """
            INSERT INTO public.kms_root_config (id, "encryptedRootKey", "encryptionStrategy", "activatedAt", "supersededAt", "lastResolvedAt")
            SELECT gen_random_uuid(), "encryptedRootKey", 'SOFTWARE', now(), now(), now() - interval '10 minutes' FROM public.kms_root_config
            """, surveyOnly: true)
    }

    @Test func `a migration`() throws {
        try expectRefused(
            RekeyedDatabase(.s7), "rekeying.migration", "UPDATE public.infisical_migrations_lock SET is_locked = 1",
            surveyOnly: true)
    }

    @Test func `a role that owns nothing`() throws {
        try expectRefused(
            RekeyedDatabase(.october), "rekeying.no-rights", "SET ROLE pg_read_all_data", surveyOnly: true)
    }

    @Test func `a database of somebody else`() throws {
        try expectRefused(
            RekeyedDatabase(era: 4), "rekeying.not-infisical",
            "DROP TABLE public.infisical_migrations; DROP TABLE public.kms_root_config".scripted)
    }

    @Test func `a session without transaction, and a reader in one`() throws {
        let database = try RekeyedDatabase(.october)
        let rekeying = Rekeying(old: [database.keys.environment], new: Keys.next.environment)
        let other = try LiveServer.connect(database.endpoint)
        #expect(throws: RekeyingFault.noTransaction) {
            try rekeying.perform(writer: database.connection, reader: other)
        }
        try other.query("BEGIN")
        #expect(throws: RekeyingFault.busyReader) {
            _ = try database.connection.transaction { try rekeying.perform(writer: database.connection, reader: other) }
        }
    }

    @Test func `rows that do not take what is written end it`() throws {
        let database = try RekeyedDatabase(.october)
        try database.connection.query("CREATE RULE deaf AS ON UPDATE TO public.webhooks DO INSTEAD NOTHING")
        let content = try database.content()
        let fault = fault { try database.rekey(to: .next) }
        #expect(fault?.code == "rekeying.changed-meanwhile", "\(fault?.message ?? "")")
        #expect(try database.content() == content)
    }

    @Test func `values that are not what was written are found when they are read back`() throws {
        let database = try RekeyedDatabase(.october)
        // Whatever is written into one table, another loses its rows.
        try database.connection.query(
            """
            CREATE RULE stubborn AS ON UPDATE TO public.webhooks WHERE NEW."keyEncoding" = 'utf8' AND OLD.iv IS NOT NULL
                DO ALSO DELETE FROM public.audit_log_streams
            """)
        let content = try database.content()
        let fault = fault { try database.rekey(to: .next) }
        #expect(fault?.code == "rekeying.not-read-back", "\(fault?.message ?? "")")
        #expect(try database.content() == content)
    }

    // MARK: - Values that nothing opens

    private static let damage: SQL = """
        UPDATE public.webhooks SET "urlTag" = 'AAAAAAAAAAAAAAAAAAAAAA==' WHERE id = (SELECT min(id::text)::uuid FROM public.webhooks
            WHERE "urlTag" IS NOT NULL)
        """

    @Test func `one value that no key opens ends it, unless it is named`() throws {
        let database = try RekeyedDatabase(.july)
        try database.connection.query("ALTER TABLE public.webhooks DISABLE TRIGGER USER")
        try database.connection.query(RekeyingRefusalTests.damage)
        try database.connection.query("ALTER TABLE public.webhooks ENABLE TRIGGER USER")
        let before = try database.look(database.keys), content = try database.content()
        let closed = try database.survey(to: .next).closed
        #expect(closed.count == 1)
        let name = try #require(closed.keys.first)
        #expect(name.table == "webhooks" && name.column == "urlCipherText" && !name.endsTheStart)
        let fault = #expect(throws: RekeyingFault.self) { try database.rekey(to: .next) }
        #expect(fault?.code == "rekeying.closed" && fault?.exit == .damaged)
        #expect(fault?.message.contains(name.row) ?? false)
        #expect(try database.content() == content)
        let kept = try row(name, database)
        let report = try database.rekey(to: .next) { $0.leaves = [name] }
        #expect(report.left == [name])
        #expect(try row(name, database) == kept)
        try database.look(.next).expectEquals(before, "left")
    }

    private func row(_ name: ValueName, _ database: RekeyedDatabase) throws -> String {
        try database.connection.query(
            "SELECT \"urlCipherText\" || \"urlIV\" || \"urlTag\" AS text FROM public.webhooks WHERE id = \(name.row)"
        ).only().string("text")
    }

    @Test func `a setting without which a server does not start is told as that`() throws {
        let database = try RekeyedDatabase(.s7)
        try database.connection.query(
            """
            UPDATE public.super_admin SET "encryptedSlackClientId" =
                set_byte("encryptedSlackClientId", 20, get_byte("encryptedSlackClientId", 20) # 1)
            """)
        let content = try database.content()
        #expect(try database.survey(to: .next).closed.keys.map(\.endsTheStart) == [true])
        let fault = #expect(throws: RekeyingFault.self) { try database.rekey(to: .next, .deep) }
        #expect(fault?.message.contains("without which newer servers do not start") ?? false)
        #expect(try database.content() == content)
    }

    // MARK: - Failures in the middle

    @Test(arguments: [RekeyingDepth.full, .rekey], [FailingObserver.Kind.failsBefore, .failsAfter])
    func `a failure anywhere leaves the database as it was`(depth: RekeyingDepth, kind: FailingObserver.Kind) throws {
        let database = try RekeyedDatabase(era: 8)
        let content = try database.content()
        var position = 1, tried = 0
        while true {
            let observer = FailingObserver(at: position, kind: kind) { effect in
                [.statement, .copyIn, .copyOut].contains(effect.kind) && effect.subject != "COMMIT"
            }
            do {
                try database.rekey(to: .next, depth, effects: Effects(observer: observer))
                #expect(!observer.happened, "a failure at \(position) was not noticed")
                break
            } catch {
                #expect(observer.happened, "\(error)")
                #expect(try database.content() == content, "at \(position)")
            }
            tried += 1
            // All of the beginning, then some.
            position += position < 40 ? 3 : 7
        }
        #expect(tried > 20)
    }

    @Test func `a run that is interrupted leaves the database as it was`() throws {
        let database = try RekeyedDatabase(.october)
        let content = try database.content()
        let cancellation = Cancellation(), observer = CancellingObserver(cancellation, at: 40)
        let fault = fault {
            try database.rekey(
                to: .next, .rekey, effects: Effects(observer: observer), cancellation: cancellation)
        }
        #expect(fault?.exit == .interrupted)
        #expect(try database.content() == content)
    }
}

extension String {
    /// Several statements as one.
    fileprivate var scripted: SQL {
        SQL(raw: "DO $do$ BEGIN \(self.split(separator: ";").map { $0 + ";" }.joined()) END $do$")
    }
}
