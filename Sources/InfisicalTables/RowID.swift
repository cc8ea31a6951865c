package import CopyFormat
import Crypto

/// The id of a row, an organization, a project …, whichever type its column has in this era: 128 bits, so that millions of
/// them can be kept and compared without a string each.
package struct RowID: Hashable, Sendable {
    private let value: UInt128

    /// The id in a text: the number of a UUID; of any other text the first half of its SHA-256.
    package init(_ text: String) {
        var copy = text
        self = copy.withUTF8 { RowID(text: UnsafeRawBufferPointer($0)) }
    }

    fileprivate init(text: UnsafeRawBufferPointer) {
        if let value = RowID.number(of: text) {
            self.value = value
        } else {
            value = SHA256.hash(text).withBytes { $0.loadUnaligned(as: UInt128.self) }
        }
    }

    fileprivate init(binary: UnsafeRawBufferPointer) {
        value = UInt128(bigEndian: binary.loadUnaligned(as: UInt128.self))
    }

    /// Of the form `8-4-4-4-12`, in letters of either case.
    private static func number(of text: UnsafeRawBufferPointer) -> UInt128? {
        guard text.count == 36 else { return nil }
        var value: UInt128 = 0
        for (at, byte) in text.enumerated() {
            if at == 8 || at == 13 || at == 18 || at == 23 {
                guard byte == UInt8(ascii: "-") else { return nil }
                continue
            }
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | UInt128(byte - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"): value = value << 4 | UInt128(byte - UInt8(ascii: "a") + 10)
            case UInt8(ascii: "A")...UInt8(ascii: "F"): value = value << 4 | UInt128(byte - UInt8(ascii: "A") + 10)
            default: return nil
            }
        }
        return value
    }
}

extension RowFields {
    /// An id of type `uuid`, `text` or `character varying`; nil where it is NULL.
    ///
    /// - Parameter isUUID: whether the column's type is `uuid`; a uuid is 16 bytes in the binary format.
    package func rowID(_ column: Int, isUUID: Bool) -> RowID? {
        guard let bytes = bytes(column) else { return nil }
        return isUUID && isBinary && bytes.count == 16 ? RowID(binary: bytes) : RowID(text: bytes)
    }
}
