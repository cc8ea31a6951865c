import Settings

/// An env file made of pieces, of which some are the value that is to change.
struct EnvSample {
    private enum Piece {
        case text(String)
        /// The text that yields the value.
        case value
    }

    let syntax: EnvSyntax
    let name: String
    let old: String
    let new: String
    /// The variables that may say something else afterwards.
    private(set) var changed: Set<String> = []
    /// What the last definition of the name says afterwards.
    private(set) var wanted: String?
    private var pieces: [Piece] = []
    private var numbers: Numbers
    private var ending = "\n"

    var before: String { text(old) }
    var after: String { text(new) }

    init(seed: UInt64, syntax: EnvSyntax? = nil) {
        var numbers = Numbers(state: seed)
        self.syntax = syntax ?? [.compose, .compose, .compose, .systemd, .docker][numbers.below(5)]
        name = ["INFISICAL_ENCRYPTION_KEY", "AUTH_SECRET", "POSTGRES_PASSWORD", "K"][numbers.below(4)]
        old = [numbers.hex(32), numbers.hex(44) + "==", "$(openssl rand -hex 16)", numbers.hex(8)][numbers.below(4)]
        new = [numbers.hex(32), "Ab+/" + numbers.hex(40) + "=", numbers.hex(9)][numbers.below(3)]
        self.numbers = numbers
    }

    mutating func make() {
        ending = ["\n", "\n", "\r\n"][numbers.below(3)]
        if syntax != .systemd, numbers.below(8) == 0 { put("\u{FEFF}") }
        for _ in 0..<numbers.below(5) { filler() }
        for _ in 0...[0, 0, 0, 1, 2][numbers.below(5)] {
            definition()
            for _ in 0..<numbers.below(4) { filler() }
        }
        if numbers.below(4) == 0, case .text(let last)? = pieces.last, last.hasSuffix(ending), last.count > 1 {
            pieces[pieces.count - 1] = .text(String(last.dropLast()))
        }
        changed.insert(name)
    }

    private func text(_ value: String) -> String {
        pieces.reduce(into: "") { text, piece in
            switch piece {
            case .text(let part): text += part
            case .value: text += value
            }
        }
    }

    private mutating func put(_ text: String) { pieces.append(.text(text)) }

    // MARK: - Lines

    /// A line that must stay, also where it looks like the one that is meant.
    private mutating func filler() {
        let other = "V" + numbers.hex(4).uppercased()
        let lines: [String]
        switch syntax {
        case .compose:
            lines = [
                "", "# \(name)=\(old)", "#\(name)='\(old)", "  # c", "\(name)_2=\(old)", "X\(name)='\(old)'",
                "\(other)=a b # c", "\(other)='it\\'s # no comment'", "\(other)=\"a\\n\\\"b\\\" $$x\"", "\(other)=",
                "\(other)='first\(ending)\(name)=\(old)\(ending)last'", "\(other)=${\(name)_NONE:-\(old)}x",
                "export \(other)=1",
                "\(other)=\"tab\\t\\\\\" # \(old)", "\(other)=ä\(old)ö", "\t\(other)  =  v  ",
                "\(other)=$(date) ${HOME_X}",
                "\(other)=#\(old)",
            ]
        case .systemd:
            lines = [
                "", "# \(name)=\(old)", "; \(name)=\(old)", "\(name)_2=\(old)", "\(other)=a b", "\(other)='it is'\"s\"",
                "\(other)=\"a \\\"b\\\" \(old)\"", "\(other)=a\\\(ending == "\n" ? ending : " ")b", "noise",
                "\(other)=",
                "export \(name)=\(old)",
            ]
        case .docker:
            lines = [
                "", "# \(name)=\(old)", "\(name)_2=\(old)", "\(other)=\"\(old)\"", "\(other)= a # \(old)", "\(other)",
                "  # x",
                "\(other)=$\(name)",
            ]
        }
        put(lines[numbers.below(lines.count)] + ending)
    }

    /// A definition of the name, with the value or, seldom, with another one.
    private mutating func definition() {
        if numbers.below(6) == 0, wanted != nil {
            put("\(name)=another\(ending)")
            wanted = "another"
            return
        }
        switch syntax {
        case .compose: compose()
        case .systemd:
            let (first, last) = [("", ""), ("'", "'"), ("\"", "\""), (" ", " "), ("\t\"", "\"\t")][numbers.below(5)]
            line("\(name)=\(first)", "\(last)\(ending)")
        case .docker: line("\(["", " ", "\t"][numbers.below(3)])\(name)=", ending)
        }
        wanted = new
    }

    private mutating func compose() {
        let lead = ["", "", "export ", "  ", "\t"][numbers.below(5)]
        let sign = ["=", "=", "= ", " = ", ": ", "=\t"][numbers.below(6)]
        let quotes = [("", ""), ("'", "'"), ("\"", "\""), ("", "  "), ("", " # c"), ("\"", "\" # '"), ("'", "'  ")]
        let (first, last) = quotes[numbers.below(quotes.count)]
        let unset = "NONE_" + numbers.hex(4).uppercased(), source = "S" + numbers.hex(6).uppercased()
        // No reference is one between single quotes.
        let (open, close) = first == "'" ? ("\"", "\"") : (first, last)
        switch numbers.below(9) {
        case 0: line("\(lead)\(name)\(sign)\(open)${\(unset):-", "}\(close)\(ending)")
        case 1: line("\(lead)\(name)\(sign)\(open)${\(unset)-${\(unset)_2:-", "}}\(close)\(ending)")
        case 2:
            line("\(source)\(sign)\(first)", "\(last)\(ending)")
            changed.insert(source)
            put("\(name)\(sign)\(open)${\(source)}\(close)\(ending)")
        case 3:
            line("\(source)=${\(unset):-", "}\(ending)")
            put("\(source)2=\"$\(source)\"\(ending)\(lead)\(name)=${\(source)2:-x}\(ending)")
            changed.formUnion([source, source + "2"])
        default: line("\(lead)\(name)\(sign)\(first)", "\(last)\(ending)")
        }
    }

    private mutating func line(_ before: String, _ after: String) {
        put(before)
        pieces.append(.value)
        put(after)
    }
}

/// Numbers that follow from where they begin (SplitMix64).
struct Numbers {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func below(_ end: Int) -> Int { Int(next() % UInt64(end)) }

    mutating func hex(_ count: Int) -> String {
        String((0..<count).map { _ in Array("0123456789abcdef")[below(16)] })
    }
}
