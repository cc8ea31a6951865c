import Faults
import FoundationEssentials
import LiveSupport
import Postgres
import TestSupport
import Testing

/// Every hint of `health`, `restart`, `backup` and `restore`, tried by the built program on the state that it belongs to: a
/// command is run as it is printed, and what is to be looked at or mended by hand is mended as it says.
@Suite struct HintTests {
    private static func isOnlyALook(_ command: String) -> Bool {
        ["config", "logs", "list", "show", "health"].contains { command.hasPrefix("infisical-ops \($0)") }
            || ["ss ", "docker ps", "docker inspect", "docker system"].contains { command.hasPrefix($0) }
    }

    /// Goes through the hints of a state, in their order. What is mended by hand is mended once.
    private func tried(_ state: State, ownDatabase: Bool = false) throws {
        try tried(state, in: try Scene(ownDatabase: ownDatabase))
    }

    private func tried(_ state: State, in scene: Scene) throws {
        try scene.heal()
        try state.make(scene)
        let hints = try scene.hints(state)
        #expect(!hints.isEmpty, "\(state.name): no hint")
        var isMended = false
        for hint in hints {
            guard hint.hasPrefix("run: ") else {
                if !isMended { try state.mend?(scene) }
                isMended = true
                scene.note(state.name, hint, state.mend == nil ? "nothing to do in this state" : "done")
                continue
            }
            var command = String(hint.dropFirst(5))
            // An agreement is what a person would give at the terminal.
            if command.hasPrefix("infisical-ops restart") || command.hasPrefix("infisical-ops restore") {
                command += " --yes"
            }
            // What cannot come up need not be waited for.
            if command.hasPrefix("infisical-ops restart"), !state.isCured { command += " --timeout 1s" }
            if !state.isCured { command = command.replacing("health --wait 2m", with: "health --wait 1s") }
            if HintTests.isOnlyALook(command), !scene.isNewLook(command) {
                scene.note(state.name, hint, "as before")
                continue
            }
            let ran = try scene.run(command)
            let expected = state.codes.first { command.hasPrefix($0.key) }?.value ?? 0
            #expect(ran.exit == expected, "\(state.name): \(command): \(ran.exit) \(ran.output)\(ran.errors)")
            if HintTests.isOnlyALook(command) {
                scene.note(state.name, hint, "exit \(ran.exit), \(ran.output.split(separator: "\n").count) lines")
                continue
            }
            let now = try scene.health()
            let step = now.steps.first { $0.part == now.failing }
            scene.note(
                state.name, hint, "exit \(ran.exit), then " + (step.map { "\($0.part) \($0.condition)" } ?? "healthy"))
        }
        try state.afterwards?(scene)
        if state.isCured {
            let last = try scene.health()
            #expect(last.healthy, "\(state.name): \(last.steps)")
        }
        for row in scene.rows { print("    \(row)") }
        try scene.bench.dropsAll()
    }

    // MARK: - Containers

    private static let wrong = "00112233445566778899aabbccddeeff"

    private static func stopped(_ part: ScriptedEngine.Part, _ name: String) -> [State] {
        [
            State(name: "\(name) stopped") { try $0.engine.change(part, ".State.Status = \"exited\"") },
            State(name: "\(name) killed") {
                try $0.engine.change(part, ".State.Status = \"exited\" | .State.ExitCode = 137")
            },
            State(name: "\(name) paused") { try $0.engine.change(part, ".State.Status = \"paused\"") },
            State(name: "\(name) out of memory") {
                try $0.engine.change(part, ".State.Status = \"exited\" | .State.OOMKilled = true")
            },
            State(name: "\(name) not started, its port is taken") {
                try $0.engine.change(
                    part,
                    ".State.Status = \"created\" | .State.Error = \"Bind for 0.0.0.0:1: port is already allocated\"")
            },
            State(name: "\(name) missing") { scene in
                let place = part.rawValue
                guard scene.engine.folder.run("jq -c '.[\(place)]' containers.json") == 0 else {
                    throw TestProblem("no container")
                }
                let container = try scene.engine.folder.text("out")
                try scene.engine.folder.write("recreation.jq", ".[:\(place)] + [\(container)] + .[\(place):]")
                try scene.engine.remove(part)
            },
        ]
    }

