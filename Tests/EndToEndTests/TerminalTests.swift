import FoundationEssentials
import Glibc
import LiveSupport
import Postgres
import Processes
import TestSupport
import Testing

/// What the program does with somebody at a terminal: it asks, it hides what is typed, it draws and colors.
@Suite struct TerminalTests {
    @Test(arguments: [("y\n", Int32(0)), ("yes\n", 0), ("n\n", 3), ("\n", 3), ("Y\n", 0)])
    func `a plan is shown, then asked about, and only yes is yes`(answer: String, exit: Int32) throws {
        let instance = try OpsInstance(nil, initialised: false)
        let run = try TerminalRun(instance, ["init", "--no-configuration"])
        try run.wait(for: "Go on? [y/N] ")
        #expect(run.shown.contains("create a repository in \(instance.repository)"))
        #expect(!FileManager.default.fileExists(atPath: instance.repository))
        run.type(answer)
        #expect(try run.ended() == exit)
        #expect(FileManager.default.fileExists(atPath: instance.repository) == (exit == 0))
        if exit == 3 { #expect(run.shown.contains("not confirmed; nothing was changed")) }
    }

    @Test(arguments: ["--json", "--quiet"])
    func `nobody agrees to what he has not seen`(option: String) throws {
        let instance = try OpsInstance(nil, initialised: false)
        let run = try TerminalRun(instance, ["init", "--no-configuration", option])
        try run.wait(for: "Go on? [y/N] ")
        #expect(run.shown.contains("create a repository in \(instance.repository)"))
        run.type("n\n")
        #expect(try run.ended() == 3)
    }

    @Test func `a passphrase is asked for and not shown`() throws {
        let instance = try OpsInstance(nil)
        try instance.ops("backup").expect(0)
        let sealed = instance.path("sealed.age")
        try instance.seal(try instance.identityFile, passphrase: "correct horse", to: sealed)
        for (passphrase, exit) in [("correct horse", Int32(0)), ("wrong horse", 12)] {
            let run = try TerminalRun(instance, ["verify", "--identity-file", sealed])
            try run.wait(for: "Passphrase of \(sealed): ")
            run.type(passphrase + "\n")
            #expect(try run.ended() == exit)
            #expect(!run.shown.contains("horse"))
            let words = run.shown.replacing("\r\n  ", with: " ")
            #expect(words.contains(exit == 0 ? "readable" : "the passphrase does not open"))
        }
    }

    @Test(arguments: [(SIGINT, Int32(130)), (SIGTERM, Int32(143))])
    func `a signal at a question ends the run at once, changes nothing and says so`(signal: Int32, exit: Int32) throws {
        let instance = try OpsInstance(nil, initialised: false)
        let run = try TerminalRun(instance, ["init", "--no-configuration"])
        try run.wait(for: "Go on? [y/N] ")
        run.signal(signal)
        #expect(try run.ended() == exit)
        #expect(
            run.shown.contains("\r\ninfisical-ops: error: stopped by ") && run.shown.contains("; nothing was changed"))
        #expect(!FileManager.default.fileExists(atPath: instance.repository))
        #expect(!FileManager.default.fileExists(atPath: instance.state))
    }

    @Test func `Ctrl-C at a passphrase ends the run at once, and the terminal shows again what is typed`() throws {
        let instance = try OpsInstance(nil)
        try instance.ops("backup").expect(0)
        let sealed = instance.path("sealed.age")
        try instance.seal(try instance.identityFile, passphrase: "correct horse", to: sealed)
        let before = try instance.contents()
        for command in [
            ["verify"], ["restore", "--files", instance.path("kept")], ["repair"],
            ["init", "--adopt", "--no-configuration"],
        ] {
            let run = try TerminalRun(instance, command + ["--identity-file", sealed])
            try run.wait(for: "Passphrase of \(sealed): ")
            #expect(!run.echoes)
            // What was typed by then is nobody's.
            run.type("correct ho")
            run.signal(SIGINT)
            #expect(try run.ended() == 130, "\(command)")
            #expect(run.echoes && !run.shown.contains("horse"))
            #expect(run.shown.contains("stopped by Ctrl-C; nothing was changed"), "\(command): \(run.shown)")
        }
        try instance.expectUnchanged(since: before)
        try instance.expectUnlocked()
    }

