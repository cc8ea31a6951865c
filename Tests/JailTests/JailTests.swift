import DurableFiles
import Effects
import Faults
import Glibc
import Processes
import Secrets
import TestSupport
import Testing

@testable import Jail

/// A host with listeners of every kind, and a jail beside them.
struct JailTests {
    private let place: TemporaryFolder
    private let outside = Outside()
    private let effects = Effects()
    private let cancellation = Cancellation()

    init() throws {
        place = try TemporaryFolder(in: "/tmp")
        chmod(place.path, 0o755)
        mkdir(place.path("backend"), 0o755)
        mkdir(place.path("backend/deep"), 0o755)
        try place.write("backend/.env", "ENCRYPTION_KEY=live")
        try place.write("backend/deep/.env.migration", "DB_HOST=live")
        try place.write(".env", "REDIS_URL=live")
        for name in ["backend/.env", "backend/deep/.env.migration", ".env"] { chmod(place.path(name), 0o644) }
    }

    private func plan() throws -> JailPlan {
        let folder = place.path("backend")
        let survey = try HostSurvey(folder: folder, sockets: ["/var/run/docker.sock"], effects: effects)
        return JailPlan(user: 65534, group: 65534, folder: folder, writable: [], leftovers: [], survey: survey)
    }

    private func make(_ plan: JailPlan, _ environment: [String: EnvironmentValue] = [:]) throws -> Jail {
        try Jail.make(
            plan, environment: environment, program: ChildProcess.built("infisical-ops"), effects: effects,
            cancellation: cancellation)
    }

    /// What a program that runs in the jail prints.
    private func output(_ jail: Jail, _ command: [String]) throws -> String {
        try jail.start(command)
        for _ in 0..<200 {
            let state = try jail.look()
            if !state.isRunning { return String(decoding: state.output, as: UTF8.self) }
            usleep(20_000)
        }
        throw TestProblem("the program does not end")
    }

