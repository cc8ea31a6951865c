import Secrets
import TestSupport
import Testing

@testable import Instance

@Suite struct InstanceContainersTests {
    private let names: [InstanceContainers.Role: String] = [
        .backend: "infisical-backend", .database: "infisical-db", .redis: "infisical-redis",
    ]

    /// The answer to `inspect` for containers of the names, services, projects and images that are given.
    private func engine(
        _ containers: [(name: String, service: String, project: String, image: String)]
    ) throws -> ScriptedDocker {
        let answers = containers.map { container in
            """
            {"Id":"\(container.name)","Name":"/\(container.name)","Image":"sha256:1","State":{"Status":"running"},
             "Config":{"Image":"\(container.image)","Labels":\(container.project.isEmpty ? "null" : """
             {"com.docker.compose.project":"\(container.project)","com.docker.compose.service":"\(container.service)"}
             """)}}
            """
        }
        return try ScriptedDocker(
            """
            case $1 in
                version) echo '{"Server":{}}' ;;
                ps) for last; do :; done
                    echo '[\(answers.joined(separator: ","))]' |
                        jq -r --arg wanted "${last#label=com.docker.compose.project}" '.[] | select(.Config.Labels != null)
                            | select($wanted == "" or .Config.Labels["com.docker.compose.project"] == $wanted[1:]) | .Id' ;;
                inspect) shift 3
                    echo '[\(answers.joined(separator: ","))]' |
                        jq --args '[.[] | select(.Id as $id | $ARGS.positional | index($id))]' "$@"
                    exit 1 ;;
            esac
            """)
    }

    @Test func `the three are found by their names, with the project they came from`() throws {
        let scripted = try ScriptedDocker.recorded()
        let found = try InstanceContainers.find(names, in: scripted.docker)
        #expect(found.containers.count == 3 && found[.database]?.name == "infisical-db")
        #expect(found.compose?.project == "stack" && found.compose?.workingFolder == "/srv/infisical")
    }

    @Test func `one with another name is found by its service in the project of the others`() throws {
        let docker = try engine([
            ("infisical-backend", "backend", "prod", "infisical/infisical"),
            ("infisical-db", "db", "prod", "postgres:14"),
            ("infisical-dev-redis", "redis", "prod", "redis"), ("other-redis", "redis", "shop", "redis"),
        ])
        let found = try InstanceContainers.find(names, in: docker.docker)
        #expect(found[.redis]?.name == "infisical-dev-redis" && found[.database]?.name == "infisical-db")
    }

    @Test func `without the names the only project with a backend of Infisical is taken`() throws {
        let docker = try engine([
            ("a-1", "backend", "prod", "infisical/infisical:v1"), ("a-2", "db", "prod", "postgres"),
            ("b-1", "backend", "shop", "shop/api"), ("b-2", "db", "shop", "postgres"),
        ])
        let found = try InstanceContainers.find(names, in: docker.docker)
        #expect(found[.backend]?.name == "a-1" && found[.database]?.name == "a-2" && found[.redis] == nil)
    }

    @Test func `several projects are listed, and so is what runs where there is none`() throws {
        let two = try engine([
            ("a", "backend", "prod", "infisical/infisical"), ("b", "backend", "test", "infisical/infisical"),
        ])
        #expect(throws: DockerFault.severalInstances(["prod", "test"])) {
            try InstanceContainers.find(names, in: two.docker)
        }
        let none = try engine([("shop-1", "backend", "shop", "shop/api")])
        #expect(throws: DockerFault.instanceNotFound(names: names.values.sorted(), candidates: ["shop-1"])) {
            try InstanceContainers.find(names, in: none.docker)
        }
    }

    @Test func `containers made by hand lead to no others`() throws {
        let docker = try engine([
            ("infisical-db", "", "", "postgres"), ("x", "backend", "prod", "infisical/infisical"),
        ])
        let found = try InstanceContainers.find(names, in: docker.docker)
        #expect(found.containers.count == 1 && found.compose == nil)
    }

    @Test func `labels of both versions give absolute paths; a container of a run is none of the project`() {
        let start = "com.docker.compose."
        let two = ComposeLabels([
            start + "project": "p", start + "service": "s", start + "project.working_dir": "/w",
            start + "oneoff": "False",
            start + "project.config_files": "/w/a.yml,/w/b.yml", start + "project.environment_file": "/w/.env,/w/more",
        ])
        #expect(two?.files == ["/w/a.yml", "/w/b.yml"] && two?.environmentFiles == ["/w/.env", "/w/more"])
        let one = ComposeLabels([
            start + "project": "p", start + "service": "s", start + "project.working_dir": "/w",
            start + "project.config_files": "docker-compose.yml,../x.yml",
        ])
        #expect(one?.files == ["/w/docker-compose.yml", "/w/../x.yml"])
        #expect(ComposeLabels([start + "project": "p", start + "service": "s", start + "oneoff": "True"]) == nil)
        #expect(ComposeLabels([start + "project": "p"]) == nil && ComposeLabels([:]) == nil)
    }
}
