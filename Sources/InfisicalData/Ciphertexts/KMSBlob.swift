package import Crypto
package import Secrets

/// A value under the KEK or the KMS root key: IV of 12 bytes, ciphertext, tag of 16 bytes (AES-256-GCM).
package enum KMSBlob {
    package static let ivSize = 12
    /// What a blob is longer than its content.
    package static let overhead = ivSize + AESGCM.tagSize

    /// Opens a blob.
    ///
    /// - Throws: `notAuthentic` when the key is another one, or the bytes were changed or are too few.
    package static func open(
        _ blob: UnsafeRawBufferPointer, key: Secret, with cipher: inout AESGCM
    ) throws(CryptoFault) -> Secret {
        guard blob.count >= overhead else { throw .notAuthentic }
        return try Secret(count: blob.count - overhead) { (target) throws(CryptoFault) in
            try open(blob, key: key, into: target, with: &cipher)
        }
    }

    /// The same for a blob in an array.
    package static func open(_ blob: [UInt8], key: Secret, with cipher: inout AESGCM) throws(CryptoFault) -> Secret {
        // Through `Result`: the array's own lending knows only untyped errors.
        let result = blob.withUnsafeBytes { blob in
            Result { () throws(CryptoFault) in try open(blob, key: key, with: &cipher) }
        }
        return try result.get()
    }

    /// Opens a blob into a buffer with room for `blob.count - overhead` bytes.
    package static func open(
        _ blob: UnsafeRawBufferPointer, key: Secret, into target: UnsafeMutableRawBufferPointer,
        with cipher: inout AESGCM
    ) throws(CryptoFault) {
        guard blob.count >= overhead else { throw .notAuthentic }
        let tagStart = blob.count - AESGCM.tagSize
        try key.withBytes { (key) throws(CryptoFault) in
            try cipher.open(
                key: key, iv: UnsafeRawBufferPointer(rebasing: blob[..<ivSize]),
                ciphertext: UnsafeRawBufferPointer(rebasing: blob[ivSize..<tagStart]),
                tag: UnsafeRawBufferPointer(rebasing: blob[tagStart...]), into: target)
        }
    }
}
