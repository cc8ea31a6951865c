import Repository
import Testing

/// The text of a manifest: what `recover.sh` and strangers' programs read.
@Suite struct ManifestTests {
    private static let digits = String(repeating: "0a", count: 32)

    /// A manifest in which every member has a value.
    private func full() throws -> Manifest {
        let name = try #require(ChunkName(hex: Self.digits))
        let id = try #require(BackupID("20261123T234700Z-1f2e3d4c"))
        let database = Manifest.Database(
            role: "main", name: "infisical", owner: "postgres",
            server: .init(
                version: "15.18", number: 150_018, encoding: "UTF8", collate: "C", ctype: "C.UTF-8",
                systemIdentifier: "7"),
            settings: [.init(role: "r", assignment: "a=b"), .init(role: nil, assignment: "c=d")], acl: ["=Tc/postgres"],
            comment: "hello", roles: ["postgres"],
            schema: .init(archive: [name], preData: [name], postData: [], pgDump: "15.18"),
            tables: [
                .init(
                    schema: "public", name: "t", format: .text, columns: ["a", "b"], rows: 3, digest: "00ff", bytes: 9,
                    copy: "COPY public.t (a, b) FROM STDIN", ranges: [[name, name], [name]])
            ],
            sequences: [.init(schema: "public", name: "s", last: -5, called: true)],
            materializedViews: [.init(schema: "public", name: "v", populated: false)],
            leftOut: [.init(kind: "data of foreign table", name: "f")])
        let keys: [Manifest.KeyTrial] = [
            .init(role: "root-wrap", outcome: .opens, label: "00", note: "ENCRYPTION_KEY"),
            .init(role: "utf8-triples", outcome: .doesNotOpen, label: nil, note: nil),
            .init(role: "base64-triples", outcome: .notChecked, label: nil, note: "none"),
        ]
        var manifest = Manifest(
            id: id, repository: "r", sequence: 2, previous: .init(id: id, sha256: "h"), started: "2026-11-23T23:47:00Z",
            finished: "2026-11-23T23:48:00Z", program: "infisical-ops 0", host: "h", tags: ["k": "v"],
            key: .init(generation: 1, recipient: "age1", identity: "sealed\n"),
            escrow: .init(bytes: 1, sha256: "h", names: [".env"], recipients: ["age1"]),
            infisical: .init(
                era: "S4", migration: "m", migrations: 133, verdict: .opens, keys: keys, keyLabel: "00", users: 1,
                projects: 2, secrets: 3, rootKey: "0f", instance: "i"),
            databases: [database], chunks: [name: .init(bytes: 300, plain: 100, sha256: Self.digits)],
            added: .init(chunks: 1, bytes: 300), recovery: ["recover.sh": "h"],
            changes: [.restored(id, run: "x"), .undone(run: "y")])
        manifest.comparedWith = .init(
            id: id, sequence: 1,
            holdings: .init(
                rows: 9, figures: [.users: .init(rows: 4, visible: 3)], rootKey: "0f", instance: "i", server: "7"))
        manifest.shrunk = ["no users (before: 3)"]
        return manifest
    }

    private static let text = """
        {"added":{"bytes":300,"chunks":1},\
        "changes":[{"backup":"20261123T234700Z-1f2e3d4c","kind":"restored","run":"x"},{"kind":"undone","run":"y"}],\
        "chunks":{"\(digits)":{"bytes":300,"plain":100,"sha256":"\(digits)"}},\
        "comparedWith":{"holdings":{"figures":{"users":{"rows":4,"visible":3}},"instance":"i","rootKey":"0f",\
        "rows":9,"server":"7"},"id":"20261123T234700Z-1f2e3d4c","sequence":1},\
        "databases":[{"acl":["=Tc/postgres"],"comment":"hello","leftOut":[{"kind":"data of foreign table","name":"f"}],\
        "materializedViews":[{"name":"v","populated":false,"schema":"public"}],"name":"infisical","owner":"postgres",\
        "role":"main","roles":["postgres"],"schema":{"archive":["\(digits)"],"pgDump":"15.18","postData":[],\
        "preData":["\(digits)"]},"sequences":[{"called":true,"last":-5,"name":"s","schema":"public","value":"-5"}],\
        "server":{"collate":"C","ctype":"C.UTF-8","encoding":"UTF8","number":150018,"systemIdentifier":"7",\
        "version":"15.18"},"settings":[{"assignment":"a=b","role":"r"},{"assignment":"c=d"}],\
        "tables":[{"bytes":9,"columns":["a","b"],"copy":"COPY public.t (a, b) FROM STDIN","digest":"00ff",\
        "format":"text","name":"t","ranges":[["\(digits)","\(digits)"],["\(digits)"]],"rows":3,"schema":"public"}]}],\
        "escrow":{"bytes":1,"names":[".env"],"recipients":["age1"],"sha256":"h"},"finished":"2026-11-23T23:48:00Z",\
        "host":"h","id":"20261123T234700Z-1f2e3d4c","infisical":{"era":"S4","instance":"i","keyLabel":"00",\
        "keys":[{"label":"00","note":"ENCRYPTION_KEY","outcome":"opens","role":"root-wrap"},\
        {"outcome":"does not open","role":"utf8-triples"},\
        {"note":"none","outcome":"not checked","role":"base64-triples"}],"migration":"m","migrations":133,"projects":2,\
        "rootKey":"0f","secrets":3,"users":1,"verdict":"opens"},"key":{"generation":1,"identity":"sealed\\n","recipient":"age1"},\
        "previous":{"id":"20261123T234700Z-1f2e3d4c","sha256":"h"},"program":"infisical-ops 0",\
        "recovery":{"recover.sh":"h"},"repository":"r","schema":"infisical-ops/manifest/1","sequence":2,\
        "shrunk":["no users (before: 3)"],"started":"2026-11-23T23:47:00Z","tags":{"k":"v"}}

        """

