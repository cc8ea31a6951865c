import FoundationEssentials
import LiveSupport
import SecretExport
import Secrets
import Settings
import TestSupport
import Testing

/// Files in every format, read back by the programs that read them.
@Suite struct FormatTests {
    private static func secret(_ key: String, bytes: [UInt8], skips: Bool = false) -> ExportedSecret {
        ExportedSecret(
            id: "id of \(key)", key: key,
            value: Secret(count: bytes.count) { target in bytes.withUnsafeBytes { target.copyMemory(from: $0) } },
            environment: "dev", path: "/app", comment: Secret(testing: "ünï\n\"c\""), tags: ["one", "two"],
            skipsMultilineEncoding: skips)
    }

    private static func secret(_ key: String, _ value: String, skips: Bool = false) -> ExportedSecret {
        secret(key, bytes: Array(value.utf8), skips: skips)
    }

    private static func bytes(_ secret: Secret) -> [UInt8] { secret.withBytes { Array($0) } }

    /// Values that have broken such files.
    private static let hostile = [
        "", " ", "  lead", "trail  ", "it's", "'", "''", "\"", "a\"b", "\\", "\\\\", "a\\", "a\\\\\\", "C:\\new\\table",
        "$", "$$", "$HOME", "${HOME}", "${HOME", "$(touch marker)", "`touch marker`", "; touch marker",
        "& touch marker",
        "| touch marker", "> marker", "\n", "a\nb", "\ntouch marker\n", "a\n\n", "\r", "a\rb", "a\r\nb\r\n", "\t",
        "\ta\t", "#",
        " # no comment", "a#b", "a #b", "=", "a=b", "export X=1", "!", "!!", "*", "~", "~root", "{a,b}", "[x]", "\\n",
        "\\'",
        "'; touch marker; '", "\"; touch marker; \"", "$'a'", "a'b\"c\\d$e", "\u{1}\u{7}\u{1b}[31m\u{7f}", "ünï",
        "e\u{301}",
        "👩‍👩‍👧‍👦", "\u{81}\u{88}", "\u{a0}nbsp\u{a0}", "\u{2028}line\u{2029}", "\u{feff}bom", "\u{85}", "null", "true", "1e3",
        "2026-01-01", "- a", "? b", ": c", "%", "@", "key: value", "<<EOF", "\\.", "a,b", "'\\''", "\\\"", "$\\",
        "\u{fffe}",
    ]

    /// More of them, put together by chance from what is dangerous; the same at each run.
    private static func generated(_ count: Int, without forbidden: String = "") -> [String] {
        let pieces = [
            "'", "\"", "\\", "$", "`", "\n", "\r", "\t", " ", "#", ";", "&", "|", "(", ")", "{", "}", "$(", "${", "=",
            "!", "a",
            "Z", "0", "ü", "\u{1b}", "\\n", "export ", "touch marker", ",", ":", "*", "~", "\u{81}",
        ].filter { piece in !piece.contains { forbidden.contains($0) } }
        var state: UInt64 = 0x9E37_79B9_7F4A_7C15
        let next = { (below: Int) -> Int in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % below
        }
        return (0..<count).map { _ in (0..<(1 + next(12))).map { _ in pieces[next(pieces.count)] }.joined() }
    }

    private static func numbered(_ values: [String]) -> [ExportedSecret] {
        values.enumerated().map { secret("K\($0)", $1) }
    }

    /// The part of the secrets that a format carries; the rest it must have refused by name.
    private static func carried(
        _ secrets: [ExportedSecret], _ format: ExportFormat, isCompatible: Bool = false
    ) throws -> [ExportedSecret] {
        let names = Set(try refused(secrets, format, isCompatible: isCompatible).map(\.key))
        return secrets.filter { !names.contains($0.key) }
    }

    /// The secrets that a format refuses.
    private static func refused(
        _ secrets: [ExportedSecret], _ format: ExportFormat, isCompatible: Bool = false
    ) throws -> [UnwritableSecret] {
        do throws(SecretExportFault) {
            _ = try ExportWriter.write(secrets, as: format, isCompatible: isCompatible)
            return []
        } catch {
            guard case .notWritable(let named, let refused) = error else { throw error }
            #expect(named == format)
            return refused
        }
    }

