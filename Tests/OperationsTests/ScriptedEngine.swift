import Effects
import FoundationEssentials
import Glibc
import LiveSupport
import Postgres
import Processes
import TestSupport

@testable import Instance

/// A container engine that is a script: it tells what a real one said of the three containers of an instance, changed as a
/// test likes, and does to that record what it is told to do to containers. The database of the "container" is the bench's.
final class ScriptedEngine {
    enum Part: Int {
        case backend, database, redis
    }

    let folder: TemporaryFolder
    let docker: Docker
    /// What answers as the backend while its container runs.
    let backend: LoopbackServer
    let redis: LoopbackServer
    static let key = "9f2c47d1e0b86a35c7f41d9280ae53b6"
    static let authSecret = "c2NyaXB0ZWQtZW5naW5lLXNjcmlwdGVkLWVuZ2luZQ=="
    static let image = "sha256:5691b6d0bd603a2bad17304f8a7496b044f0e11d1c9243864fb219d59407feaa"
    static let names = ["infisical-backend", "infisical-db", "infisical-redis"]

    /// Makes the bench one whose instance runs in the engine's containers.
    init(for bench: Bench) throws {
        folder = try TemporaryFolder()
        let stopped = folder.path("stopped")
        backend = try LocalServers.backend { access(stopped, F_OK) != 0 }
        redis = try LocalServers.redis()
        try folder.writeProgram("docker", ScriptedEngine.script(folder.path, try LiveServer.get().port))
        try folder.write("images.json", "{\"tiny:1\": \"\(ScriptedEngine.image)\"}")
        guard folder.run("cp '\(Fixtures.path("docker/inspect-compose-1.json"))' containers.json") == 0 else {
            throw TestProblem(folder.said("err"))
        }
        let effects = Effects()
        docker = Docker(
            // The machine's own is not to be found.
            runner: ProcessRunner(effects: effects, cancellation: Cancellation(), path: folder.path), effects: effects,
            environment: ["PATH": .plain(folder.path + ":/usr/bin:/bin")])
        bench.docker = docker
        (bench.instanceLines, bench.namesDatabase, bench.namesEnvFile) = ([], false, false)
        try writeProject(bench)
        try describe(bench)
    }

    // MARK: - The project

    private func writeProject(_ bench: Bench) throws {
        try bench.folder.write(
            ".env",
            """
            INFISICAL_ENCRYPTION_KEY=\(ScriptedEngine.key)
            INFISICAL_AUTH_SECRET=\(ScriptedEngine.authSecret)
            INFISICAL_POSTGRES_HOST=infisical-db
            INFISICAL_POSTGRES_DATABASE=\(bench.database)
            INFISICAL_POSTGRES_USERNAME=postgres
            INFISICAL_REDIS_URL=redis://infisical-redis:6379

            """)
        try bench.folder.write("docker-compose.yml", "services:\n  infisical-backend: { image: \"tiny:1\" }\n")
        try render(backend: ["image: \"tiny:1\"", "environment: { ENCRYPTION_KEY: \"\(ScriptedEngine.key)\" }"])
    }

