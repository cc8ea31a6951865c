import Secrets
import Testing

@testable import Settings

@Suite struct ComposeFileTests {
    private func secret(_ text: String) -> Secret {
        var bytes = Array(text.utf8)
        return Secret(consuming: &bytes)
    }

    private func references(_ text: String) throws -> [ComposeFile.EnvFileReference] {
        try ComposeFile(secret(text), path: "c.yml", projectFolder: "/srv/i").envFiles(of: "backend")
    }

    @Test func `the env files of a service are found in every form`() throws {
        let one = "services:\n  backend:\n    env_file: .env\n"
        #expect(try references(one) == [.init(path: "/srv/i/.env", isRequired: true)])
        let several = """
            services:
              backend:
                env_file:
                  - ./a.env
                  - /etc/b.env
                  - path: c.env
                    required: false
                  - ${WHICH}.env
            """
        #expect(
            try references(several) == [
                .init(path: "/srv/i/a.env", isRequired: true), .init(path: "/etc/b.env", isRequired: true),
                .init(path: "/srv/i/c.env", isRequired: false),
            ])
        #expect(try references("services:\n  other:\n    env_file: x\n").isEmpty)
        #expect(try references("{}").isEmpty && references("").isEmpty)
    }

    @Test func `a file that is no YAML is told with its place`() {
        #expect { try references("services: [") } throws: { error in
            (error as? SettingsFault)?.code == "settings.yaml-syntax" && "\(error)".contains("c.yml")
        }
    }

    @Test func `a rendered service is read from both forms of Compose`() throws {
        let first = """
            services:
              backend:
                image: infisical/infisical:latest
                environment: {A: one, PRICE: 5$$, EMPTY: '', NUMBER: 8}
                ports: ['127.0.0.1:8020:8080/tcp', '53:53/udp', '9000']
                volumes: ['data:/data:rw', '/only']
                command: serve
            version: '3.8'
            """
        let one = try #require(try RenderedService(secret(first), service: "backend"))
        #expect(one.image == "infisical/infisical:latest" && one.formatVersion == "3.8" && one.command == ["serve"])
        #expect(one.publishedPorts == ["8080/tcp", "53/udp", "9000/tcp"] && one.mounts == ["/data", "/only"])
        #expect(
            one.environment.mapValues { $0.revealedText() } == ["A": "one", "PRICE": "5$", "EMPTY": "", "NUMBER": "8"])
        let second = """
            services:
              backend:
                environment:
                  A: one
                  NOTHING: null
                ports:
                  - mode: ingress
                    target: 8080
                    published: "8020"
                    protocol: tcp
                volumes:
                  - type: volume
                    source: data
                    target: /data
            """
        let two = try #require(try RenderedService(secret(second), service: "backend"))
        #expect(two.publishedPorts == ["8080/tcp"] && two.mounts == ["/data"] && two.image == nil)
        #expect(two.environment["NOTHING"]?.count == 0 && two.formatVersion == nil)
        #expect(try RenderedService(secret(second), service: "db") == nil)
        #expect(!"\(one)".contains("5$"))
    }
}
