import Effects
import Faults
import Glibc
import TestSupport
import Testing

@testable import Settings

/// Whose files count. These tests run as root and give files to users of other numbers.
@Suite struct FileTrustTests {
    let folder: TemporaryFolder
    private let stranger: uid_t = 4_000_001
    private let caller: uid_t = 4_000_002

    init() throws {
        folder = try TemporaryFolder()
        #expect(chmod(folder.path, 0o755) == 0)
    }

    private func surroundings(sudo: uid_t? = nil, user: uid_t = 0) -> SettingsSurroundings {
        var surroundings = SettingsSurroundings.test(
            sudo.map { ["SUDO_UID": String($0)] } ?? [:], in: folder.path, isRoot: user == 0)
        surroundings.user = user
        return surroundings
    }

    private var file: String { folder.path("infisical-ops.yaml") }

    @discardableResult
    private func make(
        _ name: String = "infisical-ops.yaml", _ text: String = "backup: { jobs: 3 }\n", owner: uid_t = 0,
        group: gid_t = 0, mode: mode_t = 0o600
    ) throws -> String {
        let path = folder.path(name)
        try write(text, to: path)
        #expect(chown(path, owner, group) == 0 && chmod(path, mode) == 0)
        return path
    }

    /// The fault's reason, or nil when the file in the working folder is used.
    private func refusal(_ surroundings: SettingsSurroundings? = nil) throws -> SettingsFault? {
        let found: Configuration?
        do throws(SettingsFault) {
            found = try Configuration.find(named: nil, surroundings ?? self.surroundings())
        } catch { return error }
        #expect(found?[.jobs] != nil)
        return nil
    }

    @Test func `a file of root, of the user and of the caller of sudo counts, a stranger's does not`() throws {
        try make()
        #expect(try refusal() == nil)
        try make(owner: stranger)
        let refused = try #require(try refusal())
        #expect(refused.code == "settings.untrusted-file" && refused.exit == .refused)
        #expect(refused.message.contains("belongs to user id \(stranger)"))
        #expect(refused.hints.contains(.command(["chown", "-h", "root", file])))
        #expect(try refusal(surroundings(sudo: stranger)) == nil)
        #expect(try refusal(surroundings(sudo: caller)) != nil)
        #expect(try refusal(surroundings(user: stranger)) == nil)
        // Only root's environment says who called sudo.
        #expect(try refusal(surroundings(sudo: stranger, user: caller)) != nil)
        let mine = try #require(try refusal(surroundings(user: caller)))
        #expect(mine.hints.contains(.command(["sudo", "chown", "-h", String(caller), file])))
    }

    @Test func `what is named is used, whoever owns it`() throws {
        try make(owner: stranger, mode: 0o666)
        #expect(try Configuration.find(named: file, surroundings())?.isNamed == true)
        var named = surroundings()
        named.environment["INFISICAL_OPS_CONFIG"] = file
        #expect(try Configuration.find(named: nil, named)?.isNamed == true)
    }

    @Test func `a file that others may write does not count`() throws {
        try make(mode: 0o646)
        #expect(try refusal()?.hints.contains(.command(["chmod", "o-w", file])) == true)
        // Group 100 is `users`, and nobody's own.
        try make(group: 100, mode: 0o660)
        #expect(try refusal()?.hints.contains(.command(["chmod", "g-w", file])) == true)
        try make(group: 100, mode: 0o640)
        #expect(try refusal() == nil)
    }

