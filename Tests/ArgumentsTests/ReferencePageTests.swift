import Arguments
import Testing

@Suite struct ReferencePageTests {
    private static let page = ReferencePage(
        name: "ferry.yaml", manual: 5, abstract: "configuration of the ferry", source: "ferry 1.0",
        sections: [
            .init(title: "DESCRIPTION", prose: "It sails.\n\n  literal: [a, b]"),
            .init(
                title: "HARBOUR",
                terms: [
                    .init(
                        name: "harbour.name", text: "Where it lies", details: [("Default", ".home"), ("Value", "'x'")])
                ]),
        ], seeAlso: ["ferry(1)"])

    @Test func `groff renders the page without a warning, and everything is in it`() throws {
        let scratch = try Scratch(), page = Self.page.manualPage(date: "2026-01-31")
        #expect(page.fileName == "ferry.yaml.5")
        try scratch.write(page.text, to: "page.5")
        #expect(try scratch.run("groff -man -Tutf8 -ww page.5 >/dev/null").output == "")
        let rendered = try scratch.run("MANWIDTH=80 LC_ALL=C.UTF-8 man --warnings=w -l page.5").output
        for words in [
            "FERRY.YAML(5)", "ferry.yaml - configuration of the ferry", "literal: [a, b]", "harbour.name",
            "Where it lies", "Default: .home", "Value: 'x'", "ferry(1)",
        ] {
            #expect(rendered.contains(words), "\(words): \(rendered)")
        }
    }

    @Test func `as Markdown it says the same`() {
        #expect(
            Self.page.markdown == """
                # ferry.yaml

                Configuration of the ferry.

                ## Description

                It sails.

                ```
                literal: [a, b]
                ```

                ## Harbour

                ### `harbour.name`

                Where it lies.

                | | |
                |---|---|
                | Default | .home |
                | Value | 'x' |

                """)
    }
}
