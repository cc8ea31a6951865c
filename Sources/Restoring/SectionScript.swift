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
        var lines = script.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        let begins = { (line: ArraySlice<UInt8>, text: String) in line.starts(with: text.utf8) }
        if let first = lines.firstIndex(where: { begins($0, "\\restrict ") }), first < 20 { lines.remove(at: first) }
        if let last = lines.lastIndex(where: { begins($0, "\\unrestrict ") }), last > lines.count - 20 {
            lines.remove(at: last)
        }
        if let setting = lines.firstIndex(where: { begins($0, "SET transaction_timeout = 0;") }), setting < 20 {
            lines.remove(at: setting)
        }
        return Array(lines.joined(separator: [UInt8(ascii: "\n")]))
    }
}