    @Test func `a private group may write, one with others or an access list may not`() throws {
        // On Debian postgres has a group of its own, in which nobody else is.
        let entry = try #require(getpwnam("postgres")).pointee
        let owner = entry.pw_uid, group = entry.pw_gid
        try make(owner: owner, group: group, mode: 0o660)
        #expect(try refusal(surroundings(user: owner)) == nil)
        #expect(try refusal(surroundings(sudo: owner)) == nil)
        try make(owner: 0, group: group, mode: 0o660)
        #expect(try refusal() != nil)
        try make(owner: owner, group: group, mode: 0o660)
        // User 65534 may write.
        let script = """
            import os, struct, sys
            rows = [(1, 6, -1), (2, 6, 65534), (4, 6, -1), (16, 6, -1), (32, 0, -1)]
            text = struct.pack("<I", 2) + b"".join(struct.pack("<HHi", *row) for row in rows)
            os.setxattr(sys.argv[1], "system.posix_acl_access", text)
            """
        try #require(try ChildProcess("python3", ["-c", script, file]).wait() == .exited(0))
        #expect(try refusal(surroundings(user: owner)) != nil)
    }

    @Test func `a folder of root's whose group has nobody else in it is as good as private, a file is not`() throws {
        try #require(mkdir(folder.path("local"), 0o755) == 0)
        let program = try make("local/pg_dump", mode: 0o755)
        // As Debian makes /usr/local.
        try #require(chown(folder.path("local"), 0, 50) == 0 && chmod(folder.path("local"), 0o2775) == 0)
        func isRefused(_ group: UserGroup?, user: uid_t = 0) -> Bool {
            let trust = FileTrust(surroundings(user: user)) { $0 == 50 ? group : nil }
            do { try trust.check(program: program) } catch { return true }
            return false
        }
        #expect(!isRefused(UserGroup(members: [], primaryMembers: [])))
        #expect(!isRefused(UserGroup(members: [0], primaryMembers: [])))
        #expect(!isRefused(UserGroup(members: [caller], primaryMembers: []), user: caller))
        #expect(isRefused(UserGroup(members: [stranger], primaryMembers: [])))
        #expect(isRefused(UserGroup(members: [0, stranger], primaryMembers: [])))
        #expect(isRefused(UserGroup(members: [], primaryMembers: [stranger])))
        #expect(isRefused(UserGroup(members: [], primaryMembers: [0, stranger])))
        #expect(isRefused(UserGroup(members: [caller], primaryMembers: [])))
        #expect(isRefused(nil))
        // What is in the file itself decides, and who joins the group tomorrow could change it.
        try #require(chown(program, 0, 50) == 0 && chmod(program, 0o775) == 0)
        #expect(isRefused(UserGroup(members: [], primaryMembers: [])))
        try #require(chown(program, 0, 0) == 0 && chmod(program, 0o755) == 0)
        // Another's folder of an empty group is another's.
        try #require(chown(folder.path("local"), caller, 50) == 0)
        #expect(isRefused(UserGroup(members: [], primaryMembers: []), user: caller))
    }

    @Test func `the system's lists say who is in a group`() throws {
        let postgres = try #require(getpwnam("postgres")).pointee
        #expect(UserGroup.ofSystem(postgres.pw_gid)?.primaryMembers == [postgres.pw_uid])
        #expect(UserGroup.ofSystem(4_000_003) == nil)
    }

    @Test func `a stranger's link, a pipe and a folder are refused without waiting`() throws {
        try make("other.yaml")
        try #require(symlink("other.yaml", file) == 0)
        #expect(try refusal() == nil)
        try #require(lchown(file, stranger, stranger) == 0)
        #expect(try refusal()?.code == "settings.untrusted-file")
        unlink(file)
        try #require(mkfifo(file, 0o600) == 0)
        #expect(try refusal()?.code == "file.wrong-kind")
        unlink(file)
        try #require(mkdir(file, 0o700) == 0)
        #expect(try refusal()?.code == "file.wrong-kind")
    }

    private func resolve(_ text: String, named: Bool = false, sudo: uid_t? = nil) throws {
        _ = try ResolvedConfiguration(
            try Configuration(secret(text), path: file, isNamed: named), surroundings(sudo: sudo))
    }