    @Test(arguments: [(ScriptedEngine.Part.database, "database"), (.redis, "redis"), (.backend, "backend")])
    func `a container that is down`(part: ScriptedEngine.Part, name: String) throws {
        let scene = try Scene()
        for state in HintTests.stopped(part, name) { try tried(state, in: scene) }
    }

    @Test func `a host with version 1 of Compose`() throws {
        try tried(
            State(name: "redis missing, docker-compose") { scene in
                try HintTests.stopped(.redis, "redis")[5].make(scene)
                try scene.engine.folder.writeProgram(
                    "docker-compose", "#!/bin/sh\nexec '\(scene.engine.folder.path("docker"))' compose \"$@\"\n")
                try scene.engine.hook(
                    "case \"$1 $2\" in 'compose version') exit 1 ;; esac\n"
                        + "case \"$*\" in *--pull*) echo 'no such option: --pull' >&2; exit 1 ;; esac")
            })
    }

    @Test func `what is not the container's own fault`() throws {
        let states = [
            State(
                name: "database on a full disk", make: { try $0.engine.folder.write("space", "1024") },
                mend: { try $0.engine.folder.write("space", "99999998") }),
            State(name: "backend off the network") {
                try $0.engine.change(
                    .backend, ".NetworkSettings.Networks = {other: {IPAddress: \"127.0.0.1\", Aliases: []}}")
            },
            State(name: "backend starting") {
                try $0.engine.change(.backend, ".State.Health = {Status: \"starting\"}")
                try $0.engine.hook(
                    "echo x >>\"$dir/looks\"; if [ $(wc -l <\"$dir/looks\") -gt 12 ]; then "
                        + "sed -i 's/\"starting\"/\"healthy\"/' \"$dir/containers.json\"; fi")
            },
            State(
                name: "redis with another password",
                make: {
                    try $0.engine.variable(.backend, "REDIS_URL", "redis://:other@127.0.0.1:\(try $0.locked().port)")
                },
                mend: { try $0.engine.variable(.backend, "REDIS_URL", "redis://infisical-redis:6379") }),
            State(
                name: "REDIS_URL is no address", make: { try $0.engine.variable(.backend, "REDIS_URL", "redis") },
                isCured: true),
        ]
        for state in states { try tried(state) }
    }

    // MARK: - Causes in the backend's log

    /// The log, what its container was made with, and what is to be mended by hand.
    private static let causes: [(log: String, name: String?, value: String?)] = [
        ("s7-auth-missing", "AUTH_SECRET", nil), ("s7-db-certificate-unknown", nil, nil),
        ("s7-db-host-unknown", nil, nil), ("s7-db-lost", nil, nil), ("s7-db-missing", nil, nil),
        ("s7-db-no-tls", nil, nil), ("s7-db-password-wrong", nil, nil), ("s7-db-unreachable", nil, nil),
        ("s7-history-mismatch", nil, nil), ("s7-key-64-hex", "ENCRYPTION_KEY", wrong + wrong),
        ("s7-key-missing", "ENCRYPTION_KEY", nil), ("s7-migration-lock", nil, nil), ("s7-port-taken", nil, nil),
        ("s7-redis-host-unknown", nil, nil), ("s7-redis-lost", nil, nil), ("s7-redis-password-missing", nil, nil),
        ("s7-redis-password-wrong", nil, nil), ("s7-redis-unreachable", nil, nil),
        ("s7-redis-url-missing", "REDIS_URL", nil), ("s7-schema-missing", nil, nil), ("s7-site-url-invalid", nil, nil),
        ("s7-wrong-key", "ENCRYPTION_KEY", wrong), ("s7-wrong-key-migrating", "ENCRYPTION_KEY", wrong),
    ]

