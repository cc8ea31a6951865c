import Secrets
import TestSupport
import Testing

@testable import Instance

@Suite struct ContainerDatabaseTests {
    private func container(_ settings: String, environment: [String] = [], mode: String = "bridge") throws -> Container
    {
        let list = environment.map { "\"\($0)\"" }.joined(separator: ",")
        let json = """
            [{"Id":"1","Name":"/db","Image":"sha256:1","State":{"Status":"running"},"HostConfig":{"NetworkMode":"\(mode)"},
              "Config":{"Env":[\(list)]},"NetworkSettings":\(settings)}]
            """
        return try #require(try InspectAnswer.containers(Array(json.utf8)).first)
    }

    private func database(of container: Container) -> ContainerDatabase? { ContainerDatabase(container, from: .host) }

    @Test(
        arguments: [
            (
                "[{\"HostIp\":\"0.0.0.0\",\"HostPort\":\"5433\"},{\"HostIp\":\"::\",\"HostPort\":\"5433\"}]",
                "127.0.0.1", 5433
            ),
            ("[{\"HostIp\":\"::\",\"HostPort\":\"5434\"}]", "::1", 5434),
            ("[{\"HostIp\":\"10.1.2.3\",\"HostPort\":\"5432\"}]", "10.1.2.3", 5432),
            ("[{\"HostIp\":\"\",\"HostPort\":\"5435\"}]", "127.0.0.1", 5435),
        ] as [(String, String, Int)])
    func `a published port is reached at an address of this host`(binding: String, host: String, port: Int) throws {
        let settings =
            "{\"Ports\":{\"5432/tcp\":\(binding),\"9187/tcp\":null},\"Networks\":{\"n\":{\"IPAddress\":\"172.18.0.9\"}}}"
        let database = try #require(database(of: try container(settings)))
        #expect(database.host == host && database.port == port && database.route == "published port")
    }

    @Test func `without one its address in the network is taken, or the host's own`() throws {
        let networks =
            "{\"Ports\":{\"5432/tcp\":null},\"Networks\":{\"a\":{\"IPAddress\":\"\"},\"b\":{\"IPAddress\":\"172.18.0.9\"}}}"
        let inside = try #require(database(of: try container(networks)))
        #expect(inside.host == "172.18.0.9" && inside.port == 5432 && inside.route == "address in the network b")
        let six = "{\"Networks\":{\"a\":{\"IPAddress\":\"\",\"GlobalIPv6Address\":\"fd00::2\"}}}"
        #expect(try database(of: container(six))?.host == "fd00::2")
        #expect(try database(of: container("{\"Networks\":{\"host\":{}}}", mode: "host"))?.host == "127.0.0.1")
        #expect(try database(of: container("{\"Networks\":{\"a\":{\"IPAddress\":\"\"}}}")) == nil)
        #expect(try database(of: container("{}")) == nil)
    }

    @Test func `name, user and password are what the image takes for them`() throws {
        let network = "{\"Networks\":{\"n\":{\"IPAddress\":\"172.18.0.9\"}}}"
        let none = try #require(database(of: try container(network)))
        #expect(none.user == "postgres" && none.name == "postgres" && none.password == nil)
        let user = try #require(
            database(of: try container(network, environment: ["POSTGRES_USER=infisical", "POSTGRES_PASSWORD="])))
        #expect(user.user == "infisical" && user.name == "infisical" && user.password == nil)
        let all = try #require(
            database(
                of:
                    try container(
                        network,
                        environment: ["POSTGRES_USER=u", "POSTGRES_DB=d", "POSTGRES_PASSWORD=a=b", "PATH=/bin", "odd"]))
        )
        #expect(all.user == "u" && all.name == "d" && all.password?.withBytes { Array($0) } == Array("a=b".utf8))
        #expect(!"\(all)".contains("a=b"))
    }
}
