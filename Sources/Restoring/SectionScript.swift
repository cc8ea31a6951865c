import FoundationEssentials

/// The SQL text of a part of an archive, as `pg_restore` writes it.
package enum SectionScript {
    /// Leaves out the entries of foreign keys. The text has the encoding of the database, so each byte is looked at as a
    /// character of its own.
    package static func withoutForeignKeys(_ sql: [UInt8]) -> [UInt8] {
        let title = "\n--\n-- Name: "
        let text = String(String.UnicodeScalarView(sql.map { Unicode.Scalar($0) }))
        let entries = text.components(separatedBy: title)
        return entries.filter { !$0.prefix(400).contains("; Type: FK CONSTRAINT;") }.joined(separator: title)
            .unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }
    }

    /// The SQL without psql's meta-commands and without settings that older servers do not know.
    ///
    /// Since the summer of 2025 `pg_restore` puts its script between `\restrict` and `\unrestrict` with a random word;
    /// older psql programs stop there, and the word would make every backup's script a new chunk. A line inside a
    /// function's body could begin like that too, so only the first and the last of them are taken.
    package static func portable(_ script: [UInt8]) -> [UInt8] {
        let lineFeed = UInt8(ascii: "\n")
        // A schema has a hundred thousand lines, of which the first and the last twenty are looked at.
        var head = script.startIndex, tail = script.endIndex, lines = 0
        while head < script.endIndex, lines < 20 {
            if script[head] == lineFeed { lines += 1 }
            head += 1
        }
        lines = 0
        while tail > head, lines < 20 {
            tail -= 1
            if script[tail] == lineFeed { lines += 1 }
        }
        var first = script[..<head].split(separator: lineFeed, omittingEmptySubsequences: false)
        var last = script[tail...].split(separator: lineFeed, omittingEmptySubsequences: false)
        let begins = { (line: ArraySlice<UInt8>, text: String) in line.starts(with: text.utf8) }
        if let index = first.firstIndex(where: { begins($0, "\\restrict ") }) { first.remove(at: index) }
        if let index = first.firstIndex(where: { begins($0, "SET transaction_timeout = 0;") }) {
            first.remove(at: index)
        }
        if let index = last.lastIndex(where: { begins($0, "\\unrestrict ") }) {
            last.remove(at: index)
        } else if let index = first.lastIndex(where: { begins($0, "\\unrestrict ") }) {
            // A script of few lines.
            first.remove(at: index)
        }
        let join = { (lines: [ArraySlice<UInt8>]) in Array(lines.joined(separator: [lineFeed])) }
        return join(first) + script[head..<tail] + join(last)
    }
}
