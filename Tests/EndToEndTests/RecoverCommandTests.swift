import DurableFiles
import Effects
import FoundationEssentials
import Glibc
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
                'inspect --type')
                    case $* in
                        *made-1*) echo '[{"Id":"made-1","Name":"m","Image":"i","State":{"Status":"running"},"Config":{}}]' ;;
                        *) echo '[]' ;;
                    esac ;;
                'image inspect') [ -e \(calls).images ] || { echo '[]'; exit 1; }; echo '"sha256:1"' ;;
                'run --detach') echo made-1 ;;
                'exec made-1') : >\(calls).standing; exit 1 ;;
                'rm '* | 'network create') : ;;
                'ps --all') ;;
                *) echo '[]'; exit 1 ;;
            esac
            """)
        try instance.folder.writeProgram(
            "bin/docker-compose",
            """
            #!/bin/sh
            echo "docker-compose $*" >>\(calls)
            case " $* " in *' up '*) : >\(calls).standing; exec sleep 60 ;; esac
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
              infisical-redis: {image: redis}
              other: {image: other}
            networks:
              default: {external: true, name: shared}
            volumes:
              data: {}
            END
            """)
    }

    private func recover(_ words: String..., identity: String? = nil) throws -> OpsResult {
        try instance.run(all(words, identity: identity), environment: newHost)
    }

    private func all(_ words: [String], identity: String? = nil) -> [String] {
        [
            "recover", "--repository", instance.repository, "--identity-file", identity ?? self.identity, "--signer",
            signer, "--json",
        ] + (words.contains("--rehearse") ? [] : ["--into", instance.path("new")]) + words
    }

    private var newHost: [String: EnvironmentValue] {
        [
            "PATH": .plain("\(instance.path("bin")):/usr/bin:/bin"), "INFISICAL_OPS_INSTANCE_CONTAINERS": "",
            "INFISICAL_OPS_CONFIG": .plain(instance.path("empty.yaml")), "INFISICAL_OPS_ENV_FILE": "",
            "INFISICAL_OPS_DATABASE_URL": "", "INFISICAL_OPS_DRILL_FOLDER": .plain(instance.path("drills")),
        ]
    }

    /// Starts a run, stops it where the engine stands still, and waits for its end.
    private func stopped(_ words: String..., by signal: Int32) throws -> (exit: Int32, fault: FaultObject) {
        let run = try BackgroundRun(instance, all(words), environment: newHost), mark = calls + ".standing"
        for _ in 0..<1200 where !FileManager.default.fileExists(atPath: mark) { usleep(25_000) }
        let said = try run.errors
        #expect(FileManager.default.fileExists(atPath: mark), "it did not come so far: \(said)")
        run.signal(signal)
        let exit = try run.wait()
        return (exit, try JSONDecoder().decode(FaultObject.self, from: Data(run.errors.utf8)))
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
        let plan: Plan = try recover("--dry-run").expect(2).object()
        let text = plan.steps.joined(separator: "\n"), said = plan.warnings.joined(separator: "\n")
        #expect(plan.schema == "infisical-ops/recover-plan/1")
        for step in [
            "into \(instance.path("new"))", "put back \(instance.path("new/.env"))",
            "put back \(instance.path("new/docker-compose.yml"))", "the database (infisical-db, postgres)",
            "into the database \"postgres\"", "the backend (infisical-backend, infisical)", "every ciphertext",
            "not started: other", "create the network shared, with the engine's usual settings",
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
        let plan: Plan = try recover("--dry-run", "--overwrite").expect(2).object()
        #expect(plan.steps.contains { $0.contains("replace \(instance.path("new/.env"))") })
        try instance.folder.write("new/.env", "A=1\n")
        #expect(try recover("--yes", "--keep-existing").expect(12).fault().code == "recover.no-key")
    }

    private func hasMade(orNeverAsked: Bool) throws -> Bool {
        if !FileManager.default.fileExists(atPath: calls) { return false }
        return try hasMade
    }

    @Test func `after Ctrl-C what was made stays, and everything says what goes on`() throws {
        try instance.folder.write("empty.yaml", "")
        let (exit, fault) = try stopped("--yes", by: SIGINT)
        #expect(exit == 130, "\(fault)")
        #expect(fault.message.contains("the recovery is unfinished (it was at: database), and what it has made stays"))
        let next = try #require(fault.hints.first)
        let id = try instance.ids()[0]
        #expect(
            next.hasPrefix("run: infisical-ops recover \(id) --into \(instance.path("new")) --repository "), "\(next)")
        for words in ["--signer \(signer)", "--identity-file \(identity)"] { #expect(next.contains(words)) }
        #expect(try Files(effects: Effects()).status(instance.path("new/.env"))?.mode == 0o600)
        let calls = String(decoding: try Data(contentsOf: URL(filePath: calls)), as: UTF8.self)
        #expect(calls.contains("docker network create shared\n"))

        // Whatever is asked next on this host says so, with the command.
        let text = "the recovery of the backup \(id) into \(instance.path("new")) was interrupted, or is running now"
        let command = next.dropFirst("run: ".count)
        let status = try instance.ops("status").errors
        #expect(status.contains(text) && status.contains("; run: \(command)"), "\(status)")
        let health = try instance.ops("health").errors
        #expect(health.contains(text) && health.contains("hint: \(next)"), "\(health)")
        #expect(try instance.ops("backup").expect(0).errors.contains(text))
        let again: Plan = try recover(id, "--dry-run").expect(2).object()
        #expect(again.steps.contains { $0.contains("go on where an earlier run was stopped") })
        // A record that is none is said, too, and stops none of them.
        try instance.write(Array("{}\n".utf8), to: instance.state + "/recovery.json")
        #expect(try instance.ops("status").errors.contains("is not the record of a recovery"))
        #expect(try instance.ops("backup").expect(0).errors.contains("is not the record of a recovery"))
    }

    @Test(arguments: [SIGINT, SIGTERM]) func `a rehearsal that is stopped leaves nothing`(signal: Int32) throws {
        try instance.folder.write("empty.yaml", "")
        try instance.folder.write("calls.images", "")
        try Files(effects: Effects()).createFolder(instance.path("drills"))
        let (exit, fault) = try stopped("--rehearse", by: signal)
        #expect(exit == (signal == SIGINT ? 130 : 143), "\(fault)")
        #expect(fault.message.hasSuffix("; everything was removed"), "\(fault)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: instance.path("drills")) == [])
        let calls = String(decoding: try Data(contentsOf: URL(filePath: calls)), as: UTF8.self)
        let removed = calls.split(separator: "\n").contains { $0.hasPrefix("docker rm ") && $0.hasSuffix(" made-1") }
        #expect(removed && calls.contains("POSTGRES_USER"), "\(calls)")
        #expect(!FileManager.default.fileExists(atPath: instance.state + "/recovery.json"))
    }

    @Test func `an engine on another host is refused, also where only a context leads there`() throws {
        try instance.folder.write("empty.yaml", "")
        let engine = String(decoding: try Data(contentsOf: URL(filePath: instance.path("bin/docker"))), as: UTF8.self)
        try instance.folder.writeProgram(
            "bin/docker",
            engine.replacing(
                "'compose version')", with: "'context inspect') echo '\"ssh://root@other\"' ;;\n    'compose version')")
        )
        for words in [["--dry-run"], ["--rehearse", "--dry-run"]] {
            let fault = try instance.run(all(words), environment: newHost).expect(3).fault()
            #expect(fault.code == "docker.engine-elsewhere" && fault.message.contains("ssh://root@other"), "\(fault)")
            #expect(fault.hints.contains("run: docker context ls"))
        }
        #expect(try !hasMade)
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
            #expect(
                fault.hints.contains { $0.contains("instance.env_file") }
                    && fault.hints.last?.contains("health") == true)
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
