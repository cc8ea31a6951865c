import Secrets
import Settings
import Testing

struct EnvFileTests {
    /// What Compose reads from a file, by its own rules.
    @Test(
        arguments: [
            // unquoted
            ("K=value", "value"), ("K =value", "value"), ("K= value", "value"), ("  K=value  ", "value"),
            ("export K=value", "value"), ("export\tK=value", "value"), ("\texport K=value", "value"),
            ("K: value", "value"), ("K=", ""), ("K=   ", ""), ("K=a=b=", "a=b="), ("K=a:b", "a:b"),
            ("K=value # comment", "value"), ("K=value# no comment", "value# no comment"),
            ("K=value\t# no comment", "value\t# no comment"), ("K=a #b # c", "a"), ("K=#value", "#value"),
            ("K=:8020  # or a name", ":8020"), ("K=two words", "two words"), ("K=it's", "it's"), ("K=a\\nb", "a\\nb"),
            ("K=a\"b\"", "a\"b\""),
            // single quotes
            ("K='value'", "value"), ("K='a # b' # comment", "a # b"), ("K='$OTHER ${OTHER}'", "$OTHER ${OTHER}"),
            ("K='a\\nb'", "a\\nb"), ("K='Let\\'s go'", "Let's go"), ("K='say \"x\"'", "say \"x\""), ("K=''", ""),
            ("K='first\nsecond'", "first\nsecond"), ("K='$$'", "$$"),
            // double quotes
            ("K=\"value\"", "value"), ("K=\"a # b\" # comment", "a # b"), ("K=\"a\\nb\"", "a\nb"), ("K=\"\"", ""),
            ("K=\"a\\tb\\rc\\\\d\"", "a\tb\rc\\d"), ("K=\"\\a\\b\\v\\f\"", "\u{7}\u{8}\u{b}\u{c}"),
            ("K=\"{\\\"a\\\": 1}\"", "{\"a\": 1}"), ("K=\"it's\"", "it's"), ("K=\"\\0123\"", "S"),
            ("K=\"\\0x\"", "\\x"),
            ("K=\"a\\zb\"", "a\\zb"), ("K=\"first\nsecond\"", "first\nsecond"), ("K=\"\\$OTHER\"", "$OTHER"),
            ("K=\"\\${OTHER}\"", "${OTHER}"), ("K=\"\\0777\"", "\\777"), ("K=\"\\012x\\0\"", "\\12x\\"),
            ("K=\"\\0344\"", "ä"), ("K=\"\\0044OTHER\"", "set"),
            ("K=\"\\c\\x41\"", "\\c\\x41"), ("K=\"\\\\$OTHER\"", "\\set"), ("K=\"a\\\nb\"", "a\\\nb"),
            // references
            ("K=$OTHER", "set"), ("K=${OTHER}", "set"), ("K=a${OTHER}b", "asetb"), ("K=\"a $OTHER\"", "a set"),
            ("K=$OTHER-x", "set-x"), ("K=$MISSING", ""), ("K=a${MISSING}b", "ab"),
            ("K=${MISSING:-default}", "default"), ("K=${MISSING-default}", "default"),
            ("K=${EMPTY:-default}", "default"),
            ("K=${EMPTY-default}", ""), ("K=${OTHER:-default}", "set"), ("K=${OTHER-default}", "set"),
            ("K=${OTHER:+other}", "other"), ("K=${EMPTY:+other}", ""), ("K=${EMPTY+other}", "other"),
            ("K=${MISSING+other}", ""), ("K=${OTHER:?needed}", "set"), ("K=${EMPTY?needed}", ""),
            ("K=${MISSING:-${OTHER}}", "set"), ("K=${MISSING:-a${ALSO:-b}c}d", "abcd"), ("K=${MISSING:-}", ""),
            ("K=pa$$word", "pa$word"), ("K=$$OTHER", "$OTHER"), ("K=a$", "a$"), ("K=a$1", "a$1"), ("K=a$ b", "a$ b"),
            ("K=$_X", ""), ("K=${MISSING:-$OTHER}", "set"), ("K=${MISSING:-a}}", "a}"), ("K=${OTHER}}{", "set}{"),
            ("K=${MISSING:-{}}", "{}"), ("K=${OTHER:-{}}", "set"), ("K=${MISSING:-{\"a\":1}}x", "{\"a\":1}x"),
            ("K=${OTHER:-{\"a\":1}}x", "setx"), ("K=${MISSING:-${ALSO:-{}}}", "{}"), ("K=${MISSING-:?+x}", ":?+x"),
            ("K=${OTHER:+${MISSING:-b}}", "b"), ("K='${OTHER'", "${OTHER"),
            // names
            ("export=1\nK=value", "value"), ("exportK=1\nK=value", "value"), ("K==x", "=x"),
            ("a.b-c[0]=1\nK=value", "value"),
            ("export   K = value", "value"), ("K='a'L\n", "a"), ("K:value", "value"), ("2K=x\nK=value", "value"),
            // other white space: Compose takes more of it away behind a value than in front
            ("K=\u{a0}value\u{a0}", "value"), ("K=value\u{3000}", "value"), ("K=\u{85}value\u{2029}\r\n", "value"),
            ("K=\u{3000}value", "\u{3000}value"), ("\u{2003}K=value", "value"), ("K\u{a0}=value", "value"),
            ("K=a\u{a0}#b", "a\u{a0}#b"), ("K='\u{a0}a'", "\u{a0}a"), ("K=\u{200b}", "\u{200b}"),
            // around
            ("\u{FEFF}K=value", "value"), ("# comment\n\n  # more\nK=value\n", "value"),
            ("K=first\nK=second", "second"), ("K=\"a\" # c\nL=b", "a"), ("K=ärger", "ärger"),
        ])
    func `a value is read as Compose reads it`(text: String, expected: String) throws {
        let file = try env("EMPTY=\nOTHER=set\n" + text.replacing("\u{FEFF}", with: ""))
        #expect(shown(file["K"]) == expected)
        let alone = try env(text, environment: ["EMPTY": "", "OTHER": "set"])
        #expect(shown(alone["K"]) == expected)
    }