    @Test(arguments: [(UInt16(40), "xterm"), (40, "dumb"), (80, "dumb"), (12, "xterm")] as [(UInt16, String)])
    func `progress is one line that fits, without control sequences`(columns: UInt16, kind: String) throws {
        let instance = try OpsInstance()
        try slowDown(instance)
        let run = try TerminalRun(instance, ["backup"], environment: ["TERM": .plain(kind)], columns: columns)
        #expect(try run.ended() == 0)
        let drawn = try #require(run.shown.split(separator: "\r\n").first { $0.hasPrefix("\rbackup: ") })
        let paintings = drawn.split(separator: "\r").filter { $0.hasPrefix("backup: ") }
        #expect(paintings.count >= 2, "\(run.shown)")
        #expect(paintings.allSatisfy { $0.count < columns }, "\(paintings)")
        #expect(!drawn.contains("\u{1b}"))
        if kind == "dumb" { #expect(!run.shown.contains("\u{1b}")) }
        // Nothing of it is left in front of the result.
        #expect(run.shown.contains("\r" + String(repeating: " ", count: paintings.last?.count ?? 0) + "\rbackup "))
    }

    @Test func `the progress of a restore names the work that has no bytes to count, and never counts down`() throws {
        let instance = try OpsInstance(nil)
        try instance.connection().execute(
            script: """
                CREATE FUNCTION slow(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN
                    IF pg_catalog.current_database() <> '\(instance.database)' THEN PERFORM pg_catalog.pg_sleep(2); END IF;
                    RETURN $1;
                END $$;
                CREATE TABLE t AS SELECT 1 AS a;
                CREATE INDEX slow ON t (slow(a));
                """)
        try instance.ops("backup").expect(0)
        let run = try TerminalRun(instance, ["restore", "--to-database", try instance.restoredName(), "--yes"])
        #expect(try run.ended() == 0)
        let paintings = run.shown.split(separator: "\r").filter { $0.hasPrefix("restore: ") }
        let named = paintings.filter { $0.hasPrefix("restore: indexes and constraints, ") }
        #expect(named.count >= 3, "\(run.shown)")
        let seconds = named.compactMap { $0.split(separator: ", ").last?.split(separator: " ").first }.compactMap {
            Int($0)
        }
        #expect(seconds == seconds.sorted() && !named.contains { $0.contains("/s") })
    }

    @Test func `long errors, warnings and help break at words`() throws {
        let instance = try OpsInstance(nil, initialised: false)
        let longest = { (text: String) in
            text.split(separator: "\r\n").filter { !$0.contains("run: ") && !$0.contains("      infisical-ops") }
                .filter { $0.count > 40 && $0.split(separator: " ").count > 1 }
        }
        instance.environment["INFISICAL_OPS_REPOSITORY"] = ""
        for command in [
            ["list"], ["init", "--adopt"], ["backup", "--help"], ["--help"], ["bakcup"], ["config", "show", "x"],
        ] {
            let run = try TerminalRun(instance, command, columns: 40)
            _ = try run.ended()
            #expect(longest(run.shown) == [], "\(command)")
        }
        // What a person copies, and what a script reads, stays in one piece.
        let run = try TerminalRun(instance, ["list"], columns: 40)
        #expect(try run.ended() == 3)
        #expect(run.shown.contains("run: infisical-ops init --repository /var/lib/infisical-ops/repository\r\n"))
        let piped = try instance.ops("list").expect(3).errors
        #expect(piped.split(separator: "\n").allSatisfy { $0.hasPrefix("infisical-ops: ") })
    }

    /// A backup that takes long enough for its progress to be drawn.
    private func slowDown(_ instance: OpsInstance) throws {
        let script = """
            #!/bin/sh
            for program in /usr/lib/postgresql/*/bin/pg_dump; do :; done
            [ "$1" = --version ] || sleep 0.7
            exec "$program" "$@"

            """
        let path = instance.path("pg_dump")
        try instance.write(Array(script.utf8), to: path)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
        instance.environment["INFISICAL_OPS_BACKUP_PG_DUMP"] = .plain(path)
    }

    @Test func `a long run draws its progress, and colors say what is proven`() throws {
        let instance = try OpsInstance()
        try slowDown(instance)
        let drawn = try TerminalRun(instance, ["backup"])
        #expect(try drawn.ended() == 0)
        #expect(drawn.shown.contains("\rbackup: ") && drawn.shown.contains("MiB") && drawn.shown.contains("/s"))
        #expect(!drawn.shown.contains("\u{1b}[K") && drawn.shown.contains("\u{1b}[32mopens the data\u{1b}[0m"))
        let plain = try TerminalRun(instance, ["backup", "--no-color"])
        #expect(try plain.ended() == 0)
        #expect(plain.shown.contains("\rbackup: ") && !plain.shown.contains("\u{1b}[3"))
        for (arguments, environment) in [
            (["status", "--no-color"], [:]), (["status"], ["NO_COLOR": EnvironmentValue.plain("1")]),
        ] {
            let run = try TerminalRun(instance, arguments, environment: environment)
            #expect(try run.ended() == 0)
            #expect(run.shown.contains("never verified") && !run.shown.contains("\u{1b}"))
        }
        let quiet = try TerminalRun(instance, ["backup", "--quiet"])
        #expect(try quiet.ended() == 0)
        #expect(quiet.shown == "")
        // What is not proven is never green.
        let status = try TerminalRun(instance, ["status"])
        #expect(try status.ended() == 0)
        #expect(status.shown.contains("\u{1b}[33mnever verified\u{1b}[0m"))
    }

    @Test func `every screen fits a terminal of 80 columns`() throws {
        let instance = try OpsInstance()
        try instance.ops("backup").expect(0)
        try instance.ops("verify").expect(0)
        for command in [["--help"], ["status"], ["list"], ["verify", "--help"], ["restore", "--help"]] {
            let run = try TerminalRun(instance, command, environment: ["NO_COLOR": "1"])
            #expect(try run.ended() == 0)
            for line in run.shown.split(separator: "\r\n") {
                #expect(
                    line.count <= 80 || line.contains(instance.repository) || line.contains("      infisical-ops"),
                    "\(line)")
            }
        }
    }
}