    @Test func `the survey sees every kind of listener and every env file`() throws {
        let host = try outside.open(in: place.path)
        defer { host.close() }
        let survey = try plan().survey
        #expect(survey.targets.contains(HostSurvey.Target(.tcp, "127.0.0.1", host.tcp)))
        #expect(survey.targets.contains(HostSurvey.Target(.tcp, host.address, host.tcpBeyond)))
        #expect(survey.targets.contains(HostSurvey.Target(.udp, "127.0.0.1", host.udp)))
        #expect(survey.sockets.contains(host.socket) && survey.sockets.contains(host.runSocket))
        #expect(survey.sockets.contains("/var/run/docker.sock"))
        #expect(survey.abstractNames.contains(host.abstract))
        #expect(
            survey.envFiles == [
                place.path(".env"), place.path("backend/.env"), place.path("backend/deep/.env.migration"),
            ])
    }

    @Test func `a program started in the jail reaches none of the host's listeners, sockets and env files`() throws {
        let host = try outside.open(in: place.path)
        defer { host.close() }
        try place.writeProgram("backend/probe.py", Outside.probe)
        chmod(place.path("backend/probe.py"), 0o755)
        let words = host.arguments + [place.path("backend/.env"), place.path(".env")]
        // Outside it reaches every one of them: the probe is worth something.
        let runner = ProcessRunner(effects: effects, cancellation: cancellation)
        let free = try runner.run(
            CommandSpec("/usr/bin/python3", [place.path("backend/probe.py")] + words), deadline: .seconds(20)
        ).succeeded()
        let reached = String(decoding: free.output, as: UTF8.self).split(separator: "\n").map(String.init)
        #expect(reached == ["tcp", "tcp", "udp", "unix", "unix", "abstract", "file", "file", "end"])

        let jail = try make(plan(), ["CANARY": "yes"])
        let inside = try output(jail, ["/usr/bin/python3", place.path("backend/probe.py")] + words)
        #expect(inside == "end\n")
        try jail.end()
    }

    @Test(arguments: ["network", "run", "sockets", "env", "processes", "ipc"])
    func `a jail with one hole opened on purpose is refused`(_ hole: String) throws {
        let host = try outside.open(in: place.path)
        defer { host.close() }
        var plan = try plan()
        let expected: String
        switch hole {
        case "network":
            plan.spaces.remove(.network)
            expected = "tcp 127.0.0.1:\(host.tcp)"
        case "run":
            plan.hidden.removeAll { $0 == "/run" || $0 == "/var/run" }
            plan.coversSockets = false
            expected = "the socket \(host.runSocket)"
        case "sockets":
            plan.hidden = []
            plan.coversSockets = false
            expected = "the socket \(host.socket)"
        case "env":
            plan.coversEnvFiles = false
            expected = "the file \(place.path("backend/.env"))"
        case "processes":
            plan.spaces.remove(.processes)
            expected = "the host's own pid name space"
        default:
            plan.spaces.remove(.ipc)
            expected = "the host's own ipc name space"
        }
        do {
            _ = try make(plan)
            Issue.record("a jail with a hole was taken for tight")
        } catch JailFault.notTight(let reached) {
            #expect(reached.contains(expected), "\(reached)")
            #expect(JailFault.notTight(reached).exit == .refused)
        }
    }

    @Test func `the jailed program is another user without rights, alone, and can write nothing of the host`() throws {
        let jail = try make(plan(), ["CANARY": .plain("c4n4ry")])
        // Everybody may write it, and it is in none of the hidden folders.
        let open = try TemporaryFolder(in: "/var/lib")
        chmod(open.path, 0o777)
        let script = """
            id -u; grep -c . /proc/net/dev; ls /proc | grep -c '^[0-9]'; echo $CANARY; ls -A /run /var/tmp | wc -l
            touch \(open.path)/x 2>/dev/null && echo wrote; touch /tmp/x && echo scratch; hostname; grep CapEff /proc/self/status
            cat .env; ls .env
            """
        let lines = try output(jail, ["/bin/sh", "-c", script]).split(separator: "\n").map(String.init)
        #expect(lines.count == 9 && lines[0] == "65534" && lines[1] == "3" && lines[3] == "c4n4ry")
        #expect((Int(lines.count > 2 ? lines[2] : "") ?? 99) < 8)
        #expect(lines.suffix(4) == ["scratch", "drill", "CapEff:\t0000000000000000", ".env"])
        try jail.end()
    }

    @Test func `what runs in a jail ends with it, and with whoever made it, even when that is killed`() throws {
        let marker = "infisical-ops-jail-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
        do {
            let jail = try make(plan())
            try jail.start(["/bin/sh", "-c", "while :; do sleep 1; done # \(marker)"])
            try waitUntil { processes(marker) > 0 }
            try jail.end()
            try waitUntil { processes(marker) == 0 }
        }
        do {
            let jail = try make(plan())
            try jail.start(["/bin/sh", "-c", "while :; do sleep 1; done # \(marker)"])
            try waitUntil { processes(marker) > 0 }
        }
        try waitUntil { processes(marker) == 0 }
        for part in ["outer", "keeper"] {
            let jail = try make(plan())
            try jail.start(["/bin/sh", "-c", "while :; do sleep 1; done # \(marker)"])
            try waitUntil { processes(marker) > 0 }
            // Only this test's own: others have jails at the same time.
            let isKilled =
                part == "outer" ? kill(jail.outer, SIGKILL) == 0 : place.run("pkill -KILL -P \(jail.outer)") == 0
            #expect(isKilled)
            try waitUntil { processes(marker) == 0 }
        }
    }

    @Test func `its processes cannot be started by hand`() throws {
        let runner = ProcessRunner(effects: effects, cancellation: cancellation)
        for stage in JailStage.allCases {
            let result = try runner.run(
                CommandSpec(
                    ChildProcess.built("infisical-ops"), ["jailed", stage.rawValue, "--", "0", "0", "/bin/true"]))
            #expect(result.status == .exited(3))
            #expect(String(decoding: result.errors, as: UTF8.self).contains("for the program itself"))
        }
    }

    @Test func `without root there is no jail, and it says so`() throws {
        let copy = place.path("infisical-ops")
        #expect(place.run("install -m 755 '\(ChildProcess.built("infisical-ops"))' '\(copy)'") == 0)
        var spec = try JailStage.spec(
            .outer, plan: plan(), environment: [:], program: "/usr/bin/setpriv")
        spec.arguments = ["--reuid=65534", "--regid=65534", "--clear-groups", copy] + spec.arguments
        let result = try ProcessRunner(effects: effects, cancellation: cancellation).run(spec)
        let answer = String(decoding: result.output, as: UTF8.self)
        #expect(answer.contains("\"problem\":\"notPermitted\"") && answer.contains("only root"))
        #expect(JailFault.notPermitted("x").exit == .refused)
    }

    private func processes(_ marker: String) -> Int {
        place.run("pgrep -f '[#] \(marker)' > '\(place.path("found"))'") == 0 ? 1 : 0
    }

    private func waitUntil(_ condition: () -> Bool) throws {
        for _ in 0..<100 {
            if condition() { return }
            usleep(50_000)
        }
        throw TestProblem("it did not happen within five seconds")
    }
}