    @Test func `a cause that the backend's log tells`() throws {
        let scene = try Scene()
        for cause in HintTests.causes {
            try tried(
                State(
                    name: cause.log, exit: cause.name == "ENCRYPTION_KEY" ? 12 : 15,
                    make: { scene in
                        if let name = cause.name { try scene.engine.variable(.backend, name, cause.value) }
                        try scene.engine.change(.backend, ".State.Status = \"restarting\" | .RestartCount = 3")
                        try scene.engine.prints(.backend, try HintTests.log(cause.log))
                        // A container that is made anew has what the files say.
                        try scene.engine.folder.write(
                            "recreation.jq",
                            ".[0].Config.Env = [\"ENCRYPTION_KEY=\(ScriptedEngine.key)\", "
                                + "\"AUTH_SECRET=\(ScriptedEngine.authSecret)\", "
                                + "\"REDIS_URL=redis://infisical-redis:6379\"]")
                    },
                    // What loops is started again until its cause is gone.
                    afterwards: { try $0.engine.change(.backend, ".State.Status = \"running\" | .RestartCount = 0") }),
                in: scene)
        }
    }

    private static func log(_ name: String) throws -> [String] {
        String(decoding: try TemporaryFolder.read(path: Fixtures.path("server-logs/\(name).log")), as: UTF8.self)
            .split(separator: "\n").map(String.init)
    }

    // MARK: - States of the database, mended by a restore

    @Test func `a database that a restore brings back`() throws {
        let loop = { (scene: Scene, log: String) in
            try scene.engine.change(.backend, ".State.Status = \"restarting\" | .RestartCount = 3")
            try scene.engine.prints(.backend, try HintTests.log(log))
        }
        let states = [
            State(name: "settings emptied") { scene in
                try scene.bench.script("TRUNCATE public.super_admin CASCADE")
                try loop(scene, "s7-db-emptied")
            },
            State(name: "one value damaged", exit: 12) { scene in
                try scene.bench.sql(
                    """
                    UPDATE public.internal_kms SET "encryptedKey" =
                        set_byte("encryptedKey", 20, 255 - get_byte("encryptedKey", 20))
                    """)
                try loop(scene, "s7-wrong-key")
            },
        ]
        for state in states { try tried(state, ownDatabase: true) }
    }

    @Test func `a key that was lost is brought back from the backup that keeps it`() throws {
        let recover = { (scene: Scene) in
            // As it says: out of the kept env file, into the instance's.
            let kept = scene.bench.folder.run("grep -rhs '^INFISICAL_ENCRYPTION_KEY=' kept-files | head -1")
            guard kept == 0 else { throw TestProblem("no kept env file") }
            let line = try scene.bench.folder.line("out")
            let text = try scene.bench.folder.text(".env")
            try scene.bench.folder.write(
                ".env", text.replacing("INFISICAL_ENCRYPTION_KEY=\(HintTests.wrong)", with: line))
            try scene.engine.folder.write(
                "recreation.jq", ".[0].Config.Env[0] = \"\(line.dropFirst("INFISICAL_".count))\"")
            #expect(line.hasSuffix(ScriptedEngine.key))
            let made = try scene.run("infisical-ops restart --recreate --service backend --yes")
            #expect(made.exit == 0, "\(made.errors)")
        }
        let lose = { (scene: Scene) in
            try scene.bench.editEnvFile(ScriptedEngine.key, HintTests.wrong)
            try scene.engine.variable(.backend, "ENCRYPTION_KEY", HintTests.wrong)
            // `variable` puts it last; a container that is made anew is described by its first.
            try scene.engine.change(.backend, ".Config.Env |= (.[-1:] + .[:-1])")
        }
        try tried(State(name: "wrong key, health", exit: 12, make: lose, mend: recover))
        try tried(State(name: "wrong key, restart", command: "restart --yes", exit: 12, make: lose, mend: recover))
    }

    // MARK: - Faults of restart, backup and restore

