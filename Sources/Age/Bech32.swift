import Secrets

/// Bech32 (BIP 173), the spelling of age keys: a prefix, `1`, data in groups of five bits, and a checksum.
///
/// Keys pass through without copies that nobody zeroes, hence `Secret` and raw buffers instead of `String`.
enum Bech32 {
    private static let alphabet = Array("qpzry9x8gf2tvdw0s3jn54khce6mua7l".utf8)
    private static let checksumSize = 6

    /// What a text says: its prefix in lower case, and its data.
    struct Decoded {
        let prefix: String
        let isUppercase: Bool
        let data: Secret
    }

    /// Why a text is not Bech32, in words that show nothing of it.
    enum Flaw: Error, Equatable {
        case separator, character, mixedCase, checksum, padding

        var text: String {
            switch self {
            case .separator: "it has no prefix followed by the digit 1"
            case .character: "it has a character that keys do not have"
            case .mixedCase: "it mixes upper and lower case"
            case .checksum: "its checksum is wrong, so it was mistyped or cut off"
            case .padding: "its last bits are not zero"
            }
        }
    }

    static func encodedSize(prefix: String, count: Int) -> Int {
        prefix.utf8.count + 1 + (count * 8 + 4) / 5 + checksumSize
    }

    /// Writes the lower case form into `target`, which has exactly `encodedSize` bytes.
    static func encode(prefix: String, _ data: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer) {
        var checksum = Checksum(prefix: prefix.utf8), at = 0
        func put(_ byte: UInt8) {
            target[at] = byte
            at += 1
        }
        func put(group: UInt8) {
            checksum.add(group)
            put(alphabet[Int(group)])
        }
        for byte in prefix.utf8 { put(byte) }
        put(UInt8(ascii: "1"))
        var bits: UInt32 = 0, count = 0
        for byte in data {
            bits = bits << 8 | UInt32(byte)
            count += 8
            while count >= 5 {
                count -= 5
                put(group: UInt8(truncatingIfNeeded: bits >> UInt32(count)) & 31)
            }
        }
        if count > 0 { put(group: UInt8(truncatingIfNeeded: bits << UInt32(5 - count)) & 31) }
        for value in checksum.values { put(alphabet[Int(value)]) }
    }

    static func decode(_ text: UnsafeRawBufferPointer) throws(Flaw) -> Decoded {
        let hasUpper = text.contains { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) }
        let hasLower = text.contains { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) }
        guard !(hasUpper && hasLower) else { throw .mixedCase }
        guard text.allSatisfy({ (33...126).contains($0) }) else { throw .character }
        guard let separator = text.lastIndex(of: UInt8(ascii: "1")), separator > 0,
            text.count - separator - 1 >= checksumSize
        else { throw .separator }
        let prefix = text[..<separator].map(lowercased)
        var checksum = Checksum(prefix: prefix)
        let groups = text.count - separator - 1 - checksumSize
        let data = try Secret(count: groups * 5 / 8) { (target) throws(Flaw) in
            var bits: UInt32 = 0, count = 0, at = 0
            for (index, character) in text[(separator + 1)...].enumerated() {
                guard let value = alphabet.firstIndex(of: lowercased(character)) else { throw .character }
                checksum.add(UInt8(value))
                guard index < groups else { continue }
                bits = bits << 5 | UInt32(value)
                count += 5
                if count >= 8 {
                    count -= 8
                    target[at] = UInt8(truncatingIfNeeded: bits >> UInt32(count))
                    at += 1
                }
            }
            guard checksum.isCorrect else { throw .checksum }
            guard count < 5, bits & (1 << UInt32(count) - 1) == 0 else { throw .padding }
        }
        return Decoded(prefix: String(decoding: prefix, as: UTF8.self), isUppercase: hasUpper, data: data)
    }

    private static func lowercased(_ character: UInt8) -> UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(character) ? character + 32 : character
    }

    /// BIP 173's error-detecting code over the prefix and the groups.
    private struct Checksum {
        private var state: UInt32 = 1

        init(prefix: some Sequence<UInt8>) {
            for byte in prefix { add(byte >> 5) }
            add(0)
            for byte in prefix { add(byte & 31) }
        }

        mutating func add(_ value: UInt8) {
            let top = state >> 25
            state = (state & 0x1ff_ffff) << 5 ^ UInt32(value)
            let generator: [5 of UInt32] = [0x3b6a_57b2, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3]
            for index in 0..<5 where top >> UInt32(index) & 1 == 1 { state ^= generator[index] }
        }

        var isCorrect: Bool { state == 1 }

        /// The six groups that make the code correct.
        var values: [UInt8] {
            var padded = self
            for _ in 0..<Bech32.checksumSize { padded.add(0) }
            let code = padded.state ^ 1
            return (0..<Bech32.checksumSize).map { UInt8(truncatingIfNeeded: code >> UInt32(5 * (5 - $0))) & 31 }
        }
    }
}