    /// What Compose makes of the project.
    func render(backend lines: [String], ports: String = "[\"127.0.0.1:18080:8080/tcp\"]") throws {
        // What every container of a backend needs besides its key.
        let needed =
            "environment: { AUTH_SECRET: \"\(ScriptedEngine.authSecret)\", "
            + "REDIS_URL: \"redis://infisical-redis:6379\", "
        let own = (lines + ["ports: \(ports)"]).map { "    \($0.replacing("environment: { ", with: needed))\n" }
            .joined()
        try folder.write(
            "rendered.yml",
            """
            services:
              infisical-backend:
            \(own)
              infisical-db:
                image: "tiny:1"
                ports: [5432]
                volumes: ["pg:/var/lib/postgresql/data"]
              infisical-redis:
                image: "tiny:1"
                ports: [{ target: 6379, published: 6379 }]

            """)
    }

    private func describe(_ bench: Bench) throws {
        let password = String(
            decoding: try JSONEncoder().encode("POSTGRES_PASSWORD=" + LiveServer.password), as: UTF8.self)
        try change(
            """
            def port($inside; $port): .NetworkSettings.Ports = {($inside): [{HostIp: "127.0.0.1", HostPort: $port}]};
            map(.State.StartedAt = (now - 3600 | floor | todate)
                | .Config.Labels["com.docker.compose.project.working_dir"] = "\(bench.folder.path)")
            | .[0] |= (port("8080/tcp"; "\(backend.port)") | .Config.Env = ["ENCRYPTION_KEY=\(ScriptedEngine.key)",
                "AUTH_SECRET=\(ScriptedEngine.authSecret)", "DB_HOST=infisical-db", "REDIS_URL=redis://infisical-redis:6379"])
            | .[1] |= (port("5432/tcp"; "\(try LiveServer.get().port)")
                | .Config.Env = [\(password), "POSTGRES_USER=postgres", "POSTGRES_DB=\(bench.database)"])
            | .[2] |= port("6379/tcp"; "\(redis.port)")
            """)
    }

    // MARK: - What a test does to it

    /// Changes what the engine tells, by a filter of `jq` on the answer of `docker inspect`.
    func change(_ filter: String) throws {
        try folder.write("filter.jq", filter)
        guard folder.run("jq -f filter.jq containers.json >new.json && mv new.json containers.json") == 0 else {
            throw TestProblem("\(filter): \(folder.said("err"))")
        }
    }

    func change(_ part: Part, _ filter: String) throws { try change(".[\(part.rawValue)] |= (\(filter))") }

    /// What a container was made with: a variable with another value, or without it.
    func variable(_ part: Part, _ name: String, _ value: String?) throws {
        let added = try value.map {
            String(decoding: try JSONEncoder().encode(["\(name)=\($0)"]), as: UTF8.self)
        }
        try change(
            part, ".Config.Env |= (map(select(startswith(\"\(name)=\") | not)) + \(added ?? "[]"))")
    }

    /// A file as the containers see it, beside what else `docker cp` gives out.
    func file(_ path: String, _ text: String) throws {
        guard folder.run("mkdir -p \"$(dirname 'root\(path)')\"") == 0 else { throw TestProblem(folder.said("err")) }
        try folder.write("root" + path, text)
    }

    func remove(_ part: Part) throws { try change("del(.[\(part.rawValue)])") }

    /// Lines of `sh` that are run before anything else of the engine; `$1` is the first word of the command.
    func hook(_ script: String) throws { try folder.write("hook", script + "\n") }

    /// What a container printed, without times.
    func prints(_ part: Part, _ lines: [String], second: Int = 0) throws {
        let ids = ["f56025a642f2", "95e6b5abcf04", "6f753b789fb0"]
        let text = lines.enumerated().map { number, line in
            "2026-11-28T10:00:\(String(100 + second + number).suffix(2)).000000000Z \(line)\n"
        }
        try folder.write("log-\(ids[part.rawValue])", text.joined())
    }

    /// The commands so far that change something, one line each.
    func commands(_ words: String = "stop|start|update|compose .* up") throws -> [String] {
        guard folder.run("grep -E '^(\(words))' commands || true") == 0 else { throw TestProblem(folder.said("err")) }
        return try folder.text("out").split(separator: "\n").map(String.init)
    }

    private static func script(_ folder: String, _ port: Int) -> String {
        #"""
        #!/bin/sh
        dir='\#(folder)'
        printf '%s\n' "$*" >>"$dir/commands"
        if [ -f "$dir/hook" ]; then . "$dir/hook"; fi
        for last; do :; done
        state() {
            jq --arg id "$last" --arg state "$1" '(.[] | select(.Id == $id or .Name == "/" + $id) | .State) |=
                (.Status = $state | if $state == "running" then .OOMKilled = false | .Error = "" else . end)' \
                "$dir/containers.json" >"$dir/new.json" && mv "$dir/new.json" "$dir/containers.json"
        }
        backend() { case $last in f56025a642f2* | infisical-backend) "$@" ;; esac; }
        case $1 in
        version) echo '{"Client":{},"Server":{"Version":"20.10"}}' ;;
        ps) jq -r '.[].Id' "$dir/containers.json" ;;
        inspect)
            shift
            if [ "$1" = --type ]; then shift 2; fi
            jq --args '[.[] | select(.Id as $id | .Name[1:] as $name | $ARGS.positional | index($id) or index($name))]' \
                "$@" <"$dir/containers.json" | tee "$dir/answer.$$"
            [ "$(jq length "$dir/answer.$$")" -eq $# ]
            ;;
        image)
            shift 2
            jq --args '. as $ids | [$ARGS.positional[] | if startswith("sha256:") then . else $ids[.] end | select(.)
                | {Id: ., RepoDigests: ["registry.example/tiny@" + .]}]' "$@" <"$dir/images.json"
            ;;
        stop) state exited; backend touch "$dir/stopped" ;;
        start) state running; backend rm -f "$dir/stopped" ;;
        unpause) state running ;;
        network)
            case $2 in connect)
                jq --arg id "$last" --arg network "$3" '(.[] | select(.Name == "/" + $id) | .NetworkSettings.Networks[$network]) =
                    {IPAddress: "127.0.0.1", Aliases: []}' "$dir/containers.json" >"$dir/new.json"
                mv "$dir/new.json" "$dir/containers.json"
                ;;
            esac
            ;;
        update)
            jq --arg id "$last" --arg policy "$3" '(.[] | select(.Id == $id or .Name == "/" + $id)
                | .HostConfig.RestartPolicy) = {Name: $policy}' "$dir/containers.json" >"$dir/new.json"
            mv "$dir/new.json" "$dir/containers.json"
            ;;
        system) ;;
        cp)
            shift
            follow=
            if [ "$1" = --follow-link ]; then follow=--dereference; shift; fi
            path="$dir/root${1#*:}"
            if [ ! -e "$path" ] && [ ! -L "$path" ]; then
                echo "Error: Could not find the file ${1#*:} in container ${1%%:*}" >&2
                exit 1
            fi
            tar --format=pax $follow -C "${path%/*}" -cf - "${path##*/}"
            ;;
        logs) cat "$dir/log-$(printf %.12s "$last")" 2>/dev/null || true ;;
        compose)
            case "$*" in
            'compose version'*) echo '{"version":"2.20"}' ;;
            *' config')
                case "$*" in *' -f /nowhere/'*) echo 'open /nowhere/compose.yml: no such file or directory' >&2; exit 14 ;; esac
                cat "$dir/rendered.yml"
                ;;
            *)
                case "$*" in *pin.yml*) sed -n p "$(printf '%s\n' "$@" | grep pin.yml)" >"$dir/pin" ;; esac
                if [ -f "$dir/recreation.jq" ]; then
                    jq -f "$dir/recreation.jq" "$dir/containers.json" >"$dir/new.json"
                    mv "$dir/new.json" "$dir/containers.json"
                fi
                case "$*" in
                *' --no-start '*) state created ;;
                *) state running; rm -f "$dir/stopped" ;;
                esac
                ;;
            esac
            ;;
        exec)
            shift
            while :; do
                case $1 in --interactive) shift ;; --env) shift 2 ;; *) break ;; esac
            done
            shift
            case $1 in
            df) printf 'Filesystem 1024-blocks Used Available Capacity Mounted\n/dev/vda 99999999 1 %s 1%% /\n' \
                "$(cat "$dir/space" 2>/dev/null || echo 99999998)" ;;
            pg_dump) shift; PGPORT=\#(port) exec /usr/lib/postgresql/15/bin/pg_dump "$@" ;;
            pg_restore) shift; exec /usr/lib/postgresql/15/bin/pg_restore "$@" ;;
            *) exit 127 ;;
            esac
            ;;
        *) exit 64 ;;
        esac

        """#
    }
}
