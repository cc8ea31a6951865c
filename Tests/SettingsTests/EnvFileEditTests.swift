import Faults
import Secrets
import TestSupport
import Testing

@testable import Settings

@Suite struct EnvFileEditTests {
    private static let old = "00112233445566778899aabbccddeeff"
    private static let new = "ffeeddccbbaa99887766554433221100"

    private func edited(
        _ text: String, _ syntax: EnvSyntax = .compose, name: String = "KEY", old: String = Self.old,
        new: String = Self.new, keeping: Set<String> = [], environment: [String: String] = [:]
    ) throws -> EnvFileEdit {
        let file = try EnvFile(
            secret(text), path: "/srv/.env", syntax: syntax, environment: environment.mapValues(secret))
        return try EnvFileEdit(file, [.replace(name: name, old: secret(old), new: secret(new))], keeping: keeping)
    }

    private func removed(_ text: String, _ syntax: EnvSyntax = .compose, name: String = "KEY") throws -> EnvFileEdit {
        let file = try EnvFile(secret(text), path: "/srv/.env", syntax: syntax)
        return try EnvFileEdit(file, [.remove(name: name, holding: secret(Self.old))])
    }

    /// `OLD` stands for the value before, `NEW` for the one after; what is not said twice is the same.
    @Test(arguments: [
        "KEY=OLD\n", "KEY=OLD", "KEY='OLD'\n", "KEY=\"OLD\" # the key\n", "export KEY = OLD  # c\n", "KEY: OLD\n",
        "\u{FEFF}KEY=OLD\r\nB=1\r\n", "# KEY=old\nKEY=OLD\nKEYS=OLD-2\n", "A='x'KEY=\"OLD\"\n", "KEY=\" OLD \"\n",
        "KEY=OLD\nB=2\nKEY='OLD'\n", "KEY=other\nKEY=OLD\n", "KEY=OLD\nKEY=other\n", "KEY=\t OLD \t\nB=\"a\nKEY=1\"\n",
        "KEY=${MISSING:-OLD}\n", "KEY=\"${MISSING-OLD}\"\n", "KEY=${MISSING:-${ALSO:-OLD}}\n", "A=1\nKEY=${A:+OLD}\n",
        "A=OLD\nKEY=${A}\n", "A='OLD' # c\nB=\"$A\"\nKEY=${B:-x}\n", "A=OLD\nKEY=$A$NONE\n", "N=x\nKEY=${N:+}OLD\n",
        "A=${NONE:-OLD}\nKEY=$A\nA=other\n",
    ])
    func `only the bytes that yield the value differ`(template: String) throws {
        let text = { (value: String) in template.replacing("OLD", with: value) }
        // What only looks like the key stays.
        let kept = { (value: String) in
            text(value).replacing("KEYS=\(value)", with: "KEYS=\(Self.old)")
        }
        let edit = try edited(text(Self.old))
        #expect(shown(edit.after.text) == kept(Self.new), "\(template.debugDescription)")
        #expect(!edit.isEmpty && !edit.places.isEmpty)
        let back = try edited(shown(edit.after.text) ?? "", old: Self.new, new: Self.old)
        #expect(back.after.text.equals(edit.before.text))
    }

    @Test func `a command that stands in the file as the value is a value`() throws {
        let command = "$(openssl rand -hex 16)"
        for text in ["KEY=OLD\n", "KEY='OLD'\n", "KEY=\"OLD\"\n", "A=OLD # c\nKEY=${A}\n", "KEY=${X:-OLD}\n"] {
            let edit = try edited(text.replacing("OLD", with: command), old: command)
            #expect(shown(edit.after.text) == text.replacing("OLD", with: Self.new))
            // And back, as a rollback does.
            let back = try edited(shown(edit.after.text) ?? "", old: Self.new, new: command)
            #expect(shown(back.after["KEY"]) == command, "\(text)")
        }
    }

