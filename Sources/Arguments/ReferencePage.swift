/// A page of reference that belongs to no command, such as that of a file's format; rendered as a man page and as Markdown.
package struct ReferencePage: Sendable {
    /// One titled part of the page.
    package struct Section: Sendable {
        package let title: String
        /// Paragraphs divided by an empty line; lines that start with two spaces stay as they are.
        package let prose: String
        /// What is explained here, such as the keys of a section, each with its details.
        package let terms: [Term]

        package init(title: String, prose: String = "", terms: [Term] = []) {
            self.title = title
            self.prose = prose
            self.terms = terms
        }
    }

    package struct Term: Sendable {
        package let name: String
        package let text: String
        /// Facts with a name: `Value`, `Default`, `Variable`.
        package let details: [(name: String, value: String)]

        package init(name: String, text: String, details: [(name: String, value: String)]) {
            self.name = name
            self.text = text
            self.details = details
        }
    }

    /// Such as `infisical-ops.yaml`.
    package let name: String
    /// The section of the manual, such as 5 for files.
    package let manual: Int
    /// One sentence without full stop.
    package let abstract: String
    /// Name and version of the program.
    package let source: String
    package let sections: [Section]
    /// Other pages, such as `infisical-ops(1)`.
    package let seeAlso: [String]

    package init(
        name: String, manual: Int, abstract: String, source: String, sections: [Section], seeAlso: [String]
    ) {
        self.name = name
        self.manual = manual
        self.abstract = abstract
        self.source = source
        self.sections = sections
        self.seeAlso = seeAlso
    }
}
