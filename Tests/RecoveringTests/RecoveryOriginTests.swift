import DurableFiles
import Effects
import Instance
import LiveSupport
import Secrets
import Settings
import TestSupport
import Testing

@testable import Recovering
@testable import Repository

/// Where the instance stood: as the backup recorded it, or as its files tell.
@Suite struct RecoveryOriginTests {
    private let compose = "services:\n  infisical-db: {image: postgres}\n  infisical-backend: {image: infisical}\n"

    private func manifest(_ record: Manifest.ComposeRecord? = nil) throws -> Manifest {
        var manifest = Manifest(
            id: try #require(BackupID("20261123T234700Z-1f2e3d4c")), repository: "r", sequence: 1, previous: nil,
            started: "2026-11-23T23:47:00Z", finished: "2026-11-23T23:47:01Z", program: "p", host: "h", tags: [:],
            key: .init(generation: 1, recipient: "r", identity: "i"), escrow: nil, infisical: nil, databases: [],
            chunks: [:], added: .init(chunks: 0, bytes: 0), recovery: [:])
        manifest.compose = record
        return manifest
    }

    private func kept(_ path: String, _ text: String = "A=1\n") -> KeptFile {
        KeptFile(recorded: path, content: Secret(testing: text))
    }

    @Test func `a recorded project is taken as it was`() throws {
        let record = Manifest.ComposeRecord(
            project: "own", folder: "/srv/infisical", files: ["/srv/infisical/a.yml", "/etc/b.yml"],
            environmentFiles: ["/srv/infisical/.env.infisical"], services: ["backend": "app"])
        let files = ["/srv/infisical/a.yml", "/etc/b.yml", "/srv/infisical/.env.infisical"].map { kept($0) }
        let origin = try RecoveryOrigin(try manifest(record), files)
        #expect(origin.project == "own" && origin.folder == "/srv/infisical" && origin.warning == nil)
        #expect(origin.files == record.files && origin.environmentFiles == record.environmentFiles)
        let rendered = try RenderedProject(
            Secret(testing: "services:\n  app: {image: i}\n  db: {image: p}\n"), project: "own")
        #expect(origin.service(.backend, in: rendered) == "app" && origin.service(.database, in: rendered) == "db")
        #expect(origin.service(.redis, in: rendered) == nil)
        #expect(
            throws: RecoveryFault.filesNotKept(["/etc/b.yml"], backup: "20261123T234700Z-1f2e3d4c")
        ) { try RecoveryOrigin(try manifest(record), [files[0], files[2]]) }
    }

    @Test func `without a record it follows from the compose file, and that is said`() throws {
        let origin = try RecoveryOrigin(
            try manifest(),
            [
                kept("/srv/My Infisical.1/.env"), kept("/srv/other.yml", "A: 1\n"),
                kept("/srv/My Infisical.1/docker-compose.yml", compose),
            ])
        #expect(origin.project == "myinfisical1" && origin.folder == "/srv/My Infisical.1")
        #expect(origin.files == ["/srv/My Infisical.1/docker-compose.yml"] && origin.warning != nil)
    }

    @Test func `env files of other services that Compose wants, and that were not kept, are known`() throws {
        let text =
            compose + """
                  worker: {image: w, env_file: [worker.env, ../up.env, {path: may.env, required: false}, $HOME/x.env]}
                  other: {image: o, env_file: /etc/other.env}

                """
        let files = [kept("/srv/i/docker-compose.yml", text), kept("/srv/i/.env"), kept("/srv/up.env")]
        let missing = try RecoveryOrigin(try manifest(), files).missingEnvFiles(files, Files(effects: Effects()))
        #expect(missing.sorted() == ["/etc/other.env", "/srv/i/worker.env"])
    }

    @Test func `without a compose file there is nothing to create containers from`() throws {
        #expect(throws: RecoveryFault.noComposeFile(backup: "20261123T234700Z-1f2e3d4c")) {
            try RecoveryOrigin(try manifest(), [kept("/srv/.env"), kept("/srv/broken.yml", "a: [")])
        }
    }

    @Test func `the record of a project is a part of the manifest that older readers leave alone`() throws {
        let record = Manifest.ComposeRecord(
            project: "p", folder: "/f", files: ["/f/c.yml"], environmentFiles: [], services: ["database": "db"])
        let bytes = try StoredJSON.encode(try manifest(record))
        let text = String(decoding: bytes, as: UTF8.self)
        #expect(
            text.contains(
                #""compose":{"environmentFiles":[],"files":["/f/c.yml"],"folder":"/f","project":"p","services":{"database":"db"}}"#
            ))
        #expect(try StoredJSON.decode(Manifest.self, from: bytes, path: "m").compose == record)
        #expect(try StoredJSON.decode(Manifest.self, from: StoredJSON.encode(try manifest()), path: "m").compose == nil)
    }
}
