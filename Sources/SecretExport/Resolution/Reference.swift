/// What stands between `${` and `}`.
enum Reference: Equatable {
    /// A secret of the same folder.
    case local(String)
    case elsewhere(environment: String, path: String, key: String)
    /// Begins with `@`: a secret of another project, which no server answers unless its owner allowed that by name.
    case otherProject

    init(_ text: String, _ alphabet: ResolutionRules.Alphabet) {
        if alphabet == .namesAndProjects, text.hasPrefix("@") {
            self = .otherProject
            return
        }
        let parts = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard parts.count > 1, let environment = parts.first, let key = parts.last else {
            self = .local(text)
            return
        }
        self = .elsewhere(
            environment: environment,
            path: FolderPath.joined(parts.dropFirst().dropLast().filter { !$0.isEmpty }), key: key)
    }
}

/// Finds the references in a value.
struct ReferencePattern {
    let alphabet: ResolutionRules.Alphabet

    /// The first reference at or behind `start`: where it lies with its `${` and `}`.
    func next(in bytes: UnsafeRawBufferPointer, from start: Int) -> Range<Int>? {
        var at = start
        while at + 3 < bytes.count {
            guard bytes[at] == UInt8(ascii: "$"), bytes[at + 1] == UInt8(ascii: "{") else {
                at += 1
                continue
            }
            var end = at + 2
            while end < bytes.count, allows(bytes[end]) { end += 1 }
            if end < bytes.count, bytes[end] == UInt8(ascii: "}"), end > at + 2 { return at..<(end + 1) }
            // Nothing that begins here ends, so what may be anything ends nowhere.
            if alphabet == .any, end == bytes.count { return nil }
            at += 2
        }
        return nil
    }

    func isIn(_ bytes: UnsafeRawBufferPointer) -> Bool { next(in: bytes, from: 0) != nil }

    private func allows(_ byte: UInt8) -> Bool {
        switch alphabet {
        case .any: return byte != UInt8(ascii: "}")
        case .names, .namesAndProjects:
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
                return true
            default: return alphabet == .namesAndProjects && byte == UInt8(ascii: "@")
            }
        }
    }
}
