/// What a server that only pretends answers to the first questions of a session: its process, and the settings that the
/// session asked for when it began.
package struct SessionAnswers: Sendable {
    /// By lower-case name.
    package private(set) var settings = [
        "zero_damaged_pages": "off", "ignore_checksum_failure": "off", "session_replication_role": "origin",
    ]

    /// - Parameter startup: the first packet, without its length and version.
    package init(startup: some Sequence<UInt8>) {
        let words = Array(startup).split(separator: 0, omittingEmptySubsequences: false).map {
            String(decoding: $0, as: UTF8.self)
        }
        for (name, value) in zip(words, words.dropFirst()) where name == "options" {
            for word in SessionAnswers.words(value) {
                let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
                if parts.count == 2 { settings[parts[0].lowercased()] = parts[1] }
            }
        }
    }

    /// - Parameters:
    ///   - query: the text of one message.
    ///   - process: the number that the session was promised.
    package mutating func answer(_ query: String, process: Int) -> [UInt8] {
        var answer: [UInt8] = []
        for statement in query.split(separator: ";") {
            let words = statement.replacing("SET LOCAL ", with: "SET ").split(separator: " ", maxSplits: 3)
                .map(String.init)
            switch words.first {
            case "SHOW" where words.count == 2: answer += row(settings[words[1].lowercased()] ?? "")
            case "SET" where words.count == 4:
                settings[words[1].lowercased()] = String(words[3].dropFirst().dropLast())
                answer += message("C", Array("SET\0".utf8))
            case "SELECT": answer += row(String(process))
            default: answer += message("C", Array("SET\0".utf8))
            }
        }
        return answer + message("Z", Array("I".utf8))
    }

    private func row(_ value: String) -> [UInt8] {
        message("T", [0, 1] + Array("v\0".utf8) + [UInt8](repeating: 0, count: 18))
            + message("D", [0, 1] + number(value.utf8.count) + Array(value.utf8))
            + message("C", Array("SHOW\0".utf8))
    }

    private func message(_ kind: Character, _ content: [UInt8]) -> [UInt8] {
        [kind.asciiValue ?? 0] + number(content.count + 4) + content
    }

    private func number(_ number: Int) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: number >> (8 * (3 - $0))) }
    }

    /// As the server splits them.
    private static func words(_ text: String) -> [String] {
        var words = [""], isEscaped = false
        for character in text {
            if !isEscaped && character == "\\" {
                isEscaped = true
            } else if !isEscaped && character == " " {
                words.append("")
            } else {
                words[words.count - 1].append(character)
                isEscaped = false
            }
        }
        return words
    }
}
