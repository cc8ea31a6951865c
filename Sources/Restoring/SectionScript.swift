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
}
