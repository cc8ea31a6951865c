import Repository
import Testing

@Suite struct FindingTests {
    @Test(arguments: [
        (Finding.Note.unnamedChunk, "repository.unnamed-chunk"), (.temporary, "repository.temporary-file"),
        (.unfinishedManifest, "repository.unfinished-manifest"), (.stranger, "repository.unknown-file"),
        (.wrongMode, "repository.wrong-mode"), (.unnamedEscrow, "repository.unnamed-escrow"),
        (.unreadProof, "repository.unread-proof"), (.unreadAcceptance, "repository.unread-acceptance"),
        (.unfinishedRotation, "repository.unfinished-rotation"),
    ])
    func `a note has a stable code, names its subject, and harms no backup`(note: Finding.Note, code: String) {
        let finding = Finding(note: note, subject: "a/b")
        #expect(finding.code == code && !finding.isDamage && finding.backups.isEmpty && finding.level == .stored)
        #expect(finding.message == "a/b: \(note.text)" && !note.text.hasSuffix("."))
    }

    @Test func `every note is in the table`() { #expect(Finding.Note.allCases.count == 9) }

    @Test func `damage speaks as its fault does`() {
        let fault = RepositoryFault.missing(path: "x")
        let finding = Finding(damage: fault, subject: "x", backups: [])
        #expect(finding.isDamage && finding.code == fault.code && finding.message == fault.message)
    }

    @Test(arguments: [
        (ChunkDamage.missing, ProofLevel.stored), (.notAFile, .stored), (.unreadable("x"), .stored), (.empty, .stored),
        (.wrongSize(found: 1, expected: 2), .stored), (.wrongHash, .stored), (.doesNotDecrypt("x"), .readable),
        (.doesNotDecompress, .readable), (.wrongContent, .readable),
    ])
    func `a chunk's damage says how deep one must look to find it`(damage: ChunkDamage, level: ProofLevel) throws {
        let name = try #require(ChunkName(hex: String(repeating: "0", count: 64)))
        #expect(Finding(damage: .chunk(name, damage: damage), subject: "x", backups: []).level == level)
    }

    @Test func `an unknown file with a temporary name is a temporary file`() {
        #expect(Finding(unknown: "a/.tmp-1").code == "repository.temporary-file")
        #expect(Finding(unknown: "a/tmp-1").code == "repository.unknown-file")
    }
}
