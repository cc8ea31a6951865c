import InfisicalTables
import Testing

@Suite("Ids of rows")
struct RowIDTests {
    @Test func `a uuid is the same in letters of either case`() {
        #expect(
            RowID("0F1E2D3C-4b5a-6978-8796-a5b4c3d2e1f0") == RowID("0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0"))
        #expect(
            RowID("0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0") != RowID("0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f1"))
    }

    @Test(arguments: [
        "", "64d841", "507f1f77bcf86cd799439011", "0f1e2d3c4b5a69788796a5b4c3d2e1f0", "é",
        "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1g0",
    ])
    func `any other text is an id of its own`(text: String) {
        #expect(RowID(text) == RowID(text))
        #expect(RowID(text) != RowID(text + "0"))
        #expect(RowID(text) != RowID("00000000-0000-0000-0000-000000000000"))
    }
}
