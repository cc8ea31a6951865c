import FoundationEssentials
import LiveSupport
import Postgres
import Processes
import TestSupport
import Testing

/// A key that is wrong, of no use or not there is told in the same way by every command that tries keys: what is the matter,
/// what it has to be, and which backup keeps the right one.
@Suite struct WrongKeyTests {
    private let own = "9f2c47d1e0b86a35c7f41d9280ae53b6", other = "00112233445566778899aabbccddeeff"

    /// With one good backup, and one of another key after it, or one that holds less.
    private func withBackups() throws -> (instance: OpsInstance, good: String) {
        let instance = try OpsInstance(.october)
        try instance.ops("backup").expect(0)
        return (instance, try instance.ids()[0])
    }

    private func told(_ run: OpsResult) -> String { run.output + run.errors }

    private static let trying: [[String]] = [
        ["status"], ["health"], ["keys", "check"], ["census", "--live"], ["backup"], ["verify"],
        ["restore", "--in-place", "--dry-run"],
    ]

    @Test func `every command names the same backup as the one that keeps the right key`() throws {
        let (instance, good) = try withBackups()
        // The newest keeps it too, and does not count.
        try instance.sql("DELETE FROM secrets_v2")
        try instance.ops("backup").expect(2)
        try instance.editEnvFile(own, other)
        try instance.ops("backup").expect(12)
        let ids = try instance.ids()
        for command in Self.trying + [["drill"]] {
            let text = told(try instance.run(command))
            #expect(text.contains("infisical-ops restore \(good) --files kept-files"), "\(command): \(text)")
            for id in ids where id != good {
                #expect(!text.contains("restore \(id) --files"), "\(command): \(text)")
            }
        }
    }

    @Test func `a value that can be no key is told with what it has to be, once`() throws {
        let (instance, good) = try withBackups()
        try instance.editEnvFile(own, "0123456789abcdef0123456789a")
        let words = "ENCRYPTION_KEY has 27 bytes instead of 32: Infisical takes 32 characters (16 random bytes as hex)"
        for command in Self.trying where command != ["verify"] {
            let run = try instance.run(command).expect(12), text = told(run)
            #expect(text.count(of: words) == 1, "\(command): \(text)")
            #expect(text.contains("infisical-ops restore \(good) --files kept-files"), "\(command): \(text)")
        }
        let check = try instance.ops("config", "check").expect(3).output
        #expect(check.contains("INFISICAL_\(words)") && check.contains("run: infisical-ops keys check"), "\(check)")
    }

