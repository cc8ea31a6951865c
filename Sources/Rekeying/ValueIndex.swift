import Crypto
import Secrets

/// The index by which a project's equal values are found: a code of the value under a key that is derived from the data key
/// (format specification, 11.3).
final class ValueIndex {
    static let column = "secretValueBlindIndex"
    /// Of the columns whose table has an index, the one that it is of.
    static let ofColumn = "encryptedValue"
    private static let size = 64

    private final class Code {
        var code: HMACSHA256
        init(_ key: Secret) { code = HMACSHA256(key: key) }
    }

    /// By the number of the data key.
    private var codes: [Int: Code] = [:]

    /// Lends the 64 hexadecimal digits of a value's index.
    func withIndex<Value>(
        of content: UnsafeRawBufferPointer, key number: Int, _ key: Secret,
        _ body: (UnsafeRawBufferPointer) throws -> Value
    ) throws -> Value {
        let code: Code
        if let known = codes[number] {
            code = known
        } else {
            code = Code(try HKDF.sha256(key: key, info: "infisical-secret-value-blind-index-v1", count: 32))
            codes[number] = code
        }
        let digest = code.code.authenticate(content)
        return try withUnsafeTemporaryAllocation(byteCount: ValueIndex.size, alignment: 1) { digits in
            digest.withBytes { bytes in
                for (at, byte) in bytes.enumerated() {
                    digits[2 * at] = ValueIndex.digit(byte >> 4)
                    digits[2 * at + 1] = ValueIndex.digit(byte & 15)
                }
            }
            return try body(UnsafeRawBufferPointer(digits))
        }
    }

    private static func digit(_ nibble: UInt8) -> UInt8 {
        nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "a") + nibble - 10
    }
}
