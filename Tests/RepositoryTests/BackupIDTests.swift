import Effects
import FoundationEssentials
import Repository
import Testing

@Suite struct BackupIDTests {
    @Test func `an id is the start in UTC and eight hex digits`() {
        let id = BackupID(started: Timestamp(seconds: 1_800_000_000), random: 0xAB)
        #expect(id.text == "20270115T080000Z-000000ab")
        #expect(BackupID(id.text) == id)
        #expect(BackupID(started: Timestamp(seconds: 0), random: .max).text == "19700101T000000Z-ffffffff")
    }

    @Test(arguments: [
        "", "latest", "20261123T234700Z-1f2e3d4", "20261123T234700Z-1f2e3d4cc", "20261123T234700Z-1F2E3D4C",
        "20261123t234700Z-1f2e3d4c", "20261123T234700Z_1f2e3d4c", "2026112３T234700Z-1f2e3d4c",
        "../../../../../etc/passwd", "20261123T234700Z-1f2e3d/c", "20261123T234700Z-1f2e3d4\0",
        "20261123T234700Z-1f2e3d4\n",
    ])
    func `what is no id is refused, so that no id leaves its folder`(text: String) {
        #expect(BackupID(text) == nil)
        let json = Data("[\"\(text)\"]".utf8)
        #expect(throws: DecodingError.self) { try JSONDecoder().decode([BackupID].self, from: json) }
    }

    @Test func `ids sort by their text and pass through JSON as text`() throws {
        let early = try #require(BackupID("20261123T234700Z-ffffffff"))
        let late = try #require(BackupID("20261123T234701Z-00000000"))
        #expect(early < late && !(late < early))
        let json = try JSONEncoder().encode([early])
        #expect(String(decoding: json, as: UTF8.self) == "[\"\(early.text)\"]")
        #expect(try JSONDecoder().decode([BackupID].self, from: json) == [early])
    }
}
