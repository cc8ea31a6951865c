import Effects
import Repository
import Testing

/// Which backups count, by nothing but what the manifests say: each test is a chain of backups.
@Suite struct BackupHistoryTests {
    private static func id(_ number: Int) -> BackupID {
        BackupID(started: Timestamp(seconds: 1_700_000_000), random: UInt32(number))
    }

    /// A backup with as many secrets as said, of the instance `i` with the root key `k`.
    private func backup(
        _ number: Int, _ secrets: Int, rootKey: String? = "k", instance: String? = "i", server: String? = "1",
        changes: [Manifest.OwnChange]? = nil, isOld: Bool = false
    ) -> Manifest {
        let table = { (name: String, rows: Int) in
            Manifest.Database.Table(
                schema: "public", name: name, format: .binary, columns: [], rows: rows, digest: "", bytes: 0, copy: "",
                ranges: [])
        }
        let database = Manifest.Database(
            role: "main", name: "d", owner: "o",
            server: .init(
                version: "15", number: 150_000, encoding: "UTF8", collate: "C", ctype: "C", systemIdentifier: server),
            settings: [], acl: nil, comment: nil, roles: [],
            schema: .init(archive: [], preData: [], postData: [], pgDump: "15"),
            tables: [table("secrets_v2", secrets), table("users", secrets == 0 ? 0 : 1)], sequences: [],
            materializedViews: [], leftOut: [])
        return Manifest(
            id: Self.id(number), repository: "r", sequence: number, previous: nil, started: "", finished: "",
            program: "", host: "", tags: [:], key: .init(generation: 1, recipient: "", identity: ""), escrow: nil,
            infisical: .init(
                era: "S4", migration: nil, migrations: 0, verdict: .opens, keys: [], keyLabel: nil, users: nil,
                projects: nil, secrets: nil, rootKey: isOld ? nil : rootKey, instance: isOld ? nil : instance),
            databases: [database], chunks: [:], added: .init(chunks: 0, bytes: 0), recovery: [:], changes: changes)
    }

    /// The numbers of those that are shrunk.
    private func shrunk(_ manifests: [Manifest], accepted: [Int] = []) -> [Int] {
        let history = BackupHistory(
            manifests, accepted: Dictionary(uniqueKeysWithValues: accepted.map { (Self.id($0), "t") }))
        return manifests.filter { history[$0.id].isShrunk }.map(\.sequence)
    }

    /// The chain as backups would write it one after the other.
    private func taken(_ manifests: [Manifest], accepted: [Int] = []) -> [Manifest] {
        var chain: [Manifest] = []
        for var manifest in manifests {
            var history = BackupHistory(
                chain, accepted: Dictionary(uniqueKeysWithValues: accepted.map { (Self.id($0), "t") }))
            _ = history.judge(&manifest)
            chain.append(manifest)
        }
        return chain
    }

