import DurableFiles
import Effects
import Repository
import Secrets
import TestSupport
import Testing

@Suite struct AcceptancesTests {
    private let sample: SampleRepository
    private let entry: InventoryEntry

    init() throws {
        sample = try SampleRepository()
        try sample.backup([noise(10)]) { $0.databases[0].tables[0].rows = 100 }
        try sample.backup([noise(10)]) { $0.databases[0].tables[0].rows = 0 }
        entry = try #require(try Inventory(sample.repository).latest)
    }

    private func record(_ accepted: Bool, at seconds: Int64, in repository: Repository? = nil) throws {
        var ignored: [Finding] = []
        let repository = try repository ?? sample.reopened()
        try Acceptances(repository, findings: &ignored).record(
            entry, accepted ? .accepted : .none, now: Timestamp(seconds: seconds), host: "h", in: repository)
    }

    private func assessment() throws -> Assessment {
        let repository = try sample.reopened()
        return try BackupHistory(Inventory(repository), repository)[entry.id]
    }

    private var documents: [String] {
        get throws { try sample.files.list(sample.layout.accepted).map(\.name).filter { $0.hasSuffix(".json") } }
    }

    @Test func `accepted, taken back, and accepted again, whatever the clock says`() throws {
        #expect(try assessment().isShrunk)
        for (turn, accepted) in [true, false, true, false].enumerated() {
            // The clock stands still, then goes back.
            try record(accepted, at: turn < 2 ? 1000 : 5)
            #expect(try assessment().isShrunk != accepted, "\(turn)")
        }
        #expect(try documents.count == 4)
        #expect(try sample.damage() == [] && sample.notes() == [])
    }

    private func judge(_ verdict: Acceptances.Verdict, at seconds: Int64) throws {
        var ignored: [Finding] = []
        let repository = try sample.reopened()
        try Acceptances(repository, findings: &ignored).record(
            entry, verdict, now: Timestamp(seconds: seconds), host: "h", in: repository)
    }

    @Test func `a rejected backup is never the latest, and the chain goes on after it`() throws {
        let first = try #require(try Inventory(sample.repository).entries.first)
        try judge(.rejected, at: 1000)
        let inventory = try Inventory(try sample.reopened()), found = try assessment()
        #expect(inventory.latest?.id == first.id && inventory.end?.id == entry.id && inventory.ownEntries.count == 1)
        #expect(try inventory.findForRestore("latest", repository: "/r").id == first.id)
        #expect(try inventory.find(entry.id.text, repository: "/r").id == entry.id)
        #expect(found.rejected == "1970-01-01T00:16:40Z" && !found.isShrunk && !found.counts && found.losses.isEmpty)
        // What was accepted before, or is accepted in the same second, is no help; to take it back is.
        try judge(.accepted, at: 5)
        #expect(try assessment().accepted != nil, "a later document counts")
        try judge(.rejected, at: 5)
        #expect(try assessment().isRejected && sample.damage() == [] && sample.notes() == [])
        try judge(.none, at: 5)
        #expect(try assessment().isShrunk && Inventory(try sample.reopened()).latest?.id == entry.id)
    }

    @Test func `of two in the same second the one that lets less count counts`() throws {
        let verdicts: [(accepted: Bool, rejected: Bool?)] = [(false, true), (true, nil), (false, nil)]
        for (number, verdict) in verdicts.enumerated() {
            let document = Acceptances.Document(
                repository: sample.repository.description.id, backup: entry.id, manifest: entry.sha256,
                accepted: verdict.accepted, rejected: verdict.rejected, time: "2026-11-23T23:47:00Z", program: "p",
                host: "h")
            try SignedFile.publish(
                try StoredJSON.encode(document), at: sample.path("accepted/\(number).json"), purpose: .acceptance,
                signer: try sample.writing.signer, files: sample.files, existing: .replace)
        }
        #expect(try assessment().isRejected)
    }

