import DurableFiles
import Effects
import Faults
import Instance
import Processes
import Secrets
import Settings
import TestSupport
import Testing

@testable import InstanceAccess

/// Which lines of which env files are edited, as the Compose that is installed here resolves them.
@Suite struct KeyDefinitionsTests {
    private static let old = "00112233445566778899aabbccddeeff"
    private static let new = "ffeeddccbbaa99887766554433221100"

    private func secret(_ text: String) -> Secret {
        var bytes = Array(text.utf8)
        return Secret(consuming: &bytes)
    }

    /// The guide's stack: another service has variables of the plain names in the same file.
    private static let guide = """
        version: "3.8"
        services:
          infisical-backend:
            image: tiny
            environment:
              - ENCRYPTION_KEY=${INFISICAL_ENCRYPTION_KEY}
              - DB_CONNECTION_URI=postgresql://infisical:${INFISICAL_POSTGRES_PASSWORD:-pw}@infisical-db/infisical
          infisical-db:
            image: tiny
            environment: { POSTGRES_PASSWORD: "${INFISICAL_POSTGRES_PASSWORD:-pw}" }
          n8n:
            image: tiny
            environment: { N8N_ENCRYPTION_KEY: "${ENCRYPTION_KEY:-none}" }
        """
    private static let upstream = """
        services:
          backend: { image: tiny, env_file: .env, environment: [NODE_ENV=production] }
          db: { image: tiny, env_file: .env }
        """

    private final class Project {
        let folder: TemporaryFolder
        let labels: ComposeLabels
        let docker: Docker
        let files = Files(effects: Effects())
        private let names: [String]

        init(_ compose: String, _ texts: [String: String], envFiles: [String] = []) throws {
            folder = try TemporaryFolder()
            names = ["compose.yml"] + texts.keys
            try folder.write("compose.yml", compose)
            for (name, text) in texts { try folder.write(name, text) }
            labels = ComposeLabels(
                project: "p", folder: folder.path, files: [folder.path("compose.yml")],
                environmentFiles: envFiles.map(folder.path))
            let effects = Effects()
            docker = Docker(runner: ProcessRunner(effects: effects, cancellation: Cancellation()), effects: effects)
        }

        func find(
            _ targets: [KeyDefinitions.Target], own: Set<String>, shell: Set<String> = []
        ) throws -> KeyDefinitions {
            let before = try names.map(folder.text)
            defer {
                // Whatever comes of it, nothing was written.
                #expect((try? names.map(folder.text)) == before)
                #expect((try? files.list(folder.path).map(\.name).sorted()) == names.sorted())
            }
            return try KeyDefinitions(targets, of: labels, own: own, shell: shell, docker, files)
        }
    }

    private func key(_ service: String, old: String = Self.old) -> [KeyDefinitions.Target] {
        [.init(service: service, variable: "ENCRYPTION_KEY", old: secret(old), new: secret(Self.new))]
    }

    private let guideServices: Set = ["infisical-backend", "infisical-db"]

    private func texts(_ found: KeyDefinitions) -> [String] { found.edits.map { $0.after.text.revealedText() } }

    @Test func `only the variable that feeds the backend is edited, whatever else has its value`() throws {
        let text = "# keys\nENCRYPTION_KEY=OLD\nINFISICAL_ENCRYPTION_KEY='OLD' # c\nOTHER=OLD\n"
        let project = try Project(Self.guide, [".env": text.replacing("OLD", with: Self.old)])
        let found = try project.find(key("infisical-backend"), own: guideServices)
        #expect(found.names == ["INFISICAL_ENCRYPTION_KEY"])
        #expect(found.edits.map(\.before.path) == [project.folder.path(".env")])
        let expected = text.replacing("'OLD'", with: "'\(Self.new)'").replacing("OLD", with: Self.old)
        #expect(texts(found) == [expected])
    }

