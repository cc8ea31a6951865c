import CopyFormat
import Crypto
package import InfisicalData
import Secrets

/// Room for values that must be decoded before they can be tried, reused from value to value.
struct TripleRoom: ~Copyable {
    enum Found {
        /// NULL, or the empty texts that some eras write instead.
        case absent
        /// Columns that are filled and hold no triple.
        case malformed
        case sealed(ValueOpener.Sealed)
    }

    /// What stands for a value that is there and cannot be one: nothing opens it.
    static var nothing: ValueOpener.Sealed { .blob(UnsafeRawBufferPointer(start: nil, count: 0)) }

    private var buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)
    private var scratch: [UInt8] = []

    deinit {
        Secret.zero(buffer)
        buffer.deallocate()
    }

    /// The bytes of a `bytea`; nil for NULL.
    mutating func bytes(_ row: borrowing RowFields, _ at: Int) throws(CopyFault) -> UnsafeRawBufferPointer? {
        if row.isBinary { return row.bytes(at) }
        scratch.removeAll(keepingCapacity: true)
        guard try row.byteString(at, into: &scratch) else { return nil }
        need(scratch.count)
        scratch.withUnsafeBytes { buffer.copyMemory(from: $0) }
        return UnsafeRawBufferPointer(rebasing: buffer[..<scratch.count])
    }

    /// Decodes the three texts of a triple.
    mutating func triple(_ row: borrowing RowFields, _ ciphertext: Int, _ iv: Int, _ tag: Int) -> Found {
        let ivText = row.bytes(iv), tagText = row.bytes(tag)
        guard let text = row.bytes(ciphertext), !text.isEmpty || !(tagText?.isEmpty ?? true) else {
            // A tag without ciphertext is what is left of a value. An IV alone may be that of another column.
            return tagText?.isEmpty ?? true ? .absent : .malformed
        }
        guard let ivText, let tagText else { return .malformed }
        need(text.count + ivText.count + tagText.count + 16)
        var end = 0
        guard let ciphertext = decode(text, &end), let iv = decode(ivText, &end), let tag = decode(tagText, &end) else {
            return .malformed
        }
        return .sealed(.triple(ciphertext: ciphertext, iv: iv, tag: tag))
    }

    /// Decodes a text behind what is there.
    private func decode(_ text: UnsafeRawBufferPointer, _ end: inout Int) -> UnsafeRawBufferPointer? {
        let room = UnsafeMutableRawBufferPointer(rebasing: buffer[end...])
        guard let count = Base64.decode(text, padded: true, into: room) else { return nil }
        end += count
        return UnsafeRawBufferPointer(rebasing: room[..<count])
    }

    /// Decodes a text in base64; nil where it is none.
    mutating func decoded(_ text: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
        need(text.count)
        guard let count = Base64.decode(text, padded: true, into: buffer) else { return nil }
        return UnsafeRawBufferPointer(rebasing: buffer[..<count])
    }

    private mutating func need(_ count: Int) {
        guard count > buffer.count else { return }
        Secret.zero(buffer)
        buffer.deallocate()
        buffer = .allocate(byteCount: max(count, buffer.count * 2), alignment: 16)
    }
}

extension ValueOpener.Sealed {
    /// The key source that the length of the IV speaks for.
    package var encodingByIV: KeyEncoding {
        if case .triple(_, let iv, _) = self, iv.count == 12 { return .base64 }
        return .utf8
    }
}