    /// What a shell has in its variables after sourcing a file, and whether a command in the file ran.
    private static func sourced(
        _ shell: String, _ text: Secret, _ names: [String], _ folder: TemporaryFolder, exported: Bool = false
    ) throws -> (values: [[UInt8]], ranCode: Bool) {
        let file = folder.path("file"), out = folder.path("out")
        try Data(bytes(text)).write(to: URL(filePath: file))
        let list = names.map { "\"$\($0)\"" }
        // In pieces: a command line has its limits. What is printed are the values, each with a NUL behind it.
        let script = stride(from: 0, to: list.count, by: 50).map { start in
            "printf '%s\\0' " + list[start..<min(start + 50, list.count)].joined(separator: " ")
        }.joined(separator: "\n")
        let command = "cd '\(folder.path)' && . ./file || exit 9\n{ \(script)\n} > out"
        let end = try ChildProcess(shell, ["-c", command]).wait()
        #expect(end == .exited(0))
        let read = Array(try Data(contentsOf: URL(filePath: out)))
        let values = read.split(separator: 0, omittingEmptySubsequences: false).dropLast().map(Array.init)
        let ran = FileManager.default.fileExists(atPath: folder.path("marker"))
        return (values, ran)
    }

    @Test(arguments: ["dash", "bash", "/bin/sh"], [ExportFormat.dotenv, .dotenvExport])
    func `shells read every value back, and run nothing`(shell: String, format: ExportFormat) throws {
        let folder = try TemporaryFolder()
        let all = FormatTests.numbered(FormatTests.hostile + FormatTests.generated(400))
        let secrets = try FormatTests.carried(all, format)
        if format == .dotenvExport { #expect(secrets.count == all.count) }
        #expect(secrets.count > all.count * 2 / 3)
        let written = try ExportWriter.write(secrets, as: format)
        let (values, ranCode) = try FormatTests.sourced(shell, written.text, secrets.map(\.key), folder)
        #expect(values.count == secrets.count)
        for (value, secret) in zip(values, secrets) {
            #expect(value == FormatTests.bytes(secret.value), "\(secret.value.revealedText().debugDescription)")
        }
        #expect(!ranCode)
    }

    @Test func `Compose reads the same file as shells do`() throws {
        let all = FormatTests.numbered(FormatTests.hostile + FormatTests.generated(1500))
        let secrets = try FormatTests.carried(all, .dotenv)
        let file = try EnvFile(
            ExportWriter.write(secrets, as: .dotenv).text, path: "file",
            environment: ["HOME": Secret(testing: "/wrong")])
        #expect(file.entries.count == secrets.count)
        for secret in secrets { #expect(file[secret.key]?.equals(secret.value) == true) }
        // What it refuses has both.
        let refused = Set(all.map(\.key)).subtracting(secrets.map(\.key))
        #expect(!refused.isEmpty)
        for secret in all where refused.contains(secret.key) {
            let value = secret.value.revealedText()
            #expect(value.contains("`") && (value.contains("'") || value.hasSuffix("\\")))
        }
    }

    @Test(arguments: ["dash", "bash"], [ExportFormat.dotenv, .dotenvExport])
    func `a name that is no variable's never reaches a shell`(shell: String, format: ExportFormat) throws {
        let folder = try TemporaryFolder()
        let names = [
            "touch marker;X", "$(touch marker)", "`touch marker`", "A B", "export X", "9DIGIT", "DOT.KEY", "WITH-DASH",
            "ÜMLAUT",
            "", "A\ntouch marker\nB", "A\n", "#A", "a[$(touch marker)]", "X+", "A;touch marker #", "../../bin/true",
        ]
        var secrets = names.map { FormatTests.secret($0, "v") }
        // Assigned to a number of bash, this is arithmetic that runs a command.
        let shells = [
            "RANDOM", "SECONDS", "OPTIND", "PS4", "PROMPT_COMMAND", "BASH_ENV", "UID", "PPID", "IFS", "SHELLOPTS",
            // Not arithmetic, but kept by the shell, told on standard error, a stream, or run.
            "BASHPID", "HISTCMD", "LINENO", "SRANDOM", "EPOCHSECONDS", "EPOCHREALTIME", "BASHOPTS", "BASH_VERSINFO",
            "EUID", "BASH_ALIASES", "BASH_ARGV0", "BASH_CMDS", "BASH_COMMAND", "BASH_SUBSHELL", "COMP_WORDBREAKS",
            "DIRSTACK", "BASH_ARGC", "BASH_ARGV", "BASH_LINENO", "BASH_SOURCE", "FUNCNAME", "GROUPS", "PIPESTATUS", "_",
            "BASH_COMPAT", "BASH_XTRACEFD", "ENV", "PS0", "PS1", "PS2", "PS3", "POSIXLY_CORRECT",
        ]
        secrets += shells.map { FormatTests.secret($0, "a[$(touch marker)]") }
        secrets.append(FormatTests.secret("_GOOD1", "good"))
        let written = try ExportWriter.write(secrets, as: format)
        #expect(written.leftOut.map(\.key) == names + shells)
        let (values, ranCode) = try FormatTests.sourced(shell, written.text, ["_GOOD1"], folder)
        #expect(values == [Array("good".utf8)])
        #expect(!ranCode)
    }

    @Test func `every variable that bash evaluates or keeps from being assigned is left out`() throws {
        let folder = try TemporaryFolder()
        let end = try ChildProcess("bash", ["-c", "{ declare -pi; declare -pr; } > '\(folder.path("out"))'"]).wait()
        #expect(end == .exited(0))
        let text = String(decoding: try Data(contentsOf: URL(filePath: folder.path("out"))), as: UTF8.self)
        // declare -ir UID="0"
        let names = text.split(separator: "\n").compactMap { line -> String? in
            let words = line.split(separator: " ", maxSplits: 2)
            return words.count == 3 ? String(words[2].prefix { $0 != "=" }) : nil
        }
        #expect(names.count > 8)
        let secrets = Set(names).sorted().map { FormatTests.secret($0, "1") }
        #expect(try ExportWriter.write(secrets, as: .dotenv).leftOut.map(\.key) == secrets.map(\.key))
    }

    @Test func `docker takes every value that it can, and the others are refused by name`() throws {
        let all =
            FormatTests.numbered(FormatTests.hostile + FormatTests.generated(500))
            + [FormatTests.secret("DOT.KEY", "dot"), FormatTests.secret("LONG", String(repeating: "x", count: 65_536))]
        let secrets = try FormatTests.carried(all, .docker)
        let file = try EnvFile(ExportWriter.write(secrets, as: .docker).text, path: "file", syntax: .docker)
        #expect(file.entries.count == secrets.count)
        for secret in secrets { #expect(file[secret.key]?.equals(secret.value) == true) }
        for secret in all where !secrets.contains(where: { $0.key == secret.key }) {
            let value = secret.value.revealedText()
            #expect(value.utf8.contains(10) || value.utf8.last == 13 || value.count > 65_000)
        }
        for name in ["", "A B", "A=B", "#A", "A\n", "\u{feff}A", "A\tB", "A\u{a0}"] {
            #expect(try FormatTests.carried([FormatTests.secret(name, "v")], .docker).isEmpty, "\(name)")
        }
    }

    @Test func `systemd takes every value that it can, and the others are refused by name`() throws {
        let all = FormatTests.numbered(FormatTests.hostile + FormatTests.generated(500))
        let secrets = try FormatTests.carried(all, .systemd)
        let file = try EnvFile(ExportWriter.write(secrets, as: .systemd).text, path: "file", syntax: .systemd)
        #expect(file.entries.count == secrets.count)
        for secret in secrets { #expect(file[secret.key]?.equals(secret.value) == true) }
        for secret in all where !secrets.contains(where: { $0.key == secret.key }) {
            let value = secret.value.revealedText()
            #expect(
                value.utf8.contains { $0 < 32 && $0 != 9 && $0 != 10 || $0 == 127 } || value == "\u{fffe}")
        }
        #expect(try FormatTests.carried([FormatTests.secret("DOT.KEY", "v")], .systemd).isEmpty)
    }

    @Test(arguments: [ExportFormat.dotenv, .dotenvExport, .docker, .systemd, .csv])
    func `a NUL is refused by name, and so is what is no text where readers need text`(format: ExportFormat) throws {
        let nul = FormatTests.secret("NUL", bytes: [0x61, 0, 0x62])
        #expect(try FormatTests.refused([nul], format).map(\.text) == ["\"NUL\" in /app (its value has a NUL)"])
        let binary = FormatTests.secret("BINARY", bytes: [0xFF, 0xFE, 0x27, 0xC0])
        #expect(try FormatTests.carried([binary], format).isEmpty == (format != .dotenvExport))
        guard format == .dotenvExport else { return }
        let text = try ExportWriter.write([binary], as: format).text
        let (values, _) = try FormatTests.sourced("dash", text, ["BINARY"], TemporaryFolder())
        #expect(values == [[0xFF, 0xFE, 0x27, 0xC0]])
    }

    /// Names and values that Python reads, as hexadecimal digits.
    private static func python(_ reader: String, _ text: Secret) throws -> [[String]] {
        let folder = try TemporaryFolder(), file = folder.path("file"), out = folder.path("out")
        try Data(bytes(text)).write(to: URL(filePath: file))
        let script = """
            import base64, csv, json, sys
            def raw(v): return v if isinstance(v, bytes) else v.encode()
            \(reader)
            with open(sys.argv[2], "w") as out:
                for pair in pairs: out.write(" ".join("x" + raw(v).hex() for v in pair) + "\\n")
            """
        #expect(try ChildProcess("python3", ["-c", script, file, out]).wait() == .exited(0))
        let read = String(decoding: try Data(contentsOf: URL(filePath: out)), as: UTF8.self)
        return read.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
    }

    private static func hex(_ secrets: [ExportedSecret]) -> [[String]] {
        secrets.map { secret in
            [Array(secret.key.utf8), bytes(secret.value)].map { bytes in
                "x" + bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
            }
        }
    }

    private static let strangeNames = [
        "a: b", "- x", "? y", "null", "\"q\"", "it's", "a\nb", "#c", "ü", String(repeating: "long ", count: 90), "{x}",
        "1",
    ]

    private static var everything: [ExportedSecret] {
        numbered(hostile + generated(300)) + strangeNames.map { secret($0, "v") }
    }

    @Test func `JSON is read back by Python, binary values too`() throws {
        let secrets =
            FormatTests.everything + [
                FormatTests.secret("NUL", bytes: [0x61, 0, 0x62]),
                FormatTests.secret("BINARY", bytes: [0xFF, 0, 0xC0]),
            ]
        let reader = """
            data = json.load(open(sys.argv[1], encoding="utf-8"))
            for s in data:
                assert s["type"] == "shared" and s["secretPath"] == "/app" and s["environment"] == "dev", s
                assert s["workspace"] == "id" and s["tags"] == ["one", "two"] and s["comment"] == 'ünï\\n"c"', s
                if s.get("valueEncoding") == "base64": s["value"] = base64.b64decode(s["value"])
            pairs = [(s["key"], s["value"]) for s in data]
            """
        let text = try ExportWriter.write(secrets, as: .json, project: "id").text
        #expect(try FormatTests.python(reader, text) == FormatTests.hex(secrets))
        #expect(try ExportWriter.write([], as: .json).text.revealedText() == "[]\n")
    }

    @Test func `YAML is read back by Python, binary values too`() throws {
        let secrets =
            FormatTests.everything + [
                FormatTests.secret("NUL", bytes: [0x61, 0, 0x62]),
                FormatTests.secret("BINARY", bytes: [0xFF, 0, 0xC0]),
            ]
        let reader = """
            import yaml
            pairs = list(yaml.safe_load(open(sys.argv[1], "rb")).items())
            """
        let text = try ExportWriter.write(secrets, as: .yaml).text
        #expect(try FormatTests.python(reader, text) == FormatTests.hex(secrets))
        #expect(try ExportWriter.write([], as: .yaml).text.revealedText() == "{}\n")
    }

    @Test func `CSV is read back by Python`() throws {
        let secrets = FormatTests.everything
        let reader = """
            rows = list(csv.reader(open(sys.argv[1], encoding="utf-8", newline="")))
            assert rows[0] == ["Key", "Value"], rows[0]
            pairs = rows[1:]
            """
        let text = try ExportWriter.write(secrets, as: .csv).text
        #expect(try FormatTests.python(reader, text) == FormatTests.hex(secrets))
    }

    @Test func `the compatible form is that of the command line client, byte by byte`() throws {
        let secrets = [
            FormatTests.secret("A", "plain"), FormatTests.secret("B", "back\\slash $HOME \"q\" #x"),
            FormatTests.secret("C", "one\ntwo\r\n"), FormatTests.secret("D", "one\ntwo\n", skips: true),
            FormatTests.secret("E", ""),
        ]
        let text = try ExportWriter.write(secrets, as: .dotenv, isCompatible: true).text.revealedText()
        #expect(
            text == "A='plain'\nB='back\\slash $HOME \"q\" #x'\nC='one\ntwo\r\n'\nD='one\\ntwo\\n'\nE=''\n")
        let exported = try ExportWriter.write(secrets, as: .dotenvExport, isCompatible: true).text.revealedText()
        #expect(exported.hasPrefix("export A='plain'\nexport B="))
    }

    @Test(
        arguments: [
            ("A", "it's", .singleQuote), ("A", "a\\", .trailingBackslash), ("DOT.KEY", "v", .noVariableName),
            ("RANDOM", "v", .shellVariable), ("A", "a\0b", .nul),
        ] as [(String, String, UnwritableSecret.Reason)])
    func `the compatible form is refused where it would be broken`(
        key: String, value: String, reason: UnwritableSecret.Reason
    ) throws {
        let secrets = [FormatTests.secret("FINE", "v"), FormatTests.secret(key, value)]
        let refused = try FormatTests.refused(secrets, .dotenv, isCompatible: true)
        #expect(refused.map(\.key) == [key])
        #expect(refused.map(\.reason) == [reason])
    }
}
