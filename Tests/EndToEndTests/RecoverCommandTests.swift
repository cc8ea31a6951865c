import DurableFiles
import Effects
import FoundationEssentials
import LiveSupport
import Processes
import TestSupport
import Testing

/// What `recover` refuses, and what it plans. A whole recovery on a real engine: `Tests/Support/recover-host-test`.
@Suite struct RecoverCommandTests {
    private let instance: OpsInstance
    private let signer: String
    private let identity: String
    /// What the engine's stand-in and Compose's were called with.
    private let calls: String

    private struct Signer: Decodable { let signer: String }
    private struct Plan: Decodable { let schema: String; let steps: [String]; let warnings: [String] }

    init() throws {
        instance = try OpsInstance()
        calls = instance.path("calls")
        let compose = "services:\n  infisical-db: {image: postgres}\n  infisical-backend: {image: infisical}\n"
        try instance.folder.write("docker-compose.yml", compose)
        let files = "instance:\n  files: [\(instance.path("docker-compose.yml"))]\n"
        try instance.write(Array(files.utf8), to: instance.configuration)
        let sheet: Signer = try instance.ops("init", "--no-configuration", "--json").expect(0).object()
        signer = sheet.signer
        identity = try instance.identityFile
        try instance.ops("backup").expect(0)
        try Files(effects: Effects()).createFolder(instance.path("bin"))
        try makeEngine()
    }

    /// An engine that has nothing, and a Compose that renders what it is given.
    private func makeEngine() throws {
        try instance.folder.writeProgram(
            "bin/docker",
            """
            #!/bin/sh
            echo "docker $*" >>\(calls)
            case "$1 $2" in
                'version --format') echo '{"Server":{}}' ;;
                'compose version') exit 1 ;;
                'inspect --type') echo '[]' ;;
                'ps --all') ;;
                *) echo '[]'; exit 1 ;;
            esac
            """)
        try instance.folder.writeProgram(
            "bin/docker-compose",
            """
            #!/bin/sh
            echo "docker-compose $*" >>\(calls)
            while [ "$1" != --project-directory ]; do shift; done
            key=$(sed -n 's/^INFISICAL_ENCRYPTION_KEY=//p' "$2/.env")
            cat <<END
            services:
              infisical-db:
                container_name: infisical-db
                image: postgres
                volumes: [data:/var/lib/postgresql/data, $2/init.sql:/docker-entrypoint-initdb.d/init.sql]
              infisical-backend:
                container_name: infisical-backend
                environment:
                  ENCRYPTION_KEY: $key
                  DB_CONNECTION_URI: postgresql://postgres:x@infisical-db:5432/postgres
                image: infisical
              other: {image: other}
            volumes:
              data: {}
            END
            """)
    }

    private func recover(_ words: String..., identity: String? = nil) throws -> OpsResult {
        try instance.run(
            [
                "recover", "--repository", instance.repository, "--identity-file",
                identity ?? self.identity, "--signer", signer, "--into", instance.path("new"), "--json",
            ] + words,
            environment: [
                "PATH": .plain("\(instance.path("bin")):/usr/bin:/bin"), "INFISICAL_OPS_INSTANCE_CONTAINERS": "",
                "INFISICAL_OPS_CONFIG": .plain(instance.path("empty.yaml")), "INFISICAL_OPS_ENV_FILE": "",
                "INFISICAL_OPS_DATABASE_URL": "",
            ])
    }

    /// Whether the engine was told to make anything, or a file was put back.
    private var hasMade: Bool {
        get throws {
            let told = String(decoding: try Data(contentsOf: URL(filePath: calls)), as: UTF8.self)
            return told.contains(" up ") || told.contains(" pull ") || told.contains(" create ")
                || FileManager.default.fileExists(atPath: instance.path("new/docker-compose.yml"))
                || FileManager.default.fileExists(atPath: instance.state + "/recovery.json")
        }
    }