    @Test func `windows line ends are line ends, and part of the value inside quotes`() throws {
        let file = try env("A=one\r\nB=\"two\r\nthree\"\r\nC='x'\r\n\r\nD=four # c\r\n")
        #expect(["A", "B", "C", "D"].map { shown(file[$0]) } == ["one", "two\r\nthree", "x", "four"])
        #expect(file.entries.map(\.line) == [1, 2, 4, 6])
        #expect(file.entries.map(\.isLiteral) == [true, true, true, true])
    }

    @Test func `a byte order mark is no part of the first name`() throws {
        let file = try env("\u{FEFF}K=value\nL=1")
        #expect(file.entries.map(\.name) == ["K", "L"])
        #expect(throws: SettingsFault.envMalformed(path: "/srv/.env", line: 2, problem: .badName)) {
            _ = try env("K=value\n\u{FEFF}L=1")
        }
    }

    @Test func `references see earlier keys, and the environment first`() throws {
        let file = try env("A=file\nB=${A}-$LATER\nLATER=x", environment: ["A": "shell"])
        #expect(shown(file["B"]) == "shell-")
        #expect(shown(file["A"]) == "file")
        #expect(file.notes == [.unsetReference(line: 2)])
        let long = try env("A=1\nB=\"x\n\n$MISSING\n\"\n")
        #expect(long.notes == [.unsetReference(line: 2)])
        #expect(file.notes[0].description.contains("line 2"))
    }

    @Test func `a name without a sign comes from the environment or is unset`() throws {
        let file = try env("A\nB\nC=$A\nD", environment: ["A": "given"])
        #expect(file.inherited.map(\.name) == ["A", "B", "D"])
        #expect(file.inherited.map(\.line) == [1, 2, 4])
        #expect(file["A"] == nil)
        #expect(shown(file["C"]) == "given")
    }

    @Test func `the last duplicate counts and is reported`() throws {
        let file = try env("A=1\nB=2\nA=3\n")
        #expect(shown(file["A"]) == "3")
        #expect(file.entry("A")?.line == 3)
        #expect(file.notes == [.duplicate(name: "A", earlier: 1, line: 3)])
        #expect(file.notes[0].description == "A in line 1 is overridden by line 3")
    }

    @Test func `ranges point at the bytes of each value`() throws {
        let text = "\u{FEFF}# c\nA=plain # c\nexport B='si\\'ng'\nC: \"dou$$ble\"  # d\nD=\nE=${A}\n"
        let file = try env(text)
        let bytes = Array(text.utf8)
        let found = file.entries.map { String(decoding: bytes[$0.valueRange], as: UTF8.self) }
        #expect(found == ["plain", "si\\'ng", "dou$$ble", "", "${A}"])
        #expect(file.entries.map(\.quoting) == [.none, .single, .double, .none, .none])
        #expect(file.entries.map(\.isLiteral) == [true, false, false, true, false])
        #expect(file.text.equals(secret(text)))
    }

    @Test(
        arguments: [
            ("A=1\nlol$hunter2\n", 2, EnvFileProblem.badName), ("A=1\n\n#x\nhunter2/abc=1", 4, .badName),
            ("=hunter2", 1, .noName), ("A=1\nKEY hunter2=x", 2, .spaceInName),
            ("A=1\nB=\"hunter2\nC=3\n", 2, .openQuote),
            ("A='hunter2", 1, .openQuote), ("A=x\nB=${hunter2", 2, .badReference), ("B=${!hunter2}", 1, .badReference),
            ("B=${}", 1, .badReference), ("B=${hunter2%x}", 1, .badReference), ("B=${hunter2:}", 1, .badReference),
            ("A=1\nB=${X:?hunter2}", 2, .requiredUnset), ("B=${X?hunter2}", 1, .requiredUnset),
            ("A=\"1\n2\n${X:?hunter2}\n4\"\nB=1", 1, .requiredUnset), ("#\nA=\"\n\n${hunter2!}\"", 2, .badReference),
            ("A='\n\nhunter2\0'", 1, .notText), ("A=1\nB='\nhunter2", 2, .openQuote), ("A\tB=hunter2", 1, .badName),
            ("A=\"x\"\"hunter2\"", 1, .badName), ("\u{e9}\u{301}$=hunter2", 1, .badName),
            ("A=hunter2\0", 1, .notText), ("A='hunter2\0'", 1, .notText),
            (
                "A=" + String(repeating: "${X:-", count: 50) + "hunter2" + String(repeating: "}", count: 50), 1,
                .deepReference
            ),
        ])
    func `a malformed line is named by its number, never by its text`(
        text: String, line: Int, problem: EnvFileProblem
    ) throws {
        let found = try fault { _ = try env(text) }
        #expect(found == .envMalformed(path: "/srv/.env", line: line, problem: problem))
        #expect(found.message.hasPrefix("/srv/.env:\(line): "))
        #expect(!seen(found).contains("hunter2"))
    }

    @Test(.timeLimit(.minutes(10)))
    func `a file of many lines is read in time that grows with it only`() throws {
        let lines = (0..<40_000).map { "K\($0 % 30_000)=a$K\($0 / 2)\n" }
        let file = try env(lines.joined())
        #expect(file.entries.count == 40_000)
        #expect(file.notes.count == 10_000 + 1)
        #expect(shown(file["K1"])?.hasPrefix("aa") == true)
    }

    @Test func `no description shows a value`() throws {
        let file = try env("A=hunter2\nB='hunter2'\nA=\"hunter2\"\nC=$NONE")
        #expect(!String(describing: file).contains("hunter2"))
        #expect(!String(reflecting: file).contains("hunter2"))
        var dumped = ""
        dump(file, to: &dumped)
        #expect(!dumped.contains("hunter2"))
    }

    @Test func `any text is a value or a fault`() throws {
        // Every short text over a small alphabet either parses or is a fault; none may trap.
        let alphabet: [Character] = ["A", "=", "$", "{", "}", "\"", "'", "\\", "\n", " ", "#", ":", "-"]
        var parsed = 0
        for number in 0..<20_000 {
            var rest = number &* 2_654_435_761
            var text = ""
            for _ in 0..<9 {
                text.append(alphabet[abs(rest % alphabet.count)])
                rest /= alphabet.count
            }
            do {
                _ = try env("K=" + text)
                parsed += 1
            } catch SettingsFault.envMalformed { continue }
        }
        #expect(parsed > 1000)
    }
}
