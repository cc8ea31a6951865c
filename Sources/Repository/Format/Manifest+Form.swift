import Crypto

extension Manifest {
    /// What a manifest whose signature holds says in another form than `docs/format.md` gives it.
    ///
    /// `recover.sh` refuses the same: what one reader takes for a name must not be a path, a pattern or SQL for another.
    var formFault: String? {
        if sequence < 1 || key.generation < 1 { return "its numbers do not start at 1" }
        if let escrow, !Manifest.isHash(escrow.sha256) { return "member \"escrow.sha256\" is not valid" }
        if Set(databases.map(\.role)).count != databases.count { return "two of its databases have the same role" }
        if !chunks.values.allSatisfy({ Manifest.isHash($0.sha256) }) { return "a chunk's hash is not a SHA-256" }
        return databases.lazy.compactMap(\.formFault).first
    }

    private static func isHash(_ text: String) -> Bool { Digest32(hex: text)?.hex == text }
}

extension Manifest.Database {
    fileprivate var formFault: String? {
        if !isWord(role, { isLetter($0, "a") || $0 == UInt8(ascii: "-") }) { return "it has a database without a role" }
        if !isWord(server.encoding, { isLetter($0, "A") || isDigit($0) || $0 == UInt8(ascii: "_") }) {
            return "the encoding of database \(role) is not valid"
        }
        if let provider = server.localeProvider, !["icu", "builtin"].contains(provider) {
            return "the locale provider of database \(role) is not valid"
        }
        guard let table = tables.first(where: { !$0.copy.utf8.elementsEqual($0.statement.utf8) || $0.rows < 0 }) else {
            return nil
        }
        return "its COPY statement for table \(table.displayName) is not the one that loads that table"
    }

    private func isWord(_ text: String, _ isOfWord: (UInt8) -> Bool) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy(isOfWord)
    }

    private func isLetter(_ byte: UInt8, _ first: Unicode.Scalar) -> Bool {
        (UInt8(ascii: first)..<UInt8(ascii: first) + 26).contains(byte)
    }

    private func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
}

extension Manifest.Database.Table {
    /// The one form that `copy` has.
    package var statement: String {
        let list = columns.isEmpty ? "" : " (" + columns.map(Self.quoted).joined(separator: ", ") + ")"
        let options = format == .binary ? " (FORMAT binary)" : ""
        return "COPY \(Self.quoted(schema)).\(Self.quoted(name))\(list) FROM STDIN\(options)"
    }

    private static func quoted(_ name: String) -> String {
        // By bytes: a quote before a combining mark is one character with it, and still a quote to SQL.
        let bytes = name.utf8.flatMap { $0 == UInt8(ascii: "\"") ? [$0, $0] : [$0] }
        return "\"" + String(decoding: bytes, as: UTF8.self) + "\""
    }
}

extension Manifest.InfisicalRecord {
    /// Whether the key with the label `keyLabel` was at hand, so that it lies in the backup's escrow.
    package var keyWasAtHand: Bool { keys.contains { $0.outcome == .opens && $0.label == keyLabel } }

    /// That of an Infisical whose tables are not where they are read: nothing is known of it, and no key was tried.
    package static let notRead = Manifest.InfisicalRecord(
        era: "none", migration: nil, migrations: 0, verdict: .notChecked, keys: [], keyLabel: nil, users: nil,
        projects: nil, secrets: nil)
}