    @Test func `a variable that others read too is left alone, and where nothing else is left, refused`() throws {
        let both = "ENCRYPTION_KEY=\(Self.old)\nINFISICAL_ENCRYPTION_KEY=${ENCRYPTION_KEY}\n"
        let project = try Project(Self.guide, [".env": both])
        let found = try project.find(key("infisical-backend"), own: guideServices)
        #expect(texts(found) == ["ENCRYPTION_KEY=\(Self.old)\nINFISICAL_ENCRYPTION_KEY=\(Self.new)\n"])
        let plain = try Project(
            Self.guide.replacing("${INFISICAL_ENCRYPTION_KEY}", with: "${ENCRYPTION_KEY}"),
            [".env": "ENCRYPTION_KEY=\(Self.old)\n"])
        #expect(throws: KeyDefinitionFault.shared(name: "ENCRYPTION_KEY", service: "n8n")) {
            _ = try plain.find(key("infisical-backend"), own: guideServices)
        }
        // Within the instance it may be shared.
        _ = try plain.find(key("infisical-backend"), own: guideServices.union(["n8n"]))
    }

    @Test func `a command that was never run is a value, and a default is one too`() throws {
        let literal = "$(openssl rand -hex 16)"
        let project = try Project(Self.guide, [".env": "INFISICAL_ENCRYPTION_KEY=\(literal)\n"])
        let found = try project.find(key("infisical-backend", old: literal), own: guideServices)
        #expect(texts(found) == ["INFISICAL_ENCRYPTION_KEY=\(Self.new)\n"])
        let fallback = try Project(Self.guide, [".env": "INFISICAL_ENCRYPTION_KEY=${NONE_OF_THIS:-\(Self.old)}\n"])
        #expect(
            texts(try fallback.find(key("infisical-backend"), own: guideServices)) == [
                "INFISICAL_ENCRYPTION_KEY=${NONE_OF_THIS:-\(Self.new)}\n"
            ])
    }

    @Test func `a password is changed for the database and in the address at once`() throws {
        let project = try Project(
            Self.guide, [".env": "INFISICAL_ENCRYPTION_KEY=k\nINFISICAL_POSTGRES_PASSWORD=\"oldpassword\"\n"])
        let uri = { (password: String) in secret("postgresql://infisical:\(password)@infisical-db/infisical") }
        let found = try project.find(
            [
                .init(
                    service: "infisical-db", variable: "POSTGRES_PASSWORD", old: secret("oldpassword"),
                    new: secret("newpassword")),
                .init(
                    service: "infisical-backend", variable: "DB_CONNECTION_URI", old: uri("oldpassword"),
                    new: uri("newpassword")),
            ], own: guideServices)
        #expect(texts(found) == ["INFISICAL_ENCRYPTION_KEY=k\nINFISICAL_POSTGRES_PASSWORD=\"newpassword\"\n"])
    }

    @Test func `an env file that services are given is edited where they read it`() throws {
        let text = "ENCRYPTION_KEY=OLD\r\nDB_X=1\r\n"
        let project = try Project(Self.upstream, [".env": text.replacing("OLD", with: Self.old)])
        let found = try project.find(key("backend"), own: ["backend", "db"])
        #expect(texts(found) == [text.replacing("OLD", with: Self.new)])
        // The same file for somebody else's service.
        #expect(throws: KeyDefinitionFault.shared(name: "ENCRYPTION_KEY", service: "db")) {
            _ = try project.find(key("backend"), own: ["backend"])
        }
        // What the compose file says beside it counts more.
        let over = try Project(
            Self.upstream.replacing("NODE_ENV=production", with: "ENCRYPTION_KEY=\(Self.old)"),
            [".env": "ENCRYPTION_KEY=\(Self.old)\n"])
        #expect(
            throws: KeyDefinitionFault.notInFiles(
                service: "backend", variable: "ENCRYPTION_KEY", place: over.folder.path("compose.yml:2"))
        ) { _ = try over.find(key("backend"), own: ["backend", "db"]) }
    }

    @Test func `what the files do not decide is refused by name`() throws {
        let files = [".env": "INFISICAL_ENCRYPTION_KEY=\(Self.old)\n"]
        let literal = try Project(Self.guide.replacing("${INFISICAL_ENCRYPTION_KEY}", with: Self.old), files)
        let place = literal.folder.path("compose.yml") + ":6"
        let found = KeyDefinitionFault.notInFiles(
            service: "infisical-backend", variable: "ENCRYPTION_KEY", place: place)
        #expect(throws: found) { _ = try literal.find(key("infisical-backend"), own: guideServices) }
        let project = try Project(Self.guide, files)
        #expect(throws: KeyDefinitionFault.inShell("INFISICAL_ENCRYPTION_KEY")) {
            _ = try project.find(key("infisical-backend"), own: guideServices, shell: ["INFISICAL_ENCRYPTION_KEY"])
        }
        let other = KeyDefinitionFault.notInForce(service: "infisical-backend", variable: "ENCRYPTION_KEY")
        #expect(throws: other) {
            _ = try project.find(key("infisical-backend", old: "another"), own: guideServices)
        }
        let all: [KeyDefinitionFault] = [
            found, other, .shared(name: "A", service: "b"), .inShell("A"), .severalFiles(["a", "b"]),
            .notInFiles(service: "a", variable: "B", place: nil),
        ]
        for fault in all {
            #expect(fault.exit == .refused && !fault.hints.isEmpty && !fault.message.contains(Self.old))
        }
    }

    /// As the script of the guide calls Compose after it has exported the secrets again.
    @Test func `a start with other env files is tried with what they will say`() throws {
        let line = "INFISICAL_ENCRYPTION_KEY=\(Self.old)\n"
        let project = try Project(Self.guide, [".env": line, "same.env": line, "none.env": "A=1\n"])
        let targets = key("infisical-backend"), found = try project.find(targets, own: guideServices)
        let unmet = { (names: [String]) in
            try found.unmet(
                targets, of: project.labels, calledWith: names.map(project.folder.path), project.docker, project.files
            ).map(\.variable)
        }
        #expect(try unmet([]) == [])
        // It is no file of the project, so nobody edits it; alone it brings the old key back, or none.
        #expect(try unmet(["same.env"]) == ["ENCRYPTION_KEY"])
        #expect(try unmet(["none.env"]) == ["ENCRYPTION_KEY"])
        // Where another file takes the place of .env, both are edited: .env counts again when it is used alone.
        let named = try Project(Self.guide, [".env": line, "same.env": line], envFiles: ["same.env"])
        let both = try named.find(targets, own: guideServices)
        #expect(both.edits.map(\.before.path) == ["same.env", ".env"].map(named.folder.path))
        for names in [[], ["same.env"]] {
            let missed = try both.unmet(
                targets, of: named.labels, calledWith: names.map(named.folder.path), named.docker, named.files)
            #expect(missed.isEmpty)
        }
    }

    /// Several files of the project override each other in Compose v2, which cannot be installed here; what they would say
    /// together is asked of a rendering made from that rule.
    @Test func `every file that holds the old value is edited, also where a later one overrides it`() throws {
        let first = try EnvFile(secret("INFISICAL_ENCRYPTION_KEY=\(Self.old)\nA=1\n"), path: "/s/.env")
        let variables = ["INFISICAL_ENCRYPTION_KEY": secret(Self.old), "A": secret("1")]
        let second = try EnvFile(
            secret("A=${INFISICAL_ENCRYPTION_KEY}\nINFISICAL_ENCRYPTION_KEY='\(Self.old)'\n"),
            path: "/s/.env.infisical",
            environment: variables)
        let render: KeyDefinitions.Rendering = { values, _ in
            let key = (values["INFISICAL_ENCRYPTION_KEY"] ?? self.secret(Self.old)).revealedText()
            return try RenderedProject(
                self.secret("services: {backend: {environment: {ENCRYPTION_KEY: '\(key)'}}}"), project: "p")
        }
        let found = try KeyDefinitions(
            key("backend"), in: ProjectEnvFiles(ofProject: [first, second], ofServices: [:], compose: []),
            own: ["backend"], render: render)
        #expect(
            texts(found) == [
                "INFISICAL_ENCRYPTION_KEY=\(Self.new)\nA=1\n",
                "A=${INFISICAL_ENCRYPTION_KEY}\nINFISICAL_ENCRYPTION_KEY='\(Self.new)'\n",
            ])
        // Without containers: the files that the configuration names.
        let edits = try KeyDefinitions.edits(
            of: ["INFISICAL_ENCRYPTION_KEY": (secret(Self.old), secret(Self.new))], in: [first, second])
        #expect(edits.map { $0.after.text.revealedText() } == texts(found))
    }
}
