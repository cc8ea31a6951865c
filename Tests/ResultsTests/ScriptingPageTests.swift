import FoundationEssentials
import Testing

/// The reference for scripts says what the results are: nothing more, nothing less.
struct ScriptingPageTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// Schema by name with the names of its members in the order of their declarations.
    private static func results() throws -> [String: [String]] {
        let folder = root.appending(path: "Sources/Results"), schema = /package let schema = "infisical-ops\/(.+)\/1"/
        // At the left edge of the main type; those of a nested one stand further in.
        let member = /[ ]{4}package let ([A-Za-z]+):.*/
        var results: [String: [String]] = [:]
        for name in try FileManager.default.contentsOfDirectory(atPath: folder.path) {
            let text = try String(contentsOf: folder.appending(path: name), encoding: .utf8)
            guard let match = text.firstMatch(of: schema) else { continue }
            results[String(match.1)] = text.split(separator: "\n").compactMap { line in
                line.wholeMatch(of: member).map { String($0.1) }
            }
        }
        return results
    }

    /// The same from the table of the page; what stands in brackets belongs to the member before it.
    private static func documented() throws -> [String: [String]] {
        let page = try String(contentsOf: root.appending(path: "docs/scripting.md"), encoding: .utf8)
        var documented: [String: [String]] = [:]
        for line in page.split(separator: "\n") {
            let cells = line.split(separator: "|").map(String.init)
            guard line.hasPrefix("|"), cells.count == 3,
                let schema = cells[1].firstMatch(of: /`infisical-ops\/(.+)\/1`/)
            else { continue }
            var depth = 0, outer = ""
            for character in cells[2] {
                if character == "(" { depth += 1 }
                if depth == 0 { outer.append(character) }
                if character == ")" { depth -= 1 }
            }
            documented[String(schema.1)] = outer.matches(of: /`([A-Za-z]+)`/).map { String($0.1) }
        }
        return documented
    }

    @Test func `every result is on the page with every member of it`() throws {
        let results = try Self.results(), documented = try Self.documented()
        #expect(results.count >= 17)
        #expect(results.keys.sorted() == documented.keys.sorted())
        for (schema, members) in results {
            // Of `health --watch` only, and told below the table.
            let watched: Set = schema == "health" ? ["time", "fault"] : []
            #expect(documented[schema]?.sorted() == members.filter { !watched.contains($0) }.sorted(), "\(schema)")
        }
    }
}
