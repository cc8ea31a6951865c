/// Breaks text into lines of a given width; every character counts as one column.
package enum TextLayout {
    /// One line as several, broken at blanks; later ones are set in by two columns more than the first. A word that is
    /// longer than a line stays whole.
    package static func broken(_ line: String, width: Int) -> [String] {
        guard line.count > width else { return [line] }
        let indent = line.prefix { $0 == " " }.count
        return wrap(line.split(separator: " "), width: width, indent: indent, hanging: 2)
    }

    /// Words set one after the other; later lines start with `hanging` spaces more than the first.
    static func wrap(_ words: some Sequence<some StringProtocol>, width: Int, indent: Int, hanging: Int = 0) -> [String]
    {
        var lines: [String] = []
        var line = String(repeating: " ", count: indent)
        var isEmpty = true
        for word in words {
            if !isEmpty && line.count + 1 + word.count > width {
                lines.append(line)
                line = String(repeating: " ", count: indent + hanging)
                isEmpty = true
            }
            line += isEmpty ? String(word) : " " + word
            isEmpty = false
        }
        return isEmpty ? lines : lines + [line]
    }

    /// Paragraphs divided by an empty line; lines that start with two spaces stay as they are.
    static func paragraphs(_ text: String, width: Int, indent: Int) -> [String] {
        var lines: [String] = []
        for (number, block) in blocks(text).enumerated() {
            if number > 0 { lines.append("") }
            switch block {
            case .prose(let words): lines += wrap(words, width: width, indent: indent)
            case .literal(let literal): lines += literal.map { String(repeating: " ", count: indent + 2) + $0 }
            }
        }
        return lines
    }

    /// A column of terms with their explanations beside them, or below where the term is too long.
    static func table(_ rows: [(term: String, text: String)], width: Int, indent: Int, column: Int) -> [String] {
        rows.flatMap { row -> [String] in
            let term = String(repeating: " ", count: indent) + row.term
            var lines = wrap(row.text.split(separator: " "), width: width, indent: column)
            guard let first = lines.first else { return [term] }
            if term.count + 2 > column { return [term] + lines }
            lines[0] = term + first.dropFirst(term.count)
            return lines
        }
    }

    /// Where the explanations of a table start: behind the longest term, but within a third of the width.
    static func column(for terms: some Sequence<String>, width: Int, indent: Int) -> Int {
        let limit = max(width / 3, indent + 8)
        let lengths = terms.map { indent + $0.count + 2 }
        return lengths.filter { $0 <= limit }.max() ?? limit
    }

    enum Block: Equatable {
        case prose([String])
        /// Without the two spaces that mark it.
        case literal([String])
    }

    static func blocks(_ text: String) -> [Block] {
        var blocks: [Block] = []
        var continues = false
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            let words = line.split(separator: " ").map(String.init)
            if words.isEmpty {
                continues = false
                continue
            }
            let literal = line.hasPrefix("  ")
            switch (blocks.last, literal) {
            case (.prose(let before)?, false) where continues: blocks[blocks.count - 1] = .prose(before + words)
            case (.literal(let before)?, true) where continues:
                blocks[blocks.count - 1] = .literal(before + [String(line.dropFirst(2))])
            default: blocks.append(literal ? .literal([String(line.dropFirst(2))]) : .prose(words))
            }
            continues = true
        }
        return blocks
    }
}