    @Test func `every member has the name that the format gives it`() throws {
        #expect(String(decoding: try StoredJSON.encode(full()), as: UTF8.self) == Self.text)
    }

    @Test func `a manifest comes back as it was`() throws {
        #expect(try StoredJSON.decode(Manifest.self, from: Array(Self.text.utf8), path: "p") == full())
    }

    @Test func `what a backup does not have is absent, and absent members are read`() throws {
        var manifest = try full()
        manifest.previous = nil
        manifest.escrow = nil
        manifest.infisical = nil
        manifest.databases[0].acl = nil
        manifest.databases[0].comment = nil
        let bytes = try StoredJSON.encode(manifest), text = String(decoding: bytes, as: UTF8.self)
        for member in ["previous", "escrow", "infisical", "acl", "comment"] {
            #expect(!text.contains("\"\(member)\":"))
        }
        #expect(try StoredJSON.decode(Manifest.self, from: bytes, path: "p") == manifest)
    }

    @Test func `a sequence keeps every digit, with and without the text that others read`() throws {
        let text = #"{"called":true,"last":9007199254740993,"name":"s","schema":"public"}"#
        let old = try StoredJSON.decode(Manifest.Database.Sequence.self, from: Array(text.utf8), path: "p")
        #expect(old.last == 9_007_199_254_740_993)
        let new = try StoredJSON.encode(old)
        #expect(String(decoding: new, as: UTF8.self).contains(#""value":"9007199254740993"}"#))
        #expect(try StoredJSON.decode(Manifest.Database.Sequence.self, from: new, path: "p") == old)
        let other = Array(String(decoding: new, as: UTF8.self).replacing("\"9007", with: "\"8007").utf8)
        #expect(throws: RepositoryFault.malformed(path: "p", reason: "member \"value\" is not valid")) {
            try StoredJSON.decode(Manifest.Database.Sequence.self, from: other, path: "p")
        }
    }

    @Test func `everything lies where the format says`() throws {
        let layout = RepositoryLayout(root: "/r"), id = try full().id
        let name = try #require(ChunkName(hex: Self.digits))
        #expect(layout.chunk(name) == "/r/chunks/0a/\(Self.digits).zst.age")
        #expect(layout.manifest(id) == "/r/backups/\(id.text).json")
        #expect(RepositoryLayout.signature(of: layout.manifest(id)) == "/r/backups/\(id.text).json.sig")
        #expect(layout.escrow(id) == "/r/escrow/\(id.text).age" && layout.proofs(id) == "/r/proofs/\(id.text)")
        #expect(layout.accepted == "/r/accepted" && layout.removals == "/r/removals")
        #expect(layout.keyring(revision: 3) == "/r/keys/keyring-3.json")
        #expect(layout.introduction(line: 2) == "/r/keys/introduction-2.sig")
        #expect(layout.signingKey(line: 1) == "/r/keys/signing-key-1.age")
        #expect(layout.identity(generation: 2) == "/r/keys/identity-2.age")
        #expect(layout.idKey(generation: 2) == "/r/keys/id-key-2.age")
        #expect(layout.repositoryLock == "/r/locks/repository" && layout.backupLock == "/r/locks/backup")
        #expect(layout.relative("/r/keys/x") == "keys/x" && layout.relative("/other/x") == "/other/x")
    }
}