    @Test func `where every backup is rejected there is no latest, and that is said`() throws {
        for entry in try Inventory(sample.repository).entries {
            var ignored: [Finding] = []
            let repository = try sample.reopened()
            try Acceptances(repository, findings: &ignored).record(
                entry, .rejected, now: Timestamp(seconds: 1), host: "h", in: repository)
        }
        let inventory = try Inventory(try sample.reopened())
        #expect(throws: RepositoryFault.allRejected(repository: "/r")) {
            try inventory.find("latest", repository: "/r")
        }
    }

    @Test func `the document has the members that the format gives it`() throws {
        try record(true, at: 1_700_000_000)
        let name = try #require(try documents.first)
        #expect(name.hasPrefix("20231114T221320Z-") && name.utf8.count == "20231114T221320Z-00000000.json".utf8.count)
        let text = String(decoding: try sample.read("accepted/" + name), as: UTF8.self)
        #expect(
            text == """
                {"accepted":true,"backup":"\(entry.id.text)","host":"h","manifest":"\(entry.sha256)",\
                "program":"\(Release.nameAndVersion)","repository":"\(sample.repository.description.id)",\
                "schema":"infisical-ops/acceptance/1","time":"2023-11-14T22:13:20Z"}

                """)
    }

    @Test func `nobody accepts without the signing key, and nobody edits what was accepted`() throws {
        #expect(throws: RepositoryFault.self) { try record(true, at: 1, in: try sample.openedElsewhere()) }
        try record(false, at: 1)
        let name = try #require(try documents.first)
        try sample.edit("accepted/" + name) {
            $0 = Array(String(decoding: $0, as: UTF8.self).replacing("false", with: "true").utf8)
        }
        #expect(try assessment().isShrunk)
        #expect(try sample.notes() == ["repository.unread-acceptance accepted/\(name)"] && sample.damage() == [])
    }

    @Test func `it is about one manifest of one repository`() throws {
        let stranger = try SampleRepository()
        for (repository, manifest) in [("0", entry.sha256), (sample.repository.description.id, "0")] {
            let document = Acceptances.Document(
                repository: repository, backup: entry.id, manifest: manifest, accepted: true,
                time: "2026-11-23T23:47:00Z", program: "p", host: "h")
            try SignedFile.publish(
                try StoredJSON.encode(document), at: sample.path("accepted/x-\(repository.prefix(1)).json"),
                purpose: .acceptance, signer: try sample.writing.signer, files: sample.files, existing: .replace)
        }
        // One by another signer, and one that was signed for another purpose.
        for (signer, purpose) in [
            (try stranger.writing.signer, SignaturePurpose.acceptance), (try sample.writing.signer, .proof),
        ] {
            let document = Acceptances.Document(
                repository: sample.repository.description.id, backup: entry.id, manifest: entry.sha256, accepted: true,
                time: "2026-11-23T23:47:00Z", program: "p", host: "h")
            try SignedFile.publish(
                try StoredJSON.encode(document), at: sample.path("accepted/\(purpose.rawValue).json"), purpose: purpose,
                signer: signer, files: sample.files, existing: .replace)
        }
        #expect(try assessment().isShrunk)
        #expect(try sample.notes().count == 2)
    }

    @Test func `a repository of before has no such folder, and gets one`() throws {
        try sample.files.removeFolder(sample.layout.accepted)
        #expect(try assessment().isShrunk && sample.damage() == [])
        try record(true, at: 1)
        #expect(try !assessment().isShrunk)
        #expect(try sample.files.status(sample.layout.accepted)?.mode == 0o700)
    }

    @Test func `a copy of the repository has what was accepted`() throws {
        try record(true, at: 1)
        let copy = try sample.reopened(
            root: try sample.copied(as: "copy"), state: sample.folder.path("elsewhere"), pinned: sample.signer)
        #expect(try !BackupHistory(Inventory(copy), copy)[entry.id].isShrunk)
    }
}
