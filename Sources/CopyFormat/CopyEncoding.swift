/// The two forms of a COPY stream that backups use.
package enum CopyEncoding: String, Sendable, CaseIterable {
    /// PostgreSQL's binary COPY format: header, rows of length-prefixed fields, trailer.
    case binary
    /// PostgreSQL's text COPY format: one line per row, every line ended by LF.
    case text
}
