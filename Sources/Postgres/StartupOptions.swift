/// The text of libpq's `options` parameter: command-line switches for the server's process.
///
/// The server splits it at white space; a backslash keeps the character behind it.
struct StartupOptions {
    private var words: [String] = []

    /// Reads a text as the server does.
    init(_ text: String = "") {
        var word = "", isEscaped = false, isInside = false
        for scalar in text.unicodeScalars {
            if isEscaped {
                word.unicodeScalars.append(scalar)
                isEscaped = false
            } else if scalar == "\\" {
                (isEscaped, isInside) = (true, true)
            } else if StartupOptions.isSpace(scalar) {
                if isInside { words.append(word) }
                (word, isInside) = ("", false)
            } else {
                word.unicodeScalars.append(scalar)
                isInside = true
            }
        }
        if isInside { words.append(word) }
    }

    /// Adds `-c name=value`, which wins over whatever stands before it.
    mutating func set(_ name: String, _ value: String) { words += ["-c", "\(name)=\(value)"] }

    /// In the form that the server reads; the words are the same again, wherever the text came from.
    var text: String {
        words.map { word in
            var escaped = String.UnicodeScalarView()
            for scalar in word.unicodeScalars {
                if scalar == "\\" || StartupOptions.isSpace(scalar) { escaped.append("\\") }
                escaped.append(scalar)
            }
            return String(escaped)
        }.joined(separator: " ")
    }

    /// C's `isspace`.
    private static func isSpace(_ scalar: Unicode.Scalar) -> Bool { scalar == " " || (9...13).contains(scalar.value) }
}