    @Test func `the plan names every step, and nothing is made`() throws {
        try instance.folder.write("empty.yaml", "")
        let plan: Plan = try recover("--dry-run").expect(0).object()
        let text = plan.steps.joined(separator: "\n"), said = plan.warnings.joined(separator: "\n")
        #expect(plan.schema == "infisical-ops/recover-plan/1")
        for step in [
            "into \(instance.path("new"))", "put back \(instance.path("new/.env"))",
            "put back \(instance.path("new/docker-compose.yml"))", "the database (infisical-db, postgres)",
            "into the database \"postgres\"", "the backend (infisical-backend, infisical)", "every ciphertext",
            "not started: other",
        ] { #expect(text.contains(step), "\(step) is not in: \(text)") }
        #expect(said.contains("does not record the compose project") && said.contains("/new/init.sql is mounted"))
        #expect(try !hasMade)
        let refused = try recover().expect(3).fault()
        #expect(try refused.code == "command.not-confirmed" && !hasMade)
    }

    @Test func `what does not open the backup ends with 12 before anything is made`() throws {
        try instance.folder.write("empty.yaml", "")
        #expect(instance.folder.run("age-keygen -o '\(instance.path("other.txt"))'") == 0)
        let closed = try recover("--yes", identity: instance.path("other.txt")).expect(12).fault()
        #expect(try closed.code == "repository.identity-opens-nothing" && !hasMade(orNeverAsked: true))
        // The files that are here have another key.
        #expect(instance.folder.run("mkdir '\(instance.path("new"))'") == 0)
        try instance.folder.write("new/.env", "INFISICAL_ENCRYPTION_KEY=0123456789abcdef0123456789abcdef\n")
        let differ = try recover("--yes").expect(3).fault()
        #expect(differ.code == "recover.files-differ" && differ.message.contains(instance.path("new/.env")))
        let other = try recover("--yes", "--keep-existing").expect(12).fault()
        #expect(try other.code == "recover.other-key" && !hasMade)
        let plan: Plan = try recover("--dry-run", "--overwrite").expect(0).object()
        #expect(plan.steps.contains { $0.contains("replace \(instance.path("new/.env"))") })
        try instance.folder.write("new/.env", "A=1\n")
        #expect(try recover("--yes", "--keep-existing").expect(12).fault().code == "recover.no-key")
    }

    private func hasMade(orNeverAsked: Bool) throws -> Bool {
        if !FileManager.default.fileExists(atPath: calls) { return false }
        return try hasMade
    }

    @Test func `what another recovery has begun is not taken for this one`() throws {
        try instance.folder.write("empty.yaml", "")
        let record =
            #"{"backup":"x","copy":"c","folder":"/elsewhere","project":"p","schema":"infisical-ops/recovery/1"}"#
        try instance.write(Array((record + "\n").utf8), to: instance.state + "/recovery.json")
        let fault = try recover("--yes").expect(3).fault()
        #expect(fault.code == "recover.other-unfinished" && fault.message.contains("/elsewhere"))
        try instance.write(Array("{}\n".utf8), to: instance.state + "/recovery.json")
        #expect(try recover("--yes").expect(3).fault().code == "recover.bad-record")
    }

    @Test func `without containers it is refused, and says how it is done by hand`() throws {
        for words in [[], ["--rehearse"]] {
            let fault = try instance.run(["recover", "--yes", "--json"] + words).expect(3).fault()
            #expect(fault.code == "recover.not-configured")
            #expect(
                fault.hints.contains { $0.contains("--files") } && fault.hints.contains { $0.contains("--to-database") }
            )
        }
    }

    @Test func `a backup without compose file does not say what to create`() throws {
        try instance.folder.write("empty.yaml", "")
        try instance.write([], to: instance.configuration)
        try instance.ops("backup").expect(0)
        let fault = try recover("--yes").expect(3).fault()
        #expect(try fault.code == "recover.no-compose-file" && !hasMade(orNeverAsked: true))
    }
}