    @Test func `status stays red while the key of the newest backup that counts does not open it`() throws {
        let (instance, _) = try withBackups()
        try instance.editEnvFile(own, other)
        try instance.ops("backup").expect(12)
        let bad = try instance.ids()[1]
        try instance.editEnvFile(other, own)
        try instance.ops("status").expect(12)
        // A newer one that is shrunk has the right key, and does not make it good.
        try instance.sql("DELETE FROM secrets_v2")
        try instance.ops("backup").expect(2)
        let status = try instance.ops("status").expect(12).output
        #expect(
            status.contains("of \(bad), the newest backup that counts, the key does NOT open the data"), "\(status)")
        try instance.ops("repository", "accept", "latest", "--yes").expect(0)
        #expect(try instance.ops("status").exit != 12)
    }

    @Test func `what a drill has found of the newest backup's key is as red in status`() throws {
        let instance = try OpsInstance(.october), place = try DrillPlace(instance)
        let text = try Data(contentsOf: URL(filePath: instance.envFile))
        try instance.write(Array("AUTH_SECRET=a\n".utf8), to: instance.envFile)
        try instance.run(["backup"], environment: ["INFISICAL_OPS_KEY": "elsewhere"]).expect(0)
        try instance.write(Array(text), to: instance.envFile)
        try instance.ops("status").expect(0)
        try instance.editEnvFile(own, other)
        try instance.ops("drill").expect(12)
        try instance.editEnvFile(other, own)
        try instance.ops("status").expect(12)
        try instance.ops("verify").expect(12)
        try place.expectNothing()
    }

    @Test func `keys check and list have one word for what a backup's own key was worth`() throws {
        let (instance, good) = try withBackups()
        try instance.editEnvFile(own, other)
        try instance.ops("backup").expect(12)
        try instance.editEnvFile(other, "")
        try instance.ops("backup").expect(12)
        try instance.editEnvFile("INFISICAL_ENCRYPTION_KEY=", "INFISICAL_ENCRYPTION_KEY=\(own)")
        let ids = try instance.ids()
        let list = try instance.ops("list").expect(0).output.split(separator: "\n")
        #expect(list[2].hasSuffix(", OWN KEY DOES NOT OPEN") && list[3].hasSuffix(", OWN KEY MISSING"), "\(list)")
        struct Keys: Decodable {
            struct Backup: Decodable {
                let id: String
                let outcome: String
                let ownKey: String?
            }
            let backups: [Backup]
        }
        let keys: Keys = try instance.ops("keys", "check", "--json").expect(12).object()
        #expect(keys.backups.map(\.ownKey) == ["opens", "does not open", "missing"])
        #expect(keys.backups.map(\.outcome) == ["opens", "not checked", "not checked"])
        let text = try instance.ops("keys", "check").expect(12)
        #expect(text.output.contains("BACKUP                     THIS KEY     OWN KEY        NEEDS THE LABEL"))
        #expect(text.output.contains("\(good)  opens        opens "), "\(text.output)")
        // Once for all of them.
        #expect(text.errors.contains("\(ids[2]), \(ids[1]): no key was known to open them when they were taken"))
        #expect(text.errors.contains("run: infisical-ops census \(ids[2]) --key-file \(instance.envFile)"))
        #expect(!text.errors.contains("census \(ids[1])"), "\(text.errors)")
    }

    @Test func `without any key keys check ends as health does, and says where one can come from`() throws {
        let (instance, good) = try withBackups()
        try instance.editEnvFile("INFISICAL_ENCRYPTION_KEY=" + own, "INFISICAL_SOMETHING=1")
        let fault = try instance.refuses(
            ["keys", "check"], exit: 12, code: "instance-data.key-missing",
            naming: ["there is no key to open the backups with: the env file sets no INFISICAL_ENCRYPTION_KEY"])
        #expect(fault.hints[0] == "if another env file holds the key, give it as --key-file")
        #expect(fault.hints[1] == "run: infisical-ops restore \(good) --files kept-files")
        #expect(fault.hints[2] == "then run the same command with --key-file and \(instance.keptEnvFile)")
        try instance.ops("health").expect(12)
        // As it says.
        try instance.ops("restore", good, "--files", instance.path("home/kept-files"), "--yes").expect(0)
        try instance.ops("keys", "check", "--key-file", instance.keptEnvFile).expect(0)
    }

    @Test func `an older backup of another key is no alarm for ever, and can be left out`() throws {
        let (instance, good) = try withBackups()
        try instance.editEnvFile(own, other)
        try instance.ops("backup").expect(12)
        let bad = try instance.ids()[1]
        // That very key was tried.
        let check = try instance.ops("keys", "check", bad).expect(12)
        #expect(check.output.contains("\(bad)  does not open  does not open"), "\(check.output)")
        #expect(check.errors.contains("this very key was tried when it was taken"), "\(check.errors)")
        try instance.editEnvFile(other, own)
        try instance.ops("verify", "--all").expect(12)
        try instance.ops("backup").expect(0)
        let all = try instance.ops("verify", "--all").expect(2)
        #expect(all.errors.contains("leave it out from now on; run: infisical-ops repository reject \(bad)"))
        try instance.ops("verify", bad).expect(12)
        let plan = try instance.ops("repository", "reject", bad, "--dry-run").expect(0).output
        #expect(plan.contains("or as one that no key opens"), "\(plan)")
        try instance.ops("repository", "reject", bad, "--yes").expect(0)
        try instance.ops("verify", "--all").expect(0)
        #expect(try instance.ids().contains(good))
    }

    @Test func `of another instance's backup no key of this one is said to open it`() throws {
        let (instance, good) = try withBackups()
        try instance.sql("UPDATE super_admin SET \"instanceId\" = gen_random_uuid()")
        try instance.editEnvFile(own, other)
        try instance.ops("backup").expect(12)
        let text = told(try instance.ops("verify").expect(12))
        #expect(text.contains("no backup of that instance here keeps a key that opened everything"), "\(text)")
        #expect(!text.contains("restore \(good) --files"), "\(text)")
    }
}

extension String {
    fileprivate func count(of words: String) -> Int {
        var count = 0, rest = self[...]
        while let found = rest.firstRange(of: words) {
            count += 1
            rest = rest[found.upperBound...]
        }
        return count
    }
}
