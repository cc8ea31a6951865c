import InfisicalData
import InfisicalStore
import LiveSupport
import Postgres
import Secrets
import Testing

@Suite struct KeySamplesTests {
    private let other = KeyHolder(
        name: "another env file",
        keys: EnvironmentKeys(
            encryptionKey: Secret(count: 32) { $0.initializeMemory(as: UInt8.self, repeating: UInt8(ascii: "e")) },
            rootEncryptionKey: nil))

    private func trial(_ connection: Connection, _ holders: KeyHolder...) throws -> KeyTrialReport {
        try KeyTrial.run(try InfisicalDatabase(connection).keySamples(), with: holders)
    }

    // MARK: Real keys on real data

    @Test(arguments: LiveFixture.allCases)
    func `the env file's key opens root key and legacy values`(fixture: LiveFixture) throws {
        try fixture.copied { connection in
            let holder = try fixture.holder
            let label = try #require(holder.keys.candidates.first).label
            let report = try trial(connection, holder)
            #expect(
                report.verdict == .opens(KeyUse(label: label, holder: "the env file", source: .encryptionKeyUTF8)))
            #expect(report[.rootWrap]?.label == label)
            #expect(report[.utf8Triples]?.label == (fixture == .s7 ? nil : label))
            #expect(report[.base64Triples]?.outcome == .notChecked(.noRows))
            #expect(report[.legacySnapshot]?.word == (fixture == .s8 ? "opens" : "not checked"))
            #expect(report.findings.isEmpty)
        }
    }

    @Test(arguments: LiveFixture.allCases)
    func `another key opens neither`(fixture: LiveFixture) throws {
        try fixture.copied { connection in
            let report = try trial(connection, other)
            #expect(report.verdict == .doesNotOpen)
            #expect(report[.rootWrap]?.word == "does not open")
            #expect(report[.utf8Triples]?.word == (fixture == .s7 ? "not checked" : "does not open"))
        }
    }

    @Test func `the label that S8 stores is the one of the env file's key`() throws {
        try LiveFixture.s8.copied { connection in
            let sentinel = try #require(try InfisicalDatabase(connection).rootWraps()?.first)
            #expect(sentinel.role == .sentinel)
            #expect(sentinel.strategy == "SOFTWARE")
            #expect(sentinel.label == "c5e8ea8f4dc7dca30718c670d50b3e19")
            #expect(try LiveFixture.s8.holder.keys.candidates.map(\.label) == ["c5e8ea8f4dc7dca30718c670d50b3e19"])
            let report = try trial(connection, other)
            #expect(report.storedLabel == sentinel.label)
            #expect(report.findings.contains { $0.contains("c5e8ea8f4dc7dca30718c670d50b3e19") })
        }
    }

    @Test func `S8 reads its legacy values with the keys in its snapshot`() throws {
        try LiveFixture.s8.copied { connection in
            let report = try trial(connection, try LiveFixture.s8.holder)
            guard case .opens(let keys)? = report[.utf8Triples]?.outcome else {
                Issue.record("the values: \(String(describing: report[.utf8Triples]))")
                return
            }
            #expect(keys.map(\.holder) == [KeyTrial.snapshotHolder])
        }
    }

    // MARK: Sampling

    @Test(arguments: LiveFixture.allCases)
    func `without a limit the samples are all values that the census found`(fixture: LiveFixture) throws {
        try fixture.copied { connection in
            let database = try InfisicalDatabase(connection)
            let triples = try database.legacyTriples(perColumn: 100_000)
            let census = try fixture.census()
            for column in LegacyTier.columns {
                let found = triples.count { $0.origin == column.name }
                let expected = column.isLive(in: database.facts) ? try #require(census[column.name]) : 0
                #expect(found == expected, "\(column.name)")
            }
            #expect(triples.allSatisfy { $0.value != nil && $0.encoding == "utf8" })
            let report = try KeyTrial.run(
                KeySamples(rootWraps: nil, triples: triples, legacySnapshot: nil), with: [try fixture.holder])
            #expect(report[.utf8Triples]?.samples == triples.count)
            #expect(report[.utf8Triples]?.word == (fixture == .s7 ? "not checked" : "opens"))
        }
    }

    @Test func `residue is left out on S8`() throws {
        try LiveFixture.s8.copied { connection in
            let database = try InfisicalDatabase(connection)
            #expect(
                Set(LegacyTier.residue(in: database.facts).map(\.table)) == [
                    "webhooks", "secret_rotations", "dynamic_secrets", "audit_log_streams",
                ])
            #expect(
                Set(try database.legacyTriples().map(\.origin)) == [
                    "project_bots.encryptedPrivateKey", "org_bots.encryptedSymmetricKey",
                    "org_bots.encryptedPrivateKey",
                    "user_encryption_keys.serverEncryptedPrivateKey",
                ])
        }
    }

    @Test func `a limit bounds the values of each column`() throws {
        try LiveFixture.july.copied { connection in
            let triples = try InfisicalDatabase(connection).legacyTriples(perColumn: 2)
            let counts = Dictionary(grouping: triples, by: \.origin).mapValues(\.count)
            #expect(counts["webhooks.urlCipherText"] == 2)
            #expect(counts["org_bots.encryptedPrivateKey"] == 1)
            #expect(counts.values.allSatisfy { $0 <= 2 })
        }
    }

    @Test func `an old value under the other key is sampled among newer ones`() throws {
        try LiveFixture.july.copied { connection in
            try connection.query(
                """
                UPDATE public.project_bots SET "keyEncoding" = 'base64'
                WHERE id = (SELECT id FROM public.project_bots ORDER BY "createdAt" LIMIT 1)
                """)
            let triples = try InfisicalDatabase(connection).legacyTriples(perColumn: 1)
            let encodings = triples.filter { $0.origin == "project_bots.encryptedPrivateKey" }.map(\.encoding)
            #expect(encodings.count == 2 && encodings.contains("utf8") && encodings.contains("base64"))
            let report = try trial(connection, try LiveFixture.july.holder)
            #expect(report[.base64Triples]?.outcome == .notChecked(.keyNotGiven(variable: "ROOT_ENCRYPTION_KEY")))
        }
    }

    @Test func `empty texts hold no value, a cut one is a value that does not open`() throws {
        try LiveFixture.july.copied { connection in
            let database = try InfisicalDatabase(connection)
            let before = try database.legacyTriples(perColumn: 100).count
            try connection.query(
                """
                UPDATE public.webhooks SET "urlCipherText" = '', "urlIV" = '', "urlTag" = ''
                WHERE id = (SELECT id FROM public.webhooks ORDER BY id LIMIT 1)
                """)
            #expect(try database.legacyTriples(perColumn: 100).count == before - 1)
            try connection.query("UPDATE public.secret_rotations SET \"encryptedDataTag\" = NULL")
            let report = try trial(connection, try LiveFixture.july.holder)
            guard case .doesNotOpen(let failing, let keys)? = report[.utf8Triples]?.outcome else {
                Issue.record("the values: \(String(describing: report[.utf8Triples]))")
                return
            }
            #expect(failing == ["secret_rotations.encryptedData"])
            #expect(keys.count == 1)
            #expect(report.verdict == .doesNotOpen)
        }
    }

    // MARK: States of the root table

    @Test func `a database without KMS is S1 and proven by its legacy values`() throws {
        try LiveFixture.july.copied { connection in
            try connection.execute(
                script: "DROP TABLE public.kms_root_config; TRUNCATE public.kms_keys CASCADE")
            let database = try InfisicalDatabase(connection)
            #expect(database.era == .s1)
            #expect(try database.rootWraps() == nil)
            let report = try trial(connection, try LiveFixture.july.holder)
            #expect(report[.rootWrap]?.outcome == .notChecked(.noKMS))
            guard case .opens = report.verdict else {
                Issue.record("the verdict is \(report.verdict)")
                return
            }
        }
    }

    @Test func `an empty root table is a broken chain where something needs the root key`() throws {
        try LiveFixture.october.copied { connection in
            try connection.query("DELETE FROM public.kms_root_config")
            let report = try trial(connection, try LiveFixture.october.holder)
            #expect(report.verdict == .doesNotOpen)
            #expect(report.firstBroken?.contains("silently creates a new root key") == true)
        }
    }

    @Test func `the hardware strategy is read`() throws {
        try LiveFixture.s8.copied { connection in
            try connection.query("UPDATE public.kms_root_config SET \"encryptionStrategy\" = 'HSM'")
            let report = try trial(connection, try LiveFixture.s8.holder)
            #expect(report[.rootWrap]?.outcome == .notChecked(.hardware))
            #expect(report[.legacySnapshot]?.outcome == .notChecked(.rootKeyClosed))
            #expect(report[.utf8Triples]?.word == "opens")
        }
    }

    @Test func `staged and retained wraps are told apart`() throws {
        try LiveFixture.s8.copied { connection in
            for (superseded, label) in [("NULL", "'staged'"), ("pg_catalog.now()", "'retained'")] {
                try connection.query(
                    """
                    INSERT INTO public.kms_root_config ("encryptedRootKey", "supersededAt", "kekLabel")
                    SELECT "encryptedRootKey", \(raw: superseded), \(raw: label) FROM public.kms_root_config
                    WHERE id = '00000000-0000-0000-0000-000000000000'
                    """)
            }
            let wraps = try #require(try InfisicalDatabase(connection).rootWraps())
            #expect(wraps.count == 3)
            #expect(wraps.first { $0.label == "staged" }?.role == .staged)
            #expect(wraps.first { $0.label == "retained" }?.role == .retained)
            let report = try trial(connection, try LiveFixture.s8.holder)
            #expect(report[.stagedWrap]?.word == "opens")
            #expect(report[.retainedWrap]?.word == "opens")
        }
    }

    @Test func `S8 without a snapshot row reads legacy values with the environment`() throws {
        try LiveFixture.s8.copied { connection in
            try connection.query("DELETE FROM public.kms_legacy_encryption_keys")
            let database = try InfisicalDatabase(connection)
            #expect(try database.legacySnapshot() == nil)
            let report = try trial(connection, try LiveFixture.s8.holder)
            guard case .opens(let keys)? = report[.utf8Triples]?.outcome else {
                Issue.record("the values: \(String(describing: report[.utf8Triples]))")
                return
            }
            #expect(keys.map(\.holder) == ["the env file"])
        }
    }

    // MARK: FIPS

    @Test func `the FIPS flag is read where the column exists`() throws {
        try LiveFixture.s8.copied { connection in
            #expect(try InfisicalDatabase(connection).fipsFlag() == .noColumn)
            try connection.query("ALTER TABLE public.super_admin ADD COLUMN \"fipsEnabled\" boolean")
            let database = try InfisicalDatabase(connection)
            #expect(try database.fipsFlag() == .row(false))
            try connection.query("UPDATE public.super_admin SET \"fipsEnabled\" = true")
            #expect(try database.fipsFlag() == .row(true))
            try connection.query("DELETE FROM public.super_admin")
            #expect(try database.fipsFlag() == .noRow)
        }
    }
}
