import InfisicalData
import Testing

@Suite struct MigrationStateTests {
    @Test(arguments: [
        ("20240718170955_add-access.ts", "20240718170955_add-access"),
        ("20240718170955_add-access.mjs", "20240718170955_add-access"),
        ("20240718170955_add-access.js", "20240718170955_add-access"),
        ("20240718170955_add.ts.access", "20240718170955_add.ts.access"),
    ])
    func `the ending of a migration's name does not count`(recorded: String, name: String) {
        #expect(MigrationFacts(recordedName: recorded, count: 1, batch: 1).name == name)
    }

    @Test func `no lock is free and has no words`() {
        let state = MigrationLockState.of(migrationLocked: false, startups: [])
        #expect(state == .free)
        #expect(state.text == nil)
    }

    @Test func `a fresh heartbeat comes before the migration lock, which may be stale`() {
        #expect(MigrationLockState.of(migrationLocked: true, startups: [("a", 1)]) == .starting(node: "a"))
        #expect(!MigrationLockState.starting(node: "a").mayBeStale)
        let state = MigrationLockState.of(migrationLocked: true, startups: [("a", 60)])
        #expect(state == .migrating && state.mayBeStale)
        #expect(state.text?.contains("is_locked = 1") == true)
    }

    @Test(arguments: [(0.0, true), (14.9, true), (15.0, false), (3600.0, false)])
    func `a start-up lock counts while its heartbeat is fresh`(age: Double, isHeld: Bool) {
        let state = MigrationLockState.of(migrationLocked: false, startups: [("node-1", age)])
        #expect(state == (isHeld ? .starting(node: "node-1") : .free))
    }

    @Test func `a start-up lock without heartbeat is abandoned, and another one may be fresh`() {
        #expect(MigrationLockState.of(migrationLocked: false, startups: [(nil, nil)]) == .free)
        let state = MigrationLockState.of(migrationLocked: false, startups: [("old", 99), (nil, 2)])
        #expect(state == .starting(node: nil))
        #expect(state.text == "an Infisical server is starting and holds the start-up lock")
    }

    @Test func `the words name the node`() {
        #expect(MigrationLockState.starting(node: "web-1").text?.contains("(web-1)") == true)
    }
}