    @Test func `refusals of restart`() throws {
        let key = "environment: { ENCRYPTION_KEY: \"\(ScriptedEngine.key)\" }"
        let recreate = "restart --recreate --service backend --yes"
        let states = [
            State(
                name: "restart: the compose project drifted", command: recreate, exit: 3,
                make: { try $0.engine.render(backend: ["image: \"tiny:2\"", key]) },
                mend: { try $0.engine.render(backend: ["image: \"tiny:1\"", key]) }),
            State(
                name: "restart: compose files gone", command: recreate, exit: 3,
                make: { try $0.bench.shell("mv docker-compose.yml away.yml") },
                mend: { try $0.bench.shell("mv away.yml docker-compose.yml") }),
            State(
                name: "restart: not made by Compose", command: recreate, exit: 3,
                make: { try $0.engine.change(.backend, ".Config.Labels = {}") }),
            State(
                name: "restart: AUTH_SECRET would be lost", command: recreate, exit: 3,
                make: { scene in
                    let text = try scene.engine.folder.text("rendered.yml")
                    try scene.engine.folder.write("rendered.yml", text.replacing("AUTH_SECRET: ", with: "OTHER: "))
                },
                mend: { try $0.engine.render(backend: ["image: \"tiny:1\"", key]) }),
            State(
                name: "restart: container missing", command: "restart --yes", exit: 15,
                make: { try HintTests.stopped(.redis, "redis")[5].make($0) }, isCured: false,
                codes: ["infisical-ops health": 15]),
            State(
                name: "restart: does not come up", command: "restart --service redis --timeout 1s --yes", exit: 15,
                make: {
                    try $0.engine.hook("case $1 in start) [ -f \"$dir/broken\" ] && exit 0 ;; esac");
                    try $0.engine.folder.write("broken", "")
                },
                isCured: false, codes: ["infisical-ops restart": 15, "infisical-ops health": 15]),
        ]
        for state in states { try tried(state) }
    }

    @Test func `refusals of backup and restore`() throws {
        let down = ".State.Status = \"exited\" | .State.ExitCode = 0 | .NetworkSettings = {Ports: {}, Networks: {}}"
        let up = { (scene: Scene) in
            // The engine publishes the port again when the container runs.
            let ports = "{\"5432/tcp\": [{HostIp: \"127.0.0.1\", HostPort: \"\(try LiveServer.get().port)\"}]}"
            try scene.engine.hook(
                "case $1 in start) jq '.[1].NetworkSettings = {Ports: \(ports), Networks: .[2].NetworkSettings.Networks}' "
                    + "\"$dir/containers.json\" >\"$dir/up\" && mv \"$dir/up\" \"$dir/containers.json\" ;; esac")
        }
        for command in ["backup", "restore latest --to-database hint_\(UInt32.random(in: 0...UInt32.max))"] {
            try tried(
                State(name: "\(command.prefix(7)): the database is stopped", command: command, exit: 1) { scene in
                    try scene.engine.change(.database, down)
                    try up(scene)
                })
        }
        try tried(
            State(
                name: "restore --in-place: a key in force that is none", command: "restore latest --in-place --yes",
                exit: 12,
                make: { try $0.bench.editEnvFile(ScriptedEngine.key, "abc") },
                mend: { scene in
                    let text = try scene.bench.folder.text(".env")
                    try scene.bench.folder.write(".env", text.replacing("=abc", with: "=" + ScriptedEngine.key))
                }), ownDatabase: true)
        try tried(
            State(
                name: "restore --in-place: Redis is not there", command: "restore latest --in-place --yes", exit: 3,
                make: { try $0.engine.variable(.backend, "REDIS_URL", "redis://127.0.0.1:1") },
                mend: { try $0.engine.variable(.backend, "REDIS_URL", "redis://infisical-redis:6379") },
                codes: ["infisical-ops health": 15]), ownDatabase: true)
        try tried(
            State(
                name: "restore: the database exists", command: "restore latest --to-database postgres", exit: 3,
                make: { _ in }))
    }
}
