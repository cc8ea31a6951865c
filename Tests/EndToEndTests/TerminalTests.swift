import FoundationEssentials
import LiveSupport
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
        #expect(run.shown.contains("make a repository in \(instance.repository)"))
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
        #expect(run.shown.contains("make a repository in \(instance.repository)"))
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
            #expect(run.shown.contains(exit == 0 ? "readable" : "the passphrase does not open"))
        }
    }

    @Test func `a long run draws its progress, and colors say what is proven`() throws {
        let instance = try OpsInstance()
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
        let drawn = try TerminalRun(instance, ["backup"])
        #expect(try drawn.ended() == 0)
        #expect(drawn.shown.contains("\rbackup: ") && drawn.shown.contains("MiB") && drawn.shown.contains("/s"))
        #expect(drawn.shown.contains("\r\u{1b}[K") && drawn.shown.contains("\u{1b}[32mopens the data\u{1b}[0m"))
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
