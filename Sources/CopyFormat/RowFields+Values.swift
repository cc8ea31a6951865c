/// Values of the built-in types in both formats. Each is nil where the field is NULL, and throws where its bytes are no
/// value of that type: the column has another type than its reader expects.
extension RowFields {
    /// Of `text`, `varchar`, `char` and `name`: UTF-8 as the server sent it. Bytes that are no UTF-8 are refused, because a
    /// replaced character would be another value.
    package func text(_ column: Int) throws(CopyFault) -> String? {
        guard let bytes = bytes(column) else { return nil }
        guard let text = String(validating: bytes, as: UTF8.self) else { throw unreadable(column, as: "text") }
        return text
    }

    /// Of `json`, and of `jsonb`, whose binary form begins with the version 1.
    package func json(_ column: Int) throws(CopyFault) -> UnsafeRawBufferPointer? {
        guard let bytes = bytes(column) else { return nil }
        guard isBinary, bytes.first == 1 else { return bytes }
        return UnsafeRawBufferPointer(rebasing: bytes[1...])
    }

    package func boolean(_ column: Int) throws(CopyFault) -> Bool? {
        guard let bytes = bytes(column) else { return nil }
        guard bytes.count == 1 else { throw unreadable(column, as: "boolean") }
        switch (isBinary, bytes[0]) {
        case (true, 0), (false, UInt8(ascii: "f")): return false
        case (true, 1), (false, UInt8(ascii: "t")): return true
        default: throw unreadable(column, as: "boolean")
        }
    }

    /// Of `smallint`, `integer` and `bigint`.
    package func integer(_ column: Int) throws(CopyFault) -> Int64? {
        guard let bytes = bytes(column) else { return nil }
        guard isBinary else {
            guard let number = Int64(String(decoding: bytes, as: UTF8.self)) else {
                throw unreadable(column, as: "integer")
            }
            return number
        }
        switch bytes.count {
        case 2: return Int64(Int16(bigEndian: bytes.loadUnaligned(as: Int16.self)))
        case 4: return Int64(Int32(bigEndian: bytes.loadUnaligned(as: Int32.self)))
        case 8: return Int64(bigEndian: bytes.loadUnaligned(as: Int64.self))
        default: throw unreadable(column, as: "integer")
        }
    }

    /// An identifier that is a `uuid` in some eras and text in others: in the form `8-4-4-4-12` with lower-case digits, as
    /// PostgreSQL prints it, or the text as it is.
    package func identifier(_ column: Int) throws(CopyFault) -> String? {
        guard isBinary, let bytes = bytes(column), bytes.count == 16 else { return try text(column) }
        // Sixteen bytes are text too where all of them are printable, which those of no uuid in the field are: version and
        // variant set the high bit of the ninth byte.
        if bytes.allSatisfy({ (0x20...0x7e).contains($0) }) { return try text(column) }
        var digits: [UInt8] = []
        digits.reserveCapacity(36)
        for (index, byte) in bytes.enumerated() {
            if [4, 6, 8, 10].contains(index) { digits.append(UInt8(ascii: "-")) }
            for nibble in [byte >> 4, byte & 15] {
                digits.append(nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "a") + nibble - 10)
            }
        }
        return String(decoding: digits, as: UTF8.self)
    }

    /// Microseconds since 2000-01-01 00:00 UTC of a `timestamptz` in the binary format; in the text format nil, too: such a
    /// table is none of Infisical's own.
    package func binaryTimestamp(_ column: Int) throws(CopyFault) -> Int64? {
        guard let bytes = bytes(column), isBinary else { return nil }
        guard bytes.count == 8 else { throw unreadable(column, as: "timestamp") }
        return Int64(bigEndian: bytes.loadUnaligned(as: Int64.self))
    }

    /// The bytes of a `bytea`, which the text format writes as `\x` and hexadecimal digits, appended to `room`.
    ///
    /// - Returns: false for NULL.
    package func byteString(_ column: Int, into room: inout [UInt8]) throws(CopyFault) -> Bool {
        guard let bytes = bytes(column) else { return false }
        if isBinary {
            room.append(contentsOf: bytes)
            return true
        }
        guard bytes.count >= 2, bytes.count.isMultiple(of: 2), bytes[0] == UInt8(ascii: "\\"),
            bytes[1] == UInt8(ascii: "x")
        else { throw unreadable(column, as: "bytea") }
        room.reserveCapacity(room.count + bytes.count / 2 - 1)
        for at in stride(from: 2, to: bytes.count, by: 2) {
            guard let high = Self.nibble(bytes[at]), let low = Self.nibble(bytes[at + 1]) else {
                throw unreadable(column, as: "bytea")
            }
            room.append(high << 4 | low)
        }
        return true
    }

    private static func nibble(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        default: nil
        }
    }

    private func unreadable(_ column: Int, as type: String) -> CopyFault {
        .unreadableField(row: rows, field: column + 1, type: type)
    }
}
