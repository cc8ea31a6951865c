import FoundationEssentials
import Secrets
import TestSupport
import Testing

@testable import Settings

/// What each reader of env files makes of the same lines, and what this program does.
@Suite struct EnvSyntaxTests {
    struct Table: Decodable {
        let variants: [Variant]
    }
    struct Variant: Decodable {
        let text: String
        let systemd: [String: String]?
        let docker: [String: String]?
    }

    private func table() throws -> [Variant] {
        let data = try Data(contentsOf: URL(filePath: Fixtures.path("env-file-variants.json")))
        return try JSONDecoder().decode(Table.self, from: data).variants
    }

    private func file(_ text: String, _ syntax: EnvSyntax) throws(SettingsFault) -> EnvFile {
        try EnvFile(secret(text), path: "/srv/x.env", syntax: syntax)
    }

    /// Nil for a file that is refused.
    private func read(_ text: String, _ syntax: EnvSyntax) -> [String: String]? {
        guard let file = try? file(text, syntax) else { return nil }
        return Dictionary(file.entries.map { ($0.name, $0.value.revealedText()) }) { $1 }
    }

    @Test func `each variant is read as systemd and docker read it`() throws {
        let table = try table()
        #expect(table.count >= 50)
        for variant in table {
            #expect(read(variant.text, .systemd) == variant.systemd, "systemd: \(variant.text.debugDescription)")
            #expect(read(variant.text, .docker) == variant.docker, "docker: \(variant.text.debugDescription)")
        }
    }

    /// Only the bytes of the value are replaced, and the file then says the new one, whatever stood there.
    @Test(arguments: EnvSyntax.allCases)
    func `a value can be replaced without touching anything else`(syntax: EnvSyntax) throws {
        for variant in try table() {
            guard let file = try? file("B=keep\n" + variant.text, syntax), let entry = file.entry("A") else { continue }
            let bytes = file.text.withBytes { Array($0) }
            let edited =
                bytes[..<entry.valueRange.lowerBound] + Array("new0".utf8) + bytes[entry.valueRange.upperBound...]
            let after = try self.file(String(decoding: edited, as: UTF8.self), syntax)
            #expect(after.entry("A")?.value.revealedText() == "new0", "\(syntax): \(variant.text.debugDescription)")
            #expect(after.entries.count == file.entries.count && after.entry("B")?.line == file.entry("B")?.line)
            if entry.isLiteral {
                let literal = String(decoding: bytes[entry.valueRange], as: UTF8.self)
                #expect(entry.value.revealedText() == literal, "\(syntax): \(variant.text.debugDescription)")
            }
        }
    }

    @Test func `what a reader leaves out or takes otherwise than it looks is noted`() throws {
        let systemd = try file("export A=1\n# c \\\nB=2\nB=3\nnoise\n1C=4\nD=\u{1}\n", .systemd)
        #expect(
            systemd.notes == [
                .ignored(line: 1), .continuedComment(line: 2), .duplicate(name: "B", earlier: 3, line: 4),
                .ignored(line: 5), .ignored(line: 6), .ignored(line: 7),
            ])
        let docker = try file("A=\"1\"\nB=2\nB=3\nC\n", .docker)
        #expect(docker.notes == [.literalQuotes(line: 1), .duplicate(name: "B", earlier: 2, line: 3)])
        #expect(docker.inherited.map(\.name) == ["C"])
        for note in systemd.notes + docker.notes { #expect(!note.description.isEmpty) }
    }

    @Test func `what a reader refuses is refused by its line and never shown`() throws {
        let cases: [(String, EnvSyntax, Int, EnvFileProblem)] = [
            ("A=1\n=hunter2", .docker, 2, .noName), ("A B=hunter2", .docker, 1, .spaceInName),
            ("A=1\nB=\u{0}hunter2", .docker, 2, .notText), ("A=\u{0}hunter2", .systemd, 1, .notText),
            ("A=1\nB=" + String(repeating: "x", count: 70_000), .docker, 2, .longLine),
        ]
        for (text, syntax, line, problem) in cases {
            let found = try fault { _ = try file(text, syntax) }
            #expect(found == .envMalformed(path: "/srv/x.env", line: line, problem: problem))
            #expect(!seen(found).contains("hunter2"))
        }
    }

    @Test func `instance.env_syntax says who reads the env files`() throws {
        let folder = try TemporaryFolder(), path = folder.path("i.env")
        try write("ENCRYPTION_KEY=a#b$c # not a comment\nDB_HOST=\"h\"\n", to: path)
        func key(_ syntax: String?) throws -> String? {
            var environment = ["INFISICAL_OPS_ENV_FILE": path]
            environment["INFISICAL_OPS_INSTANCE_ENV_SYNTAX"] = syntax
            let resolved = try ResolvedConfiguration(nil, .test(environment))
            return (shown(resolved.instance.encryptionKey?.value) ?? "") + " " + (resolved.database.host ?? "")
        }
        #expect(try key(nil) == "a#b h" && key("compose") == "a#b h")
        #expect(try key("systemd") == "a#b$c # not a comment h")
        #expect(try key("docker") == "a#b$c # not a comment \"h\"")
        #expect(try fault { _ = try key("shell") }.code == "settings.wrong-value")
        #expect(try configuration("instance: { env_syntax: systemd }")[.envSyntax]?.value.description == "systemd")
    }
}
