import Effects
import FoundationEssentials
import Glibc
import LiveSupport
import Postgres
import Processes
import TestSupport
import Testing

/// A run whose result could not be told never ends like one that was told.
@Suite struct UnwritableOutputTests {
    /// Everything that ends with 0 in a whole instance without containers, and prints something.
    private static let commands = [
        "init --yes --no-configuration", "init --dry-run --no-configuration", "config show", "status", "list",
        "show latest",
        "backup", "backup --dry-run", "verify", "verify --all", "repair --dry-run", "repair --yes",
        "restore latest --to-database fresh --dry-run", "restore latest --files $HOME/kept --yes",
        "repository rekey --dry-run", "--help", "backup --help", "--version",
    ]

    private func codes(_ redirection: String, _ instance: OpsInstance) throws -> [(command: String, code: String)] {
        let lines = Self.commands.flatMap { command in
            ["", command.hasSuffix("help") || command.hasSuffix("version") ? "" : " --json"].map { json in
                "rm -rf \"$HOME/kept\"; set +e; { \"$OPS\" \(command)\(json) \(redirection) 2>>\"$HOME/errors\"; } 2>/dev/null; "
                    + "echo \"$? \(command)\(json)\"; set -e"
            }
        }
        return try instance.shell(lines.joined(separator: "\n")).expect(0).output.split(separator: "\n").map {
            let parts = $0.split(separator: " ", maxSplits: 1)
            return (String(parts.last ?? ""), String(parts.first ?? ""))
        }
    }

    private func prepared() throws -> OpsInstance {
        let instance = try OpsInstance()
        try instance.ops("backup").expect(0)
        return instance
    }

    @Test func `the commands of these tests end with 0 where their output can be written`() throws {
        for (command, code) in try codes(">/dev/null", try prepared()) { #expect(code == "0", "\(command)") }
    }

    @Test(arguments: [">/dev/full", ">&-"])
    func `output that cannot be written ends no command with 0, and the reason is told`(to: String) throws {
        let instance = try prepared(), before = try instance.ids().count
        let results = try codes(to, instance)
        #expect(results.count == 2 * Self.commands.count)
        for (command, code) in results {
            let isHelp = command.hasSuffix("help") || command.hasSuffix("version")
            #expect(code == (isHelp ? "1" : "2"), "\(command) \(to)")
        }
        let errors = Self.text(instance.path("home/errors"))
        let said = errors.split(separator: "\n").filter { $0.contains("the output cannot be written") }
        #expect(said.count == results.count, "\(errors)")
        // What was to be done was done, and nothing was written into a file of the repository instead.
        #expect(try instance.ids().count == before + 2)
        try instance.ops("verify", "--all", "--level", "readable").expect(0)
        try instance.expectUnlocked()
    }

    @Test func `a reader that goes away is no error to tell, and no success either`() throws {
        let instance = try prepared()
        let output = try instance.shell(
            """
            { sleep 0.3; code=0; "$OPS" list 2>"$HOME/errors" || code=$?; echo $code >"$HOME/code"; } | true
            cat "$HOME/code" "$HOME/errors"
            "$OPS" backup --json | head -c 1 >/dev/null
            "$OPS" list --json | grep -o '"id"' | wc -l
            """
        ).expect(0).output
        #expect(output == "2\n2\n")
    }

    @Test func `a plan that nobody could read is not agreed to`() throws {
        let instance = try prepared()
        let output = try instance.shell(
            """
            code=0; "$OPS" repository rekey >/dev/full 2>"$HOME/errors" </dev/null || code=$?
            echo $code; grep -c 'the plan could not be printed' "$HOME/errors"
            """
        ).expect(0).output
        #expect(output == "3\n1\n")
    }

    @Test func `a lock that the system does not take back goes with its descriptor`() throws {
        let instance = try prepared()
        let count = instance.path("count")
        // The last unlocks of a run are those of its two locks.
        try instance.run(["backup"], victim: Victim(effects: [.unlock], count: count)).expect(0)
        let unlocks = try #require(Int(Self.text(count).dropLast()))
        for position in [unlocks, unlocks - 1] {
            let before = try instance.ids().count
            try instance.run(["backup"], victim: Victim(kind: .failsBefore, position: position, effects: [.unlock]))
                .expect(0)
            #expect(try instance.ids().count == before + 1)
        }
        try instance.expectUnlocked()
    }

    @Test func `a backup that cannot be remembered ends with 2`() throws {
        let instance = try prepared()
        let output = try instance.shell(
            """
            cp -a "$STATE" "$STATE.copy"; mount --bind "$STATE.copy" "$STATE"; mount -o remount,ro,bind "$STATE"
            code=0; "$OPS" backup --quiet 2>"$HOME/errors" || code=$?
            umount "$STATE"
            echo $code; grep -c 'the backup is stored, but then this failed' "$HOME/errors"
            """
            .replacing("$STATE", with: instance.state)
        ).expect(0).output
        #expect(output == "2\n1\n")
        try instance.ops("verify", "--all").expect(0)
    }

    private static func text(_ path: String) -> String {
        do { return String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self) } catch { return "" }
    }
}
