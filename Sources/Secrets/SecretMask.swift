import CLinux

/// Takes secrets out of text that others wrote: those that are known, in every spelling of `SecretForms`, and passwords
/// in addresses.
///
/// One pass over a text, whatever the number of secrets: at each byte the two that stand there decide whether a
/// spelling may begin, which is almost never.
package struct SecretMask: Sendable {
    package static let mask = "••••"

    /// A spelling: its bytes in `bytes`, and whether it counts only as a whole word.
    private struct Form: Sendable {
        let range: Range<Int>
        let isWordOnly: Bool
    }

    /// All spellings, one behind the other.
    private let bytes: Secret
    /// Those with the same two first bytes stand together, longer ones first.
    private let forms: [Form]
    /// By the first two bytes of a text: the number of the first such spelling from 1, 0 where there is none.
    private let starts: [Int32]

    /// - Parameter secrets: of fewer than 4 bytes none is masked, of 4 and 5 only whole words: a shorter one stands in
    ///   every second line of a log.
    package init(_ secrets: [Secret]) {
        var all: Set<[UInt8]> = []
        for secret in secrets { all.formUnion(secret.withBytes { SecretForms(Array($0)).all }) }
        let usable = all.filter { $0.count >= SecretForms.shortest }
        let sorted = usable.sorted { (Self.pair($0), $1.count) < (Self.pair($1), $0.count) }
        var joined: [UInt8] = [], forms: [Form] = []
        var starts = sorted.isEmpty ? [] : [Int32](repeating: 0, count: 1 << 16)
        for form in sorted {
            let pair = Self.pair(form)
            if starts[pair] == 0 { starts[pair] = Int32(forms.count + 1) }
            forms.append(
                Form(
                    range: joined.count..<joined.count + form.count,
                    isWordOnly: form.count < SecretForms.shortestInsideWords))
            joined += form
        }
        bytes = Secret(consuming: &joined)
        self.forms = forms
        self.starts = starts
    }

    /// - Parameter limit: how many bytes of the text are shown at most; a secret that reaches across the end is still
    ///   recognised by what lies behind it.
    package func applied(to text: String, showing limit: Int = .max) -> String {
        var text = text
        return text.withUTF8 { text in
            let shown = min(limit, text.count)
            var result: [UInt8] = [], position = 0
            result.reserveCapacity(shown)
            for hidden in hidden(UnsafeRawBufferPointer(text)) where hidden.lowerBound < shown {
                result += text[position..<hidden.lowerBound]
                result += SecretMask.mask.utf8
                position = hidden.upperBound
            }
            if position < shown { result += text[position..<shown] }
            return String(decoding: result, as: UTF8.self)
        }
    }

    /// The parts of a text that are not shown, in order; what overlaps is one part.
    private func hidden(_ text: UnsafeRawBufferPointer) -> [Range<Int>] {
        var ranges: [Range<Int>] = []
        if !forms.isEmpty {
            bytes.withBytes { bytes in
                starts.withUnsafeBufferPointer { starts in
                    for position in 0..<max(0, text.count - 1) {
                        let first = starts[Int(text[position]) << 8 | Int(text[position + 1])]
                        if first != 0, let end = longest(at: position, Int(first) - 1, text, bytes) {
                            SecretMask.add(position..<end, to: &ranges)
                        }
                    }
                }
            }
        }
        // Most lines hold no address and no answer of Redis.
        var places: [Range<Int>] = []
        if SecretMask.holds(text, "@") { places += SecretMask.passwords(Array(text)) }
        places += SecretMask.redisArguments(text)
        if places.isEmpty { return ranges }
        var all: [Range<Int>] = []
        for range in (ranges + places).sorted(by: { $0.lowerBound < $1.lowerBound }) { SecretMask.add(range, to: &all) }
        return all
    }

    /// Where the longest spelling that begins at a position ends.
    private func longest(
        at position: Int, _ first: Int, _ text: UnsafeRawBufferPointer, _ bytes: UnsafeRawBufferPointer
    ) -> Int? {
        for form in forms[first...] {
            let start = form.range.lowerBound, end = position + form.range.count
            guard bytes[start] == text[position], bytes[start + 1] == text[position + 1] else { return nil }
            guard end <= text.count, text[position..<end].elementsEqual(bytes[form.range]) else { continue }
            if form.isWordOnly {
                if position > 0, SecretForms.isWord(text[position - 1]) { continue }
                if end < text.count, SecretForms.isWord(text[end]) { continue }
            }
            return end
        }
        return nil
    }

    private static func add(_ range: Range<Int>, to ranges: inout [Range<Int>]) {
        guard let last = ranges.last, range.lowerBound < last.upperBound else { return ranges.append(range) }
        ranges[ranges.count - 1] = last.lowerBound..<max(last.upperBound, range.upperBound)
    }

    /// The passwords of all addresses `scheme://user:password@host`.
    private static func passwords(_ text: [UInt8]) -> [Range<Int>] {
        var found: [Range<Int>] = [], position = 0
        while let range = SecretForms.password(in: text[position...]) {
            // An empty one is none.
            if !range.isEmpty { found.append(range) }
            position = range.upperBound
        }
        return found
    }

    /// What the backend gave to the command `auth` when Redis refused it: the password that was tried, whoever knows it.
    /// Servers of 2026 print the command as JSON, those before as Node shows an object.
    private static func redisArguments(_ text: UnsafeRawBufferPointer) -> [Range<Int>] {
        let forms: [(StaticString, StaticString)] = [
            ("\"name\":\"auth\",\"args\":[", "]}"), ("name: 'auth', args: [", "] }"),
        ]
        var places: [Range<Int>] = []
        for (start, end) in forms {
            var position = 0
            while let name = find(start, in: UnsafeRawBufferPointer(rebasing: text[position...])) {
                let first = position + name.upperBound
                // A password may hold a bracket; the list ends where the object does.
                let rest = UnsafeRawBufferPointer(rebasing: text[first...])
                position = find(end, in: rest).map { first + $0.lowerBound } ?? text.count
                if first < position { places.append(first..<position) }
            }
        }
        return places
    }

    private static func holds(_ text: UnsafeRawBufferPointer, _ part: StaticString) -> Bool {
        find(part, in: text) != nil
    }

    private static func find(_ part: StaticString, in text: UnsafeRawBufferPointer) -> Range<Int>? {
        guard let start = text.baseAddress,
            let found = clinux_find(start, text.count, part.utf8Start, part.utf8CodeUnitCount)
        else { return nil }
        let offset = UnsafeRawPointer(found) - start
        return offset..<offset + part.utf8CodeUnitCount
    }

    /// Whether a text holds an address with a password in it.
    package static func holdsPassword(_ text: [UInt8]) -> Bool { !passwords(text).isEmpty }

    private static func pair(_ form: [UInt8]) -> Int { Int(form[0]) << 8 | Int(form[1]) }
}