    @Test(arguments: EnvSyntax.allCases)
    func `any value can be written, or it is said that it cannot`(syntax: EnvSyntax) throws {
        let values = [
            "", " ", "a b", "it's", "say \"x\"", "a'b\"c", "$A ${A}", "a\\", "\\n", "a\nb", "a\r\nb", "#x", "a #b",
            "${",
            "`x`", "ärger", "'", "\"", "=", "-----BEGIN\nx\n-----END\n", "a\\'b", "\\\\", "$$", "tab\tx", "'quoted'",
        ]
        var written = 0
        for text in ["A=1\nKEY=OLD\nB=2\n", "A=1\nKEY='OLD'\nB=2\n", "A=1\nKEY=\"OLD\"\nB=2\n"] {
            for value in values {
                let old = syntax == .docker ? String(text.dropFirst(8).prefix { $0 != "\n" }) : "OLD"
                do {
                    let edit = try edited(text, syntax, old: old, new: value)
                    #expect(
                        shown(edit.after["KEY"]) == value,
                        "\(syntax) \(text.debugDescription) \(value.debugDescription)")
                    #expect(shown(edit.after["A"]) == "1" && shown(edit.after["B"]) == "2")
                    written += 1
                } catch SettingsFault.envNotEditable(_, _, _, .notWritable) {
                    // A line of docker's has no quotes, and systemd takes no control characters.
                    #expect(syntax == .docker || value.utf8.contains(13), "\(syntax) \(value.debugDescription)")
                }
            }
        }
        #expect(written >= (syntax == .docker ? 50 : values.count * 3 - 3))
    }

    @Test func `systemd's pieces and docker's quotes`() throws {
        let cut = Self.old.index(Self.old.startIndex, offsetBy: 9)
        let pieces = "'\(Self.old[..<cut])'\"\(Self.old[cut...])\""
        let edit = try edited("A=1\nKEY=\(pieces)  \nB=2\n", .systemd)
        #expect(shown(edit.after.text) == "A=1\nKEY=\(Self.new)  \nB=2\n")
        let joined = try edited("KEY=\(Self.old[..<cut])\\\n\(Self.old[cut...])\nB=2", .systemd)
        #expect(shown(joined.after.text) == "KEY=\(Self.new)\nB=2")
        // For docker the quotes are a part of the value, so the key is none that Infisical could use.
        let docker = try edited("KEY=\"x\"\r\nB=2\r\n", .docker, old: "\"x\"")
        #expect(shown(docker.after.text) == "KEY=\(Self.new)\r\nB=2\r\n")
    }

    @Test func `what another variable is made of stays, and the reference goes`() throws {
        let shared = "KEY=\(Self.old)\nINFISICAL=${KEY}\nOTHER=${KEY}\n"
        let edit = try edited(shared, name: "INFISICAL")
        #expect(shown(edit.after.text) == "KEY=\(Self.old)\nINFISICAL=\(Self.new)\nOTHER=${KEY}\n")
        #expect(edit.places == [.init(name: "INFISICAL", line: 2)])
        // The same where a variable is to be kept for a reason that the file does not know.
        let kept = try edited("KEY=\(Self.old)\nINFISICAL=\"${KEY}\" # c\n", name: "INFISICAL", keeping: ["KEY"])
        #expect(shown(kept.after.text) == "KEY=\(Self.old)\nINFISICAL=\"\(Self.new)\" # c\n")
        let fed = try edited("KEY=\(Self.old)\nINFISICAL=${KEY}\n", name: "INFISICAL")
        #expect(fed.places == [.init(name: "KEY", line: 1)])
    }

    @Test func `several changes are one edit`() throws {
        let uri = { (password: String) in "postgresql://infisical:\(password)@db:5432/infisical?sslmode=disable" }
        let text = "PW=\(Self.old)\nURI=\(uri("${PW}"))\nSECOND='\(uri(Self.old))'\n"
        let changes: [EnvFileEdit.Change] = [
            .replace(name: "URI", old: secret(uri(Self.old)), new: secret(uri(Self.new))),
            .replace(name: "SECOND", old: secret(uri(Self.old)), new: secret(uri(Self.new))),
            .replace(name: "PW", old: secret(Self.old), new: secret(Self.new)),
        ]
        let edit = try EnvFileEdit(try env(text), changes)
        #expect(shown(edit.after.text) == "PW=\(Self.new)\nURI=\(uri("${PW}"))\nSECOND='\(uri(Self.new))'\n")
        // The password alone would change what is not meant.
        let found = try fault { _ = try EnvFileEdit(try env(text), [changes[2]]) }
        #expect(
            found
                == .envNotEditable(path: "/srv/.env", line: 1, name: "PW", .changesOther(variable: "URI")))
        // The address alone finds the password where it stands.
        let alone = try EnvFileEdit(try env(text), [changes[0]])
        #expect(shown(alone.after.text)?.hasPrefix("PW=\(Self.new)\nURI=\(uri("${PW}"))\n") == true)
    }

    @Test func `a definition goes with its line, and with nothing else`() throws {
        let cases = [
            ("A=1\nKEY=OLD\nB=2\n", "A=1\nB=2\n"), ("KEY=OLD", ""),
            ("A=1\r\n  export KEY='OLD' # c\r\nB=2", "A=1\r\nB=2"),
            ("A='1' KEY='OLD' # c\nB=2\n", "A='1'  # c\nB=2\n"), ("KEY='OLD'B=2\n", "B=2\n"),
            ("\u{FEFF}KEY=OLD\nB=2\n", "\u{FEFF}B=2\n"), ("KEY=OLD\nKEY=other\nKEY=OLD\n", "KEY=other\n"),
            ("A=1\nKEY=OLD", "A=1\n"), ("A=\"x\n\"KEY=OLD\nB=\"y\"", "A=\"x\n\"\nB=\"y\""),
        ]
        for (before, after) in cases {
            let edit = try removed(before.replacing("OLD", with: Self.old))
            #expect(shown(edit.after.text) == after, "\(before.debugDescription)")
        }
        #expect(shown(try removed("A=1\nKEY=\(Self.old)\n; c\n", .systemd).after.text) == "A=1\n; c\n")
        #expect(shown(try removed(" KEY=\(Self.old)\r\nB=2\r\n", .docker).after.text) == "B=2\r\n")
        // Another one is made of it.
        let found = try fault { _ = try removed("KEY=\(Self.old)\nB=${KEY}\n") }
        #expect(found == .envNotEditable(path: "/srv/.env", line: 1, name: "KEY", .changesOther(variable: "B")))
    }

    @Test func `what cannot be edited is refused by name and never shown`() throws {
        let cases: [(String, Set<String>, EnvEditProblem)] = [
            ("B=1\n", [], .notHeld), ("KEY=other\n", [], .notHeld), ("KEY\n", [], .notHeld),
            ("KEY=${SHELL_KEY}\n", [], .elsewhere(variable: "SHELL_KEY")),
            ("KEY=${SHELL_KEY:-\(Self.old)}\n", [], .elsewhere(variable: "SHELL_KEY")),
            ("KEY=\(Self.old)\nURL=x$KEY\n", [], .changesOther(variable: "URL")),
        ]
        for (text, keeping, problem) in cases {
            let found = try fault {
                _ = try edited(text, keeping: keeping, environment: ["SHELL_KEY": Self.old])
            }
            guard case .envNotEditable("/srv/.env", _, "KEY", problem) = found else {
                Issue.record("\(text.debugDescription): \(found)")
                continue
            }
            #expect(!seen(found).contains(Self.old) && !found.hints.isEmpty && found.exit == .refused)
        }
    }

    @Test func `lines in which the value still stands are named`() throws {
        let text = "# KEY=\(Self.old)\nKEY=\(Self.new)\nB='x\n\(Self.old)\(Self.old)'\n"
        #expect(try env(text).lines(holding: secret(Self.old)) == [1, 4])
    }
}
