import Effects
import Faults
import Glibc
import Processes
import Secrets
import TestSupport
import Testing

@testable import Instance

@Suite struct DockerTests {
    private let names = ["infisical-backend", "infisical-db", "infisical-redis"]

    @Test func `containers are read as a real engine describes them`() throws {
        let scripted = try ScriptedDocker.recorded(), containers = try scripted.docker.containers(names)
        #expect(containers.map(\.name).sorted() == names)
        let database = try #require(containers.first { $0.name == "infisical-db" })
        #expect(database.state == .running && database.health == .healthy && database.exitCode == 0)
        #expect(database.restarts == 0 && !database.isOutOfMemory && database.restartPolicy == "no")
        #expect(database.imageName == "tiny:1" && database.image.hasPrefix("sha256:"))
        #expect(database.environment["POSTGRES_PASSWORD"]?.withBytes { Array($0) } == Array("hunter2".utf8))
        #expect(database.networks.map(\.name) == ["stack_default"] && database.networks[0].address == "172.18.0.2")
        let backend = try #require(containers.first { $0.name == "infisical-backend" })
        #expect(backend.health == .none && backend.restartPolicy == "unless-stopped")
        #expect(backend.ports == [Container.PublishedPort(inside: "8080/tcp", address: "127.0.0.1", port: 18080)])
        let compose = try #require(backend.compose)
        #expect(compose.project == "stack" && compose.service == "infisical-backend" && compose.version == "1.29.2")
        #expect(compose.files == ["/srv/infisical/docker-compose.yml"] && compose.environmentFiles == [])
        // A container without any environment has none, instead of an unreadable answer.
        #expect(containers.first { $0.name == "infisical-redis" }?.environment.isEmpty == true)
    }

    @Test func `no description of a container shows its environment`() throws {
        let scripted = try ScriptedDocker.recorded(), containers = try scripted.docker.containers(names)
        for text in ["\(containers)", String(reflecting: containers)] {
            #expect(!text.contains("hunter2") && !text.contains("00112233445566778899aabbccddeeff"))
        }
    }

