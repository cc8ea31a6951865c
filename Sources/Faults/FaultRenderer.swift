/// Turns faults into the text and the JSON that people and scripts see. Nothing else renders a fault.
package enum FaultRenderer {
    /// `infisical-ops: error: …`, then clean-up failures, then one line per hint.
    package static func text(_ fault: any Fault, program: String = "infisical-ops") -> String {
        var lines = ["\(program): error: \(visible(fault.message))"]
        if let failure = fault as? Failure {
            lines += failure.cleanup.map { "\(program): error: then, while cleaning up: \(visible($0.message))" }
        }
        lines += fault.hints.map { "\(program): hint: \(text($0))" }
        return lines.map { harmless($0) + "\n" }.joined()
    }

    /// A line that stays one and obeys nobody: names of files and tables, and what servers answer, come from outside,
    /// and control characters in them could rewrite a terminal or pretend to be another line. They are written out.
    package static func harmless(_ line: String) -> String {
        guard line.unicodeScalars.contains(where: isHarmful) else { return line }
        var result = String.UnicodeScalarView()
        for scalar in line.unicodeScalars {
            switch scalar {
            case "\n", "\r", "\t": result.append(" ")
            case _ where isHarmful(scalar):
                result.append(contentsOf: "\\u{\(String(scalar.value, radix: 16))}".unicodeScalars)
            default: result.append(scalar)
            }
        }
        return String(result)
    }

    /// Control characters, the separators of lines, and those that turn the direction of what follows.
    private static func isHarmful(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7F..<0xA0, 0x61C, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069: true
        default: false
        }
    }

    /// A hint as one line; commands are quoted for a POSIX shell.
    package static func text(_ hint: Hint) -> String {
        switch hint {
        case .command(let arguments): "run: " + arguments.map(shellQuoted).joined(separator: " ")
        case .check(let sentence): sentence
        }
    }

    /// A text on one line: control characters, which could rewrite a terminal, are written out. Names of tables and files
    /// may hold any.
    package static func visible(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: isInvisible) else { return text }
        var result = ""
        for scalar in text.unicodeScalars {
            if isInvisible(scalar) {
                result += "\\u{\(String(scalar.value, radix: 16))}"
            } else {
                result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    private static func isInvisible(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.generalCategory == .control || scalar.properties.generalCategory == .format
    }

    /// Quotes a word for a POSIX shell; leaves it alone when nothing needs quoting.
    package static func shellQuoted(_ word: String) -> String {
        let plain = word.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default: "-_./:=@,+%".utf8.contains(byte)
            }
        }
        if plain && !word.isEmpty { return word }
        return "'" + word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }
}
