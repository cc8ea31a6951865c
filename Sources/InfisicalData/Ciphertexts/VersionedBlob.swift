package import Crypto
package import Secrets

/// A value under a KMS key or a data key: a blob followed by the mark of its layout.
package struct VersionedBlob: Sendable, Equatable {
    /// What follows the blob.
    package enum Layout: Sendable, Equatable {
        /// The ASCII characters `v01`.
        case v01
        /// The key's version as 4 big-endian bytes, then `v02`: only under user-managed keys that were rotated.
        case v02(keyVersion: UInt32)
    }

    package let layout: Layout
    /// Length of the blob in front of the mark, in bytes.
    package let blobLength: Int

    /// Recognises the layout by the mark and the least length it needs; nil for anything else.
    package init?(_ bytes: UnsafeRawBufferPointer) {
        let markStart = bytes.count - 3
        guard markStart >= KMSBlob.overhead, bytes[markStart] == UInt8(ascii: "v"),
            bytes[markStart + 1] == UInt8(ascii: "0")
        else { return nil }
        switch bytes[markStart + 2] {
        case UInt8(ascii: "1"):
            layout = .v01
            blobLength = markStart
        case UInt8(ascii: "2") where markStart - 4 >= KMSBlob.overhead:
            let version = bytes.loadUnaligned(fromByteOffset: markStart - 4, as: UInt32.self)
            layout = .v02(keyVersion: UInt32(bigEndian: version))
            blobLength = markStart - 4
        default: return nil
        }
    }

    /// Opens a value.
    ///
    /// - Throws: `notAuthentic` when the key is another one, or the bytes are not such a value.
    package static func open(
        _ bytes: UnsafeRawBufferPointer, key: Secret, with cipher: inout AESGCM
    ) throws(CryptoFault) -> Secret {
        guard let recognised = VersionedBlob(bytes) else { throw .notAuthentic }
        return try KMSBlob.open(
            UnsafeRawBufferPointer(rebasing: bytes[..<recognised.blobLength]), key: key, with: &cipher)
    }
}
