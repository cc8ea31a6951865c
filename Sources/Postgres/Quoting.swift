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

    /// A literal of ASCII alone, which reads the same in every encoding of the session.
    package static func plainLiteral(_ text: String) -> String {
        var result = "E'"
        for scalar in text.unicodeScalars {
            switch scalar {
            case "'", "\\": result += "\(scalar)\(scalar)"
            case _ where scalar.isASCII: result.unicodeScalars.append(scalar)
            default:
                let digits = String(scalar.value, radix: 16)
                result += "\\U" + String(repeating: "0", count: 8 - digits.count) + digits
            }
        }
        return result + "'"
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