    @Test(arguments: [
        "backup: { pg_dump: ./bin/program }", "instance: { commands: { stop: [./bin/program, x] } }",
        "instance: { commands: { start: ./bin/program } }", "backup: { pg_dump: link }",
        "drill: { backend: { command: [./bin/program, main.mjs], folder: . } }",
    ])
    func `a program that others may change is not run`(text: String) throws {
        try #require(mkdir(folder.path("bin"), 0o755) == 0 && symlink("bin/program", folder.path("link")) == 0)
        let program = try make("bin/program", owner: 0, mode: 0o755)
        try resolve(text)
        func expectRefusal(_ path: String) throws {
            let refused = try fault { try resolve(text) }
            guard case .untrusted(path, _, _) = refused else {
                Issue.record("\(refused.message)")
                return
            }
            try resolve(text, named: true)
        }
        try #require(chown(program, stranger, 0) == 0)
        try expectRefusal(program)
        try resolve(text, sudo: stranger)
        try #require(chown(program, 0, 0) == 0 && chmod(program, 0o757) == 0)
        try expectRefusal(program)
        try #require(chmod(program, 0o755) == 0 && chmod(folder.path("bin"), 0o777) == 0)
        try expectRefusal(folder.path("bin"))
        try #require(chmod(folder.path("bin"), 0o1777) == 0)
        try resolve(text)
        try #require(chown(folder.path("bin"), stranger, 0) == 0)
        try expectRefusal(folder.path("bin"))
    }

    @Test func `a program's name is left to PATH, and one that is missing to whoever starts it`() throws {
        try resolve("instance: { commands: { stop: [systemctl, stop, infisical] } }\nbackup: { pg_dump: none/here }")
    }

    @Test func `a command with a slash is taken from the file's folder`() throws {
        let text = "instance: { commands: { stop: [./bin/stop, ./kept] } }"
        let resolved = try ResolvedConfiguration(
            try Configuration(secret(text), path: "/etc/x/infisical-ops.yaml", isNamed: true), surroundings())
        #expect(resolved.stopCommand == ["/etc/x/bin/stop", "./kept"])
    }

    @Test func `root's run with a user's env and compose files works, whatever his umask`() throws {
        let env = try make(".env", "ENCRYPTION_KEY=x\n", owner: stranger, group: stranger, mode: 0o664)
        let compose = try make("compose.yaml", "services: {}\n", owner: stranger, group: stranger, mode: 0o664)
        let settings = surroundings(), overrides = [SettingOverride(.envFile, env, flag: "--env-file")]
        var found = DiscoveredInstance()
        found.composeFiles = [compose]
        let resolve = { try ResolvedConfiguration(nil, overrides: overrides, settings) { _, _ in found } }
        #expect(try resolve().instance.encryptionKey != nil)
        #expect(chmod(env, 0o666) == 0)
        // Nothing of it is read, and only what could do without it goes on.
        #expect(try resolve().instance.encryptionKey == nil)
        var refused = try fault { try resolve().requireEnvFiles(toleratesLoss: true) }
        #expect(refused.code == "settings.untrusted-file" && refused.hints.contains(.command(["chmod", "o-w", env])))
        #expect(chmod(env, 0o664) == 0 && chmod(compose, 0o666) == 0)
        refused = try fault { _ = try resolve() }
        #expect(refused.hints.contains(.command(["chmod", "o-w", compose])))
    }

    @Test func `a stranger's state folder is not worked in`() throws {
        let state = folder.path("state")
        try #require(mkdir(state, 0o700) == 0)
        let text = "state_folder: state\n"
        try resolve(text)
        try #require(chown(state, stranger, 0) == 0)
        #expect(try fault { try resolve(text) }.code == "settings.untrusted-file")
        try resolve(text, named: true)
        try #require(chown(state, 0, 0) == 0 && chmod(state, 0o777) == 0)
        #expect(try fault { try resolve(text) }.code == "settings.untrusted-file")
    }
}
