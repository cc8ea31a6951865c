import Arguments
import Testing

struct ManualPageTests {
    private static let pages = Ferry.program.declaration.manualPages(date: "2026-01-31")

    @Test func `there is a page for the program and for each shown command`() {
        #expect(
            Self.pages.map(\.fileName) == [
                "ferry.1", "ferry-sail.1", "ferry-list.1", "ferry-check.1", "ferry-unload.1", "ferry-harbour.1",
                "ferry-harbour-show.1", "ferry-harbour-rekey.1",
            ])
    }

    @Test(arguments: pages.indices)
    func `groff renders a page without a warning`(_ index: Int) throws {
        let scratch = try Scratch()
        try scratch.write(Self.pages[index].text, to: "page.1")
        let warnings = try scratch.run("groff -man -Tutf8 -ww page.1 >/dev/null")
        #expect(warnings.output == "")
        #expect(warnings.code == 0)
        let rendered = try scratch.run("MANWIDTH=80 LC_ALL=C.UTF-8 man --warnings=w -l page.1")
        #expect(rendered.code == 0)
        #expect(rendered.output.contains("SYNOPSIS"))
    }

    @Test func `a page says everything, letter for letter`() throws {
        let scratch = try Scratch()
        let page = try #require(Self.pages.first { $0.fileName == "ferry-sail.1" })
        try scratch.write(page.text, to: "page.1")
        let rendered = try scratch.run("MANWIDTH=80 LC_ALL=C.UTF-8 man -l page.1").output
        #expect(rendered == Snapshots.sailPage)
    }

    @Test func `no character is taken for markup or typography`() throws {
        let scratch = try Scratch()
        let odd = "'twas \\fB ~ ^ `a` \"b\" -c é … → 💧 .x"
        let program = Program<Ferry.Log>(
            name: "p", version: "1", abstract: odd, groups: [], options: [], exitStatuses: [], commands: [])
        try scratch.write(program.declaration.manualPages(date: "")[0].text, to: "page.1")
        let rendered = try scratch.run("MANWIDTH=80 LC_ALL=C.UTF-8 man --warnings=w -l page.1").output
        #expect(rendered.contains("       p - \(odd)\n"))
        #expect(rendered.contains("       \(odd)\n"))
    }
}
