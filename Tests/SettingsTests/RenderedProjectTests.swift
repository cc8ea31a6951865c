import TestSupport
import Testing

@testable import Settings

/// What `docker compose config` prints of a whole project.
@Suite struct RenderedProjectTests {
    private func project(_ text: String) throws -> RenderedProject {
        try RenderedProject(secret(text), project: "infisical")
    }

    @Test func `volumes are called as the engine calls them, whichever version of Compose prints them`() throws {
        let project = try project(
            """
            services:
              db: {image: postgres:14}
            volumes:
              plain: null
              named: {name: infisical_named}
              made: {external: true, name: pg}
              older: {external: {name: pg2}}
              bound: {driver_opts: {device: /srv/data, o: bind, type: none}}
              remote: {driver_opts: {device: ':/export', type: nfs}}
            """)
        #expect(
            project.volumes == [
                "plain": .init(name: "infisical_plain", isExternal: false, device: nil),
                "named": .init(name: "infisical_named", isExternal: false, device: nil),
                "made": .init(name: "pg", isExternal: true, device: nil),
                "older": .init(name: "pg2", isExternal: true, device: nil),
                "bound": .init(name: "infisical_bound", isExternal: false, device: "/srv/data"),
                "remote": .init(name: "infisical_remote", isExternal: false, device: nil),
            ])
    }

    @Test func `of each mount it is known where it comes from`() throws {
        let project = try project(
            """
            version: '3.8'
            services:
              db:
                container_name: infisical-db
                image: postgres:14
                volumes:
                - data:/var/lib/postgresql/data:rw
                - /srv/infisical/init.sql:/docker-entrypoint-initdb.d/init.sql:ro
                - {type: bind, source: /srv/conf, target: /conf}
                - {type: volume, source: more, target: /more}
                - /anonymous
            """)
        let service = try #require(project.services["db"])
        #expect(service.containerName == "infisical-db" && service.formatVersion == "3.8")
        #expect(
            service.sources == [
                .init(from: "data", target: "/var/lib/postgresql/data"),
                .init(from: "/srv/infisical/init.sql", target: "/docker-entrypoint-initdb.d/init.sql"),
                .init(from: "/srv/conf", target: "/conf"), .init(from: "more", target: "/more"),
                .init(from: nil, target: "/anonymous"),
            ])
        #expect(service.sources.map(\.isPath) == [false, true, true, false, false])
    }

    @Test func `networks that the project only uses are known by the engine's names, old form and new`() throws {
        let project = try project(
            """
            services:
              db: {image: postgres}
              backend: {image: infisical, networks: {front: null, back: null}}
              redis: {image: redis, networks: [back]}
              host: {image: x, network_mode: host}
            networks:
              default: {external: true, name: shared}
              front: {external: {name: proxy}}
              back: {name: own}
              other: {external: false}
            """)
        #expect(project.externalNetworks == ["default": "shared", "front": "proxy"])
        #expect(project.services["db"]?.networks == ["default"] && project.services["host"]?.networks == [])
        #expect(project.services["backend"]?.networks.sorted() == ["back", "front"])
        #expect(project.services["redis"]?.networks == ["back"])
    }
}
