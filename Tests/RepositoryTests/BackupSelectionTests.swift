import Repository
import Testing

/// The backups that `list` shows.
@Suite struct BackupSelectionTests {
    @Test func `the newest are counted among those with all tags`() throws {
        let sample = try SampleRepository()
        for tags in [["a": "1"], ["a": "1", "b": ""], ["a": "2"]] {
            try sample.backup([[1]]) { $0.tags = tags }
        }
        let all = try Inventory(try sample.reopened()).entries
        let selected = { (tags: [(key: String, value: String)], last: Int?) in
            BackupSelection(tags: tags, last: last).apply(all, \.manifest).map(\.manifest.sequence)
        }
        #expect(selected([], nil) == [1, 2, 3] && selected([], 2) == [2, 3] && selected([], 9) == [1, 2, 3])
        #expect(selected([("a", "1")], nil) == [1, 2] && selected([("a", "1")], 1) == [2])
        #expect(selected([("a", "1"), ("b", "")], nil) == [2] && selected([("a", "1"), ("a", "2")], nil) == [])
        #expect(selected([("b", "1")], nil) == [])
    }
}
