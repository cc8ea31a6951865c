/// Three text columns that together look like a ciphertext with its IV and tag: Infisical names them by a common stem.
package struct TripleShape: Equatable, Sendable {
    package let ciphertext: String
    package let iv: String
    package let tag: String

    /// All of a table, each ciphertext once.
    ///
    /// - Parameter columns: the names of its text columns.
    static func all(among columns: Set<String>) -> [TripleShape] {
        var found: [TripleShape] = []
        for iv in columns.sorted() {
            guard let stem = stem(of: iv) else { continue }
            let tag = stem.isEmpty ? "tag" : stem + "Tag"
            guard columns.contains(tag) else { continue }
            let names = stem.isEmpty ? bare(columns) : named(stem).filter(columns.contains) + alike(stem, columns)
            guard let ciphertext = names.first(where: { name in !found.contains { $0.ciphertext == name } }) else {
                continue
            }
            found.append(TripleShape(ciphertext: ciphertext, iv: iv, tag: tag))
        }
        return found.sorted { $0.ciphertext < $1.ciphertext }
    }

    /// `urlIV` gives `url`, `iv` the empty text.
    private static func stem(of name: String) -> String? {
        if name == "iv" { return "" }
        return name.hasSuffix("IV") ? String(name.dropLast(2)) : nil
    }

    private static func named(_ stem: String) -> [String] {
        [
            stem + "Ciphertext", stem + "CipherText", stem,
            "encrypted" + stem.prefix(1).uppercased() + stem.dropFirst(),
        ]
    }

    /// What begins with the stem, where nothing has a name that Infisical would give it.
    private static func alike(_ stem: String, _ columns: Set<String>) -> [String] {
        let stems = named(stem).dropFirst(2)
        return columns.sorted().filter { name in isContent(name) && stems.contains { name.hasPrefix($0) } }
    }

    /// Whether a name is not that of what goes with a ciphertext.
    private static func isContent(_ name: String) -> Bool {
        !["IV", "Tag", "Encoding", "Nonce", "Algorithm"].contains { name.hasSuffix($0) }
    }

    /// What `iv` and `tag` without a stem belong to: a name that nothing else of the table claims.
    private static func bare(_ columns: Set<String>) -> [String] {
        let claimed = Set(columns.flatMap { column in stem(of: column).map { $0.isEmpty ? [] : named($0) } ?? [] })
        return columns.sorted().filter { name in
            (name.hasPrefix("encrypted") || name.lowercased().contains("cipher")) && !claimed.contains(name)
                && isContent(name)
        }
    }
}
