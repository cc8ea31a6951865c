/// Turns faults into the text and the JSON that people and scripts see. Nothing else renders a fault.
package enum FaultRenderer {
    /// `infisical-ops: error: …`, then clean-up failures, then one line per hint. Where several faults stand in the way, each
    /// has its own line, with its own hints under it.
    package static func text(_ fault: any Fault, program: String = "infisical-ops") -> String {
        let failure = fault as? Failure
        let cleanup = (failure?.cleanup ?? []).map { "\(program): error: then, while cleaning up: \($0.message)" }
        var lines: [String]
        if let several = SeveralFaults.of(fault) {
            lines =
                ["\(program): error: \(((failure?.context ?? []) + [several.title]).joined(separator: ": "))"] + cleanup
            for (number, fault) in several.faults.enumerated() {
                lines.append("\(program): error: (\(number + 1)) \(fault.message)")
                lines += excerpt(fault)
                lines += fault.hints.map { "\(program): hint: \(text($0))" }
            }
        } else {
            lines = ["\(program): error: \(fault.message)"] + excerpt(fault) + cleanup
            lines += fault.hints.map { "\(program): hint: \(text($0))" }
        }
        return lines.map { ControlCharacters.escaped($0) + "\n" }.joined()
    }

    private static func excerpt(_ fault: any Fault) -> [String] { fault.excerpt?.lines.map { "  " + $0 } ?? [] }

    /// A hint as one line; commands are quoted for a POSIX shell.
    package static func text(_ hint: Hint) -> String {
        switch hint {
        case .command(let arguments): "run: " + shellText(arguments)
        case .pattern(let arguments, let meaning): "run, with \(meaning): " + shellText(arguments)
        case .check(let sentence): sentence
        }
    }

    private static func shellText(_ arguments: [String]) -> String {
        arguments.map(shellQuoted).joined(separator: " ")
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

    /// Hints as the end of a sentence: `to see it, run: …; look at the address`. What ends with a colon leads to what follows.
    package static func sentence(_ hints: [Hint]) -> String {
        hints.map(text).reduce("") { before, hint in
            if before.isEmpty { return hint }
            return before.hasSuffix(":") ? "\(before.dropLast()), \(hint)" : "\(before); \(hint)"
        }
    }
}
