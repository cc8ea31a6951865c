/// The files under `Tests/Fixtures`.
package enum Fixtures {
    /// The path of one of them, found from the place of this source file.
    package static func path(_ name: String) -> String {
        // …/Tests/Support/TestSupport/Fixtures.swift → …/Tests/Fixtures
        let parts = #filePath.split(separator: "/").dropLast(3)
        return "/" + parts.joined(separator: "/") + "/Fixtures/" + name
    }
}
