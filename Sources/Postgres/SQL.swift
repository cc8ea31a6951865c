/// A statement built by interpolation, in which a plain `\(value)` is bound as a parameter and never becomes text.
///
/// `\(identifier:)` and `\(literal:)` quote; `\(raw:)` inserts a text that the program itself wrote.
package struct SQL: Sendable, ExpressibleByStringInterpolation {
    /// The statement, with `$1` … for the bound values.
    package private(set) var text: String
    /// The bound values in PostgreSQL's text form; nil is NULL.
    package private(set) var values: [String?]

    package init(stringLiteral text: String) {
        self.text = text
        values = []
    }

    /// A statement that the program itself wrote, without values.
    package init(raw text: String) { self.init(stringLiteral: text) }

    package init(stringInterpolation: StringInterpolation) {
        text = stringInterpolation.text
        values = stringInterpolation.values
    }

    /// The statement's first word, to name it without showing what it says.
    package var verb: String {
        String(text.drop(while: \.isWhitespace).prefix { $0.isLetter || $0 == "_" }).uppercased()
    }

    /// Collects the parts of an interpolated statement.
    package struct StringInterpolation: StringInterpolationProtocol {
        fileprivate var text = ""
        fileprivate var values: [String?] = []

        package init(literalCapacity: Int, interpolationCount: Int) { text.reserveCapacity(literalCapacity) }
        package mutating func appendLiteral(_ literal: String) { text += literal }

        package mutating func appendInterpolation(_ value: String?) { bind(value) }
        package mutating func appendInterpolation(_ value: some BinaryInteger) { bind(String(value)) }
        package mutating func appendInterpolation(_ value: Bool) { bind(value ? "t" : "f") }
        /// Binds bytes in the form that `bytea` reads.
        package mutating func appendInterpolation(bytes: [UInt8]) {
            let digits = Array("0123456789abcdef".utf8)
            let hex = bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
            bind("\\x" + String(decoding: hex, as: UTF8.self))
        }
        /// Binds an array in the form that PostgreSQL's array types read.
        package mutating func appendInterpolation(array: [String]) {
            // By scalar, not by character: a quote followed by a combining mark is one character.
            let quoted = array.map { element in
                let escaped = element.unicodeScalars.flatMap { $0 == "\\" || $0 == "\"" ? ["\\", $0] : [$0] }
                return "\"" + String(String.UnicodeScalarView(escaped)) + "\""
            }
            bind("{" + quoted.joined(separator: ",") + "}")
        }
        package mutating func appendInterpolation(identifier: String) { text += Quoting.identifier(identifier) }
        package mutating func appendInterpolation(literal: String) { text += Quoting.literal(literal) }
        package mutating func appendInterpolation(raw: String) { text += raw }

        private mutating func bind(_ value: String?) {
            values.append(value)
            text += "$\(values.count)"
        }
    }
}