    @Test func `a rejected backup is compared with nothing, and nothing with it, also when it is gone`() {
        let first = backup(1, 500, rootKey: "b", instance: "b"), second = backup(2, 100), third = backup(3, 90)
        #expect(shrunk([first, second, third]) == [2, 3])
        let times = [Self.id(1): "t"]
        let history = BackupHistory([first, second, third], accepted: [:], rejected: times)
        #expect(history[Self.id(1)].isRejected && !history.isGood(Self.id(1)))
        #expect(
            history.isGood(Self.id(2)) && history.isGood(Self.id(3)) && history[Self.id(3)].comparedWith == Self.id(2))
        // What a later one recorded of it does not bring it back.
        let chain = taken([first, second, third])
        #expect(chain[2].comparedWith?.id == Self.id(1))
        let rest = Array(chain.dropFirst())
        #expect(rest.allSatisfy { BackupHistory(rest, accepted: [:])[$0.id].isShrunk })
        let left = BackupHistory(rest, accepted: [:], gone: [Self.id(1)])
        #expect(rest.allSatisfy { left.isGood($0.id) })
    }

    @Test func `a row of shrunk backups never becomes usual`() {
        #expect(shrunk([backup(1, 100), backup(2, 10), backup(3, 10), backup(4, 9)]) == [2, 3, 4])
        // One that is whole again counts again, and what comes after is compared with it.
        #expect(shrunk([backup(1, 100), backup(2, 10), backup(3, 90), backup(4, 45), backup(5, 44)]) == [2])
        #expect(shrunk([backup(1, 100), backup(2, 10), backup(3, 90), backup(4, 44)]) == [2, 4])
    }

    @Test func `growth and little losses count, one after the other`() {
        #expect(shrunk([backup(1, 100), backup(2, 60), backup(3, 40), backup(4, 20), backup(5, 1000)]) == [])
    }

    @Test func `an empty first one does not count, and what follows is judged by itself`() {
        #expect(shrunk([backup(1, 0), backup(2, 0), backup(3, 5), backup(4, 1)]) == [1, 2, 4])
        #expect(shrunk([backup(1, 0), backup(2, 0)], accepted: [1]) == [])
    }

    @Test func `what is accepted is what later ones are compared with, until it is taken back`() {
        let chain = [backup(1, 100), backup(2, 10), backup(3, 10), backup(4, 4)]
        #expect(shrunk(chain) == [2, 3, 4])
        #expect(shrunk(chain, accepted: [2]) == [4])
        #expect(shrunk(chain, accepted: [3]) == [2, 4])
        #expect(shrunk(chain, accepted: [2, 4]) == [])
        let history = BackupHistory(chain, accepted: [Self.id(2): "then", Self.id(1): "idle"])
        #expect(history[Self.id(2)].accepted == "then" && history[Self.id(2)].losses.count == 1)
        #expect(history[Self.id(1)].accepted == nil, "there was nothing to accept")
        #expect(history[Self.id(3)].comparedWith == Self.id(2) && history.isGood(Self.id(2)))
        #expect(!history.isGood(Self.id(4)))
    }

    @Test func `another instance is shrunk, whatever it holds, also when a key did not open between`() {
        #expect(shrunk([backup(1, 100), backup(2, 500, rootKey: "other")]) == [2])
        #expect(shrunk([backup(1, 100), backup(2, 500, instance: "other")]) == [2])
        #expect(shrunk([backup(1, 100), backup(2, 100, rootKey: nil), backup(3, 100, rootKey: "other")]) == [3])
        #expect(shrunk([backup(1, 100), backup(2, 100, instance: nil), backup(3, 100, instance: "other")]) == [3])
        // Accepted, it is the instance from then on.
        let moved = [
            backup(1, 100), backup(2, 500, rootKey: "x", instance: "y"), backup(3, 500, rootKey: "x", instance: "y"),
        ]
        #expect(shrunk(moved) == [2, 3] && shrunk(moved, accepted: [2]) == [])
        #expect(shrunk(moved + [backup(4, 100)], accepted: [2]) == [4], "back to the one before")
    }

    @Test func `backups of a release before are compared by what they have`() {
        #expect(shrunk([backup(1, 100, isOld: true), backup(2, 10, isOld: true), backup(3, 10)]) == [2, 3])
        #expect(
            shrunk([backup(1, 100, isOld: true), backup(2, 100, rootKey: "a"), backup(3, 100, rootKey: "b")]) == [3])
    }

    @Test func `after a restore of our own the backup that was restored is what counts`() {
        let old = backup(1, 20, rootKey: "a", instance: "b"), big = backup(2, 100, rootKey: "a", instance: "b")
        let restored = [Manifest.OwnChange.restored(Self.id(1), run: "r")]
        let back = backup(3, 20, rootKey: "a", instance: "b", server: "2", changes: restored)
        let next = backup(4, 20, rootKey: "a", instance: "b", server: "2")
        #expect(shrunk([old, big, backup(3, 20, rootKey: "a", instance: "b")]) == [3])
        #expect(shrunk([old, big, back, next]) == [])
        let history = BackupHistory([old, big, back, next], accepted: [:])
        #expect(history[Self.id(3)].comparedWith == Self.id(1) && history[Self.id(4)].comparedWith == Self.id(3))
        #expect(!history[Self.id(3)].isOnOtherServer && !history[Self.id(4)].isOnOtherServer)
        // It excuses what was restored, and no more.
        #expect(shrunk([old, big, backup(3, 9, rootKey: "a", instance: "b", changes: restored)]) == [3])
        #expect(shrunk([old, big, backup(3, 20, rootKey: "z", instance: "b", changes: restored)]) == [3])
    }

    @Test func `to restore a shrunk backup is not to accept it`() {
        let chain = [
            backup(1, 100), backup(2, 10), backup(3, 10, changes: [.restored(Self.id(2), run: "r")]), backup(4, 10),
        ]
        #expect(shrunk(chain) == [2, 3, 4] && shrunk(chain, accepted: [2]) == [])
    }

    @Test func `what an undo puts back is compared with what counted before the restore`() {
        let restored = Manifest.OwnChange.restored(Self.id(1), run: "r"), undone = Manifest.OwnChange.undone(run: "u")
        let old = backup(1, 100), other = backup(2, 40, rootKey: "n", instance: "m")
        // With a backup between, and without.
        let between = backup(3, 100, changes: [restored])
        #expect(
            shrunk([old, other, between, backup(4, 40, rootKey: "n", instance: "m", changes: [undone])], accepted: [2])
                == [])
        #expect(
            shrunk(
                [old, other, backup(3, 40, rootKey: "n", instance: "m", changes: [restored, undone])], accepted: [2])
                == [])
        #expect(
            shrunk(
                [old, other, backup(3, 5, rootKey: "n", instance: "m", changes: [restored, undone])], accepted: [2])
                == [3])
        // Undone twice, the restored one is in place again.
        let twice: [Manifest.OwnChange] = [restored, undone, .undone(run: "v")]
        #expect(shrunk([old, other, backup(3, 100, changes: twice)], accepted: [2]) == [])
        #expect(shrunk([old, backup(2, 100, changes: [undone])]) == [], "nothing to undo is known")
    }

    @Test func `a rotation of our own may change the root key, and nothing else`() {
        let rotated = [Manifest.OwnChange.rotated(run: "r")]
        #expect(
            shrunk([backup(1, 100), backup(2, 100, rootKey: "n", changes: rotated), backup(3, 100, rootKey: "n")]) == []
        )
        #expect(shrunk([backup(1, 100), backup(2, 100, rootKey: "n", instance: "j", changes: rotated)]) == [2])
        #expect(shrunk([backup(1, 100), backup(2, 10, rootKey: "n", changes: rotated)]) == [2])
        #expect(
            shrunk([backup(1, 100), backup(2, 100, rootKey: "n", changes: rotated), backup(3, 100)]) == [3],
            "the old root key is another one from then on")
    }

    @Test func `a change that a later release knows excuses nothing`() {
        let unknown = Manifest.OwnChange(kind: "moved", backup: Self.id(1), run: nil)
        #expect(shrunk([backup(1, 100), backup(2, 10, changes: [unknown])]) == [2])
    }

    @Test func `another server is no loss`() {
        let history = BackupHistory(
            [backup(1, 100), backup(2, 100, server: "2"), backup(3, 100, server: nil)], accepted: [:])
        #expect((1...3).map { history[Self.id($0)].isOnOtherServer } == [false, true, false])
        #expect((1...3).allSatisfy { !history[Self.id($0)].isShrunk })
    }

    @Test func `what is pruned or lost is known from what was compared with it`() {
        let chain = taken([backup(1, 100), backup(2, 10), backup(3, 10), backup(4, 10)])
        #expect(chain.map { $0.comparedWith?.id } == [nil, Self.id(1), Self.id(1), Self.id(1)])
        #expect(
            chain.map(\.shrunk) == [
                nil, ["10 secrets (before: 100)"], ["10 secrets (before: 100)"], ["10 secrets (before: 100)"],
            ])
        #expect(shrunk(Array(chain[1...])) == [2, 3, 4])
        #expect(shrunk(Array(chain[3...])) == [4])
        #expect(shrunk(Array(chain[1...]) + [backup(5, 10)]) == [2, 3, 4, 5], "also what is taken now")
        // One that was accepted went; what was compared with it stays good.
        let accepted = taken([backup(1, 100), backup(2, 10), backup(3, 10)], accepted: [2])
        #expect(shrunk([accepted[0], accepted[2]]) == [] && shrunk([accepted[0], accepted[2], backup(4, 10)]) == [])
        // It is there, and its acceptance was taken back: what was compared with it counts no more either.
        #expect(shrunk(accepted) == [2, 3])
        // What was restored is gone.
        let back = taken([
            backup(1, 20), backup(2, 100), backup(3, 20, changes: [.restored(Self.id(1), run: "r")]), backup(4, 20),
        ])
        #expect(shrunk(Array(back[1...])) == [] && shrunk([back[1], back[3]]) == [])
    }

    @Test func `before a restore the newest older one that counts is named`() throws {
        let sample = try SampleRepository()
        try sample.backup([noise(10)]) { $0.databases[0].tables[0].rows = 100 }
        try sample.backup([noise(10)]) { $0.databases[0].tables[0].rows = 0 }
        let repository = try sample.reopened(), inventory = try Inventory(repository)
        let history = try BackupHistory(inventory, repository)
        let good = inventory.entries[0], bad = inventory.entries[1]
        #expect(history.warning(before: good, inventory) == nil)
        let text = try #require(history.warning(before: bad, inventory)).text
        #expect(text.contains("\(bad.id.text) is shrunk: no rows (before: 100)") && text.contains(good.id.text))
        #expect(history.newestGood(of: inventory.entries)?.id == good.id)
    }

    // MARK: - Small steps

    /// The chain's declines that nobody called right: number, now, most, and the number of the fuller backup.
    private func declined(_ manifests: [Manifest], accepted: [Int] = []) -> [[Int]] {
        let history = BackupHistory(
            manifests, accepted: Dictionary(uniqueKeysWithValues: accepted.map { (Self.id($0), "t") }))
        return manifests.compactMap { manifest in
            let assessment = history[manifest.id]
            guard assessment.isOpen, let part = assessment.decline?.parts.first else { return nil }
            #expect(assessment.counts && part.kind == .secrets)
            let fuller = manifests.first { $0.id == part.backup }?.sequence ?? 0
            return [manifest.sequence, part.now, part.most, fuller]
        }
    }

    @Test func `what goes away in small steps is told from half of the most on, until somebody accepts it`() {
        let chain = [backup(1, 700), backup(2, 786), backup(3, 528), backup(4, 393), backup(5, 286), backup(6, 187)]
        #expect(shrunk(chain) == [] && declined(chain) == [[5, 286, 786, 2], [6, 187, 786, 2]])
        // What was accepted is the most from then on, and nothing of before it is told again.
        #expect(declined(chain, accepted: [5]) == [] && declined(chain, accepted: [6]) == [[5, 286, 786, 2]])
        let on = chain + [backup(7, 120), backup(8, 80)]
        #expect(declined(on, accepted: [6]) == [[5, 286, 786, 2], [8, 80, 187, 6]])
        // One that is not good raises nothing, and a step that is too large is a loss.
        #expect(declined([backup(1, 100), backup(2, 900, rootKey: "x"), backup(3, 60)]) == [])
        #expect(declined([backup(1, 100), backup(2, 60), backup(3, 10)]) == [])
        // A backup that was put in place brings back what was the most when it was taken.
        let old = backup(7, 700, changes: [.restored(Self.id(1), run: "a")])
        #expect(declined(chain + [old, backup(8, 360)]) == [[5, 286, 786, 2], [6, 187, 786, 2]])
        let undone = backup(8, 187, changes: [.undone(run: "b")])
        #expect(declined(chain + [old, undone]).last == [8, 187, 786, 2])
    }

    @Test func `a live database is compared with the most as well`() throws {
        let history = BackupHistory([backup(1, 786), backup(2, 528)], accepted: [:])
        let live = { (secrets: Int) in
            history.assessment(after: []) {
                Holdings(rows: 1, figures: [.secrets: .init(rows: secrets), .users: .init(rows: 1)])
            }
        }
        #expect(live(400)?.isOpen == false)
        let found = try #require(live(300))
        #expect(found.isOpen && !found.isShrunk && found.counts)
        #expect(found.decline?.text == "300 secrets (most: 786, in the backup \(Self.id(1).text))")
        #expect(found.decline?.advice.contains("infisical-ops export --list --from \(Self.id(1).text); ") == true)
        #expect(live(200)?.isShrunk == true && live(200)?.decline == nil)
    }

    @Test func `a backup of another instance is called that, and not shrunk`() throws {
        let chain = [backup(1, 100), backup(2, 500, rootKey: "other", instance: "j")], id = chain[1].id
        let assessment = BackupHistory(chain, accepted: [:])[id]
        for text in [assessment.warning(of: id), assessment.forecast, assessment.problem] {
            let text = try #require(text)
            #expect(text.contains("of another instance: another root key, the instance j (before: i)"), "\(text)")
            #expect(!text.contains("shrunk"))
        }
    }
}
