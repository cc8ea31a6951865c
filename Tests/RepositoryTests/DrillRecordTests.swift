import Repository
import Testing

/// What the drills of all backups come to together.
@Suite struct DrillRecordTests {
    private func id(_ number: Int) throws -> BackupID { try #require(BackupID("2026112\(number)T000000Z-00000000")) }

    private func standing(_ proofs: (ProofLevel, Proof.Outcome, minute: Int)...) throws -> ProofStore.Standing {
        ProofStore.standing(
            try proofs.map { level, outcome, minute in
                Proof(
                    backup: try id(1), manifest: "", level: level, outcome: outcome,
                    time: "2026-11-23T23:1\(minute):00Z", program: "p", host: "h")
            })
    }

    private static let end = "2026-11-24T00:00:00Z"

    @Test func `the last drill counts, of whatever backup`() throws {
        let old = try standing((.decrypts, .proven, 1)), new = try standing((.readable, .proven, 3))
        let record = try DrillRecord([(id(1), old, true), (id(2), new, true)], until: Self.end)
        #expect(try record.success?.backup == id(1) && record.success?.time == "2026-11-23T23:11:00Z")
        #expect(record.failure == nil)
        #expect(try DrillRecord([(id(2), new, true)], until: Self.end).success == nil)
        let further = try DrillRecord(
            [(id(1), old, true), (id(2), standing((.boots, .proven, 4)), true)], until: Self.end)
        #expect(try further.success?.backup == id(2))
    }

    @Test func `one with a supplied key, of a damaged backup, or of a shrunk one is none`() throws {
        let all = try [
            (id(1), standing((.decryptsSupplied, .proven, 1)), true), (id(2), standing((.equal, .proven, 2)), true),
            (id(3), standing((.decrypts, .proven, 3), (.stored, .damaged, 4)), true),
            (id(4), standing((.decrypts, .proven, 5)), false),
        ]
        #expect(DrillRecord(all, until: Self.end).success == nil)
    }

    @Test func `a failure that was refuted does not come back with damage of the files that refuted it`() throws {
        let failed = try standing((.decrypts, .failed, 1))
        let record = try DrillRecord(
            [(id(1), failed, true), (id(2), standing((.decrypts, .proven, 2), (.stored, .damaged, 3)), true)],
            until: Self.end)
        #expect(record.failure == nil && record.success == nil)
    }

    @Test func `what an older backup proves takes no failure back, and a moment that has not come is no success`()
        throws
    {
        let failed = try standing((.equal, .proven, 1), (.decrypts, .failed, 2))
        let older = try DrillRecord(
            [(id(1), standing((.boots, .proven, 3)), true), (id(2), failed, true)], until: Self.end)
        #expect(try older.failure?.backup == id(2) && older.success?.backup == id(1))
        let ahead = try DrillRecord(
            [(id(1), standing((.decrypts, .proven, 9)), true), (id(2), standing((.decrypts, .proven, 3)), true)],
            until: "2026-11-23T23:15:00Z")
        #expect(try ahead.success?.backup == id(2))
    }

    @Test func `the newest backup that counts and is as new is the one to drill, and what was not provable goes along`()
        throws
    {
        let failed = try standing((.boots, .failed, 2)), plain = ProofStore.Standing()
        let record = try DrillRecord(
            [(id(1), failed, true), (id(2), plain, true), (id(3), plain, false)], until: Self.end)
        #expect(try record.failure?.clearedBy == id(2))
        #expect(try DrillRecord([(id(1), failed, true)], until: Self.end).failure?.clearedBy == id(1))
        #expect(try DrillRecord([(id(1), failed, false)], until: Self.end).failure?.clearedBy == nil)

        let left = Proof.NotProvable(column: "t.c", count: 6, reason: "r")
        var proof = Proof(
            backup: try id(1), manifest: "", level: .decrypts, outcome: .proven, time: "2026-11-23T23:11:00Z",
            program: "p", host: "h")
        #expect(
            try DrillRecord([(id(1), ProofStore.standing([proof]), true)], until: Self.end).success?.notProvable == nil)
        proof.drill = Proof.Drill(
            on: "local", server: "15", phases: [], milliseconds: 1, losses: [], notes: [], notProvable: [left])
        #expect(
            try DrillRecord([(id(1), ProofStore.standing([proof]), true)], until: Self.end).success?.notProvable
                == [left])
    }

    @Test func `a drill of a newer backup in the same second takes a failure back, and one of an older does not`()
        throws
    {
        let failed = try standing((.decrypts, .failed, 2)), good = try standing((.decrypts, .proven, 2))
        #expect(try DrillRecord([(id(1), failed, true), (id(2), good, true)], until: Self.end).failure == nil)
        #expect(
            try DrillRecord([(id(1), good, true), (id(2), failed, true)], until: Self.end).failure?.backup == id(2))
        let same = try standing((.decrypts, .proven, 2), (.decrypts, .failed, 2))
        #expect(try DrillRecord([(id(1), same, true)], until: Self.end).failure != nil)
    }

    @Test func `a failure stands until a drill of that backup or a newer one that counts has gone as far`() throws {
        let failed = try standing((.equal, .proven, 1), (.decrypts, .failed, 2))
        let alone = try DrillRecord([(id(1), failed, true)], until: Self.end)
        #expect(try alone.failure?.backup == id(1) && alone.failure?.drill.level == .decrypts)
        for (level, counts, isRefuted) in [
            (ProofLevel.equal, true, false), (.decrypts, true, true), (.boots, true, true), (.boots, false, false),
        ] {
            let later = try DrillRecord(
                [(id(1), failed, true), (id(2), standing((level, .proven, 3)), counts)], until: Self.end)
            #expect((later.failure == nil) == isRefuted)
        }
        let before = try DrillRecord(
            [(id(1), failed, true), (id(2), standing((.boots, .proven, 1)), true)], until: Self.end)
        #expect(before.failure != nil && before.success != nil)
    }
}
