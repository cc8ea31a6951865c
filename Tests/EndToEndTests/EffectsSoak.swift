import DurableFiles
import Effects
import FoundationEssentials
import Glibc
import LiveSupport
import Postgres
import Processes
import TestSupport
import Testing

/// How long a campaign is: its `SOAK_` variable, or the reduced count.
func soakCount(_ name: String, reduced: Int) -> Int {
    getenv("SOAK_" + name).flatMap { Int(String(cString: $0)) } ?? reduced
}

/// The second backup of a small database, ended in every possible way at every effect: the repository stays valid, the
/// earlier backup readable, and the next run works as if nothing had happened.
@Suite(.serialized) struct EffectsSoak {
    @Test(arguments: FailingObserver.Kind.allCases)
    func `a backup ended at an effect leaves a valid repository`(kind: FailingObserver.Kind) throws {
        let matrix = try Matrix()
        let positions = try matrix.positions()
        for position in positions { try matrix.check(Victim(kind: kind, position: position)) }
        print("\(kind) at \(positions.count) effects, the last is number \(positions.last ?? 0)")
    }

    /// Every later call fails as well, as on a disk that stays full: nothing may be published from then on.
    @Test func `a disk that fills at any moment loses nothing`() throws {
        let matrix = try Matrix()
        let writing: [Effect.Kind] = [.createFolder, .write, .sync, .rename, .syncFolder]
        let positions = try matrix.positions(of: writing)
        for position in positions {
            try matrix.check(
                Victim(kind: .failsBefore, position: position, effects: writing, error: ENOSPC, isSticky: true))
        }
        print("disk full from each of \(positions.count) writing effects")
    }
}

/// One backed-up state and the work on copies of it.
private struct Matrix {
    let instance: OpsInstance
    private let first: String

    init() throws {
        instance = try OpsInstance(nil)
        let connection = try instance.connection()
        try connection.execute(
            script: """
                CREATE TABLE notes (id int PRIMARY KEY, text text);
                INSERT INTO notes SELECT n, repeat(md5(n::text), 20) FROM generate_series(1, 12000) n;
                CREATE TABLE kinds (id serial, name text);
                INSERT INTO kinds (name) VALUES ('a'), ('b');
                """)
        try instance.ops("backup").expect(0)
        first = try #require(try instance.stored("backups").first)
        // The next backup then has old chunks, a changed one and new ones.
        try connection.execute(
            script: """
                UPDATE notes SET text = 'changed' WHERE id = 5000;
                INSERT INTO notes SELECT n, repeat(md5(n::text), 20) FROM generate_series(12001, 15000) n;
                """)
        connection.close()
    }

    /// The effects to end a run at: all of them when the count is 0, else so many, spread evenly.
    func positions(of kinds: [Effect.Kind] = []) throws -> [Int] {
        let (repository, state) = try copy()
        defer { remove(repository, state) }
        let file = instance.folder.path("count")
        try run(["backup"], repository, state, Victim(effects: kinds, count: file)).expect(0)
        let text = String(decoding: try Data(contentsOf: URL(filePath: file)), as: UTF8.self)
        let total = try #require(Int(text.dropLast()))
        let count = soakCount("EFFECTS", reduced: 4)
        guard count > 0, count < total else { return Array(1...total) }
        // The last effects, around the manifest's publication, are always among them.
        return (0..<count).map { 1 + $0 * (total - 1) / max(1, count - 1) }
    }

    func check(_ victim: Victim) throws {
        let (repository, state) = try copy()
        defer { remove(repository, state) }
        let title: Comment = "\(String(describing: victim.kind)) at \(victim.position)"
        let ended = try run(["backup", "--json"], repository, state, victim)
        let kills = victim.kind == .killsBefore || victim.kind == .killsAfter
        if ended.exit == 128 + SIGKILL {
            #expect(kills, title)
        } else if ended.exit != 0, ended.exit != 2 {
            // A failure is told as one, with its cause and what to do.
            let fault = try ended.fault()
            #expect(fault.exit == ended.exit && !fault.code.isEmpty && !fault.hints.isEmpty, title)
            #expect([1, 3, 13].contains(ended.exit), "\(title): \(ended.errors)")
        }
        let published = try manifests(repository)
        // A backup is there exactly where the run says so; only one that was killed said nothing.
        if !kills || ended.exit == 0 {
            #expect((published.count == 2) == [0, 2].contains(ended.exit), "\(title): \(ended.exit) \(ended.output)")
        }
        #expect(published.contains(first), title)
        try verify(repository, state, "\(title), right after")
        try run(["backup"], repository, state).expect(0)
        let after = try manifests(repository)
        #expect(after.count == published.count + 1, title)
        #expect(try files(repository + "/tmp").isEmpty, "\(title): something temporary is left")
        try verify(repository, state, "\(title), after another backup")
    }

    /// Every backup there is can be read to its last byte, and nothing is locked.
    private func verify(_ repository: String, _ state: String, _ title: Comment) throws {
        let result = try run(["verify", "--all", "--level", "readable"], repository, state)
        #expect(result.exit == 0, "\(title): \(result.output)\(result.errors)")
    }

    private func run(
        _ arguments: [String], _ repository: String, _ state: String, _ victim: Victim? = nil
    ) throws -> OpsResult {
        try instance.run(
            arguments, victim: victim,
            environment: [
                "INFISICAL_OPS_REPOSITORY": .plain(repository), "INFISICAL_OPS_STATE_FOLDER": .plain(state),
            ])
    }

    private func manifests(_ repository: String) throws -> [String] {
        try files(repository + "/backups").filter { $0.hasSuffix(".json") }.map { "backups/" + $0 }
    }

    private func files(_ folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
    }

    private func copy() throws -> (repository: String, state: String) {
        let place = instance.folder.path("copy")
        let end = try ChildProcess("cp", ["-a", instance.repository, place + "-repository"]).wait()
        let other = try ChildProcess("cp", ["-a", instance.state, place + "-state"]).wait()
        guard end == .exited(0), other == .exited(0) else { throw TestProblem("the repository was not copied") }
        return (place + "-repository", place + "-state")
    }

    private func remove(_ paths: String...) {
        for path in paths {
            do { try FileManager.default.removeItem(atPath: path) } catch { print("\(path) is left: \(error)") }
        }
    }
}
