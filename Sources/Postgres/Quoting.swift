/// Quotes names and texts for SQL. Always quotes, so that no list of key words is needed.
package enum Quoting {
    /// `"na""me"`.
    package static func identifier(_ name: String) -> String {
        "\"" + doubled(name, "\"") + "\""
    }

    /// `"schema"."name"`.
    package static func qualified(_ schema: String, _ name: String) -> String {
        identifier(schema) + "." + identifier(name)
    }

    /// `'te''xt'`, or `E'…'` when it holds a backslash, so that it reads the same whatever
    /// `standard_conforming_strings` says.
    package static func literal(_ text: String) -> String {
        let quoted = "'" + doubled(doubled(text, "'"), "\\") + "'"
        return text.unicodeScalars.contains("\\") ? "E" + quoted : quoted
    }

    /// An expression of ASCII alone for a text, which reads the same in every encoding of the session and of the database:
    /// the server decodes what is not ASCII. One without an encoding (`SQL_ASCII`) takes the bytes of UTF-8 as they are;
    /// it refuses `\U` in a literal, as any but UTF-8 did before PostgreSQL 13.
    package static func plainText(_ text: String) -> String {
        if text.utf8.allSatisfy({ $0 < 128 }) { return literal(text) }
        let digits = text.utf8.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        return "pg_catalog.convert_from(pg_catalog.decode('\(digits)', 'hex'), 'UTF8')"
    }

    // By scalar, not by character: a quote followed by a combining mark is one character, but still a quote to SQL.
    private static func doubled(_ text: String, _ mark: Unicode.Scalar) -> String {
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            result.append(scalar)
            if scalar == mark { result.append(scalar) }
        }
        return String(result)
    }
}