    @Test func `a name without a container is left out, an engine that is not there is told`() throws {
        let scripted = try ScriptedDocker.recorded()
        #expect(try scripted.docker.containers(["infisical-db", "nope"]).map(\.name) == ["infisical-db"])
        #expect(try scripted.docker.containers([]).isEmpty)

        let absent =
            "case $1 in inspect) echo '[]'; exit 1 ;; version) echo '{\"Server\":null}'; exit 1 ;; ps) exit 1 ;; esac"
        let remote = try ScriptedDocker(absent, host: "tcp://192.0.2.1:2375")
        let address = DockerFault.engineNotRunning(address: "tcp://192.0.2.1:2375")
        #expect(throws: address) { try remote.docker.containers(names) }
        #expect(throws: address) { try remote.docker.composed() }
        let gone = try ScriptedDocker(absent, host: "unix:///nowhere/docker.sock")
        #expect(throws: DockerFault.engineNotRunning(address: "unix:///nowhere/docker.sock")) {
            try gone.docker.requireEngine()
        }
        // Without the variable, the client's context knows the address.
        let context = try ScriptedDocker(
            "case $1 in context) echo '\"unix:///run/user/9/docker.sock\"' ;; *) echo '{}'; exit 1 ;; esac")
        #expect(throws: DockerFault.engineNotRunning(address: "unix:///run/user/9/docker.sock")) {
            try context.docker.requireEngine()
        }
    }

    @Test func `a socket that this user may not use is told with its group`() throws {
        let folder = try TemporaryFolder()
        try folder.write("docker.sock", "")
        let refused = try ScriptedDocker(
            "echo '{}'; exit 1", host: "unix://" + folder.path("docker.sock"),
            observer: FailingObserver(at: 1, kind: .failsBefore, error: EACCES))
        #expect {
            try refused.docker.requireEngine()
        } throws: { error in
            guard case .noPermission(let socket, let group?)? = error as? DockerFault else { return false }
            return socket == folder.path("docker.sock") && !group.isEmpty
        }
    }

    @Test func `an answer that is not understood is told without its text`() throws {
        for answer in ["", "hello SECRET", "[{\"Id\": \"SECRET\"}]", "{}"] {
            let scripted = try ScriptedDocker("echo '\(answer)'")
            #expect {
                try scripted.docker.containers(["x"])
            } throws: { error in
                error as? DockerFault == .unexpectedAnswer("docker inspect") && !"\(error)".contains("SECRET")
            }
        }
        let nothing = try ScriptedDocker("echo nothing")
        #expect(throws: DockerFault.unexpectedAnswer("docker version")) { try nothing.docker.requireEngine() }
    }

    @Test(
        arguments: [
            ("2026-11-25T10:00:00.123456789Z", "2026-11-25T10:00:00Z"),
            ("2026-11-25T10:00:00Z", "2026-11-25T10:00:00Z"),
            ("2026-11-25T12:30:00.404837684+02:30", "2026-11-25T10:00:00Z"),
            ("2026-11-25T05:00:00-05:00", "2026-11-25T10:00:00Z"), ("0001-01-01T00:00:00Z", nil), ("yesterday", nil),
        ] as [(String, String?)])
    func `the time of a start is read in every zone`(written: String, meant: String?) throws {
        #expect(try described(started: written).started?.iso8601 == meant)
    }

    @Test(arguments: [
        ("on-failure", 5, "on-failure:5"), ("on-failure", 0, "on-failure"), ("always", 0, "always"), ("", 0, "no"),
    ])
    func `a restart policy is read as it can be given back`(name: String, retries: Int, words: String) throws {
        #expect(try described(policy: name, retries: retries).restartPolicy == words)
    }

    @Test(
        arguments: [("", .none), ("healthy", .healthy), ("none", .none), ("new word", .starting)]
            as [(String, Container.Health)])
    func `no health check is told from one that has not answered`(written: String, meant: Container.Health) throws {
        #expect(try described(health: written).health == meant)
    }

    private func described(
        started: String = "", policy: String = "", retries: Int = 0, health: String = "none"
    ) throws -> Container {
        let json = """
            [{"Id":"1","Name":"x","Image":"sha256:1","State":{"Status":"running","StartedAt":"\(started)",\
            "Health":{"Status":"\(health)"}},"Config":{},\
            "HostConfig":{"RestartPolicy":{"Name":"\(policy)","MaximumRetryCount":\(retries)}}}]
            """
        return try #require(try InspectAnswer.containers(Array(json.utf8)).first)
    }

    @Test func `an engine that cannot change restart policies is told from one that fails`() throws {
        let old = try ScriptedDocker("echo 'Error: unknown flag: --restart' >&2; exit 125")
        #expect(try !old.docker.setRestartPolicy("no", of: "x"))
        let able = try ScriptedDocker("[ \"$*\" = 'update --restart no x' ]")
        #expect(try able.docker.setRestartPolicy("no", of: "x"))
        let failing = try ScriptedDocker(
            "case $1 in version) echo '{\"Server\":{}}' ;; *) echo 'No such container: x' >&2; exit 1 ;; esac")
        #expect(throws: ProcessFault.self) { try failing.docker.setRestartPolicy("no", of: "x") }
    }

    @Test func `podman, which is its own engine, is taken as one that runs`() throws {
        let podman = try ScriptedDocker(
            "case $1 in inspect) echo '[]'; exit 1 ;; version) echo '{\"Client\":{\"Version\":\"4.3\"}}' ;; esac")
        #expect(try podman.docker.containers(["x"]).isEmpty)
        for (word, state) in [("stopped", Container.State.exited), ("configured", .created), ("running", .running)] {
            let answer =
                "[{\"Id\":\"1\",\"Name\":\"db\",\"Image\":\"i\",\"State\":{\"Status\":\"\(word)\"},\"Config\":{}}]"
            #expect(try InspectAnswer.containers(Array(answer.utf8)).map(\.state) == [state])
        }
    }

    @Test func `an engine over a network is refused where folders of this host are needed`() throws {
        for host in ["tcp://192.0.2.1:2375", "ssh://backup@example.com"] {
            let remote = try ScriptedDocker("exit 1", host: host)
            #expect(throws: DockerFault.engineElsewhere(address: host)) { try remote.docker.requireLocal() }
        }
        for host in [nil, "", "unix:///run/user/9/docker.sock"] {
            try ScriptedDocker("exit 1", host: host).docker.requireLocal()
        }
        // `docker context use`: nothing in the environment says where it leads.
        for (host, isLocal) in [
            ("tcp://192.0.2.1:2376", false), ("ssh://backup@example.com", false), ("unix:///run/docker.sock", true),
        ] {
            let context = try ScriptedDocker("[ \"$1 $2\" = 'context inspect' ] && echo '\"\(host)\"'")
            if isLocal {
                try context.docker.requireLocal()
            } else {
                #expect(throws: DockerFault.engineElsewhere(address: host)) { try context.docker.requireLocal() }
            }
        }
        // What `DOCKER_HOST` names comes before the context.
        let named = try ScriptedDocker("echo '\"tcp://192.0.2.1:2376\"'", host: "unix:///run/docker.sock")
        try named.docker.requireLocal()
    }

    @Test func `every fault says what to do`() {
        let faults: [DockerFault] = [
            .engineNotRunning(address: "unix:///s"), .noPermission(socket: "/s", group: "docker"),
            .noPermission(socket: "/s", group: nil), .unexpectedAnswer("docker version"),
            .instanceNotFound(names: ["a"], candidates: ["b"]), .instanceNotFound(names: ["a"], candidates: []),
            .severalInstances(["one", "two"]), .engineElsewhere(address: "tcp://192.0.2.1:2375"),
        ]
        for fault in faults {
            #expect(!fault.hints.isEmpty && !fault.message.isEmpty && fault.code.hasPrefix("docker."))
        }
        #expect(faults.filter { $0.exit == .failed } == [.unexpectedAnswer("docker version")])
        #expect(FaultRenderer.text(faults[1]).contains("the group docker"))
    }
}
