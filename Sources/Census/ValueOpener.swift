import Crypto
import InfisicalData
import Secrets

/// Tries keys on one value after another. One cipher and one buffer serve all of them; a value costs no allocation.
package struct ValueOpener: ~Copyable {
    /// A ciphertext where it lies; valid while its row is.
    package enum Sealed {
        /// IV, ciphertext, tag; under a KMS key or data key with the mark of its layout behind.
        case blob(UnsafeRawBufferPointer)
        case triple(ciphertext: UnsafeRawBufferPointer, iv: UnsafeRawBufferPointer, tag: UnsafeRawBufferPointer)
    }

    private var cipher: AESGCM
    /// What values open into, piece by piece.
    private let room: UnsafeMutableRawBufferPointer

    init() throws(CryptoFault) {
        cipher = try AESGCM()
        room = .allocate(byteCount: 64 << 10, alignment: 16)
    }

    deinit {
        Secret.zero(room)
        room.deallocate()
    }

    /// Whether a key opens a value.
    ///
    /// - Throws: only where the crypto library does not work.
    mutating func opens(_ sealed: Sealed, _ key: KeyRack.Key) throws(CryptoFault) -> Bool {
        switch sealed {
        case .blob(let bytes):
            var end = bytes.count
            if key.isVersioned {
                guard let layout = VersionedBlob(bytes) else { return false }
                end = layout.blobLength
            }
            guard end >= KMSBlob.overhead else { return false }
            let tag = end - AESGCM.tagSize
            return try opens(
                key.secret, UnsafeRawBufferPointer(rebasing: bytes[..<KMSBlob.ivSize]),
                UnsafeRawBufferPointer(rebasing: bytes[KMSBlob.ivSize..<tag]),
                UnsafeRawBufferPointer(rebasing: bytes[tag..<end]))
        case .triple(let ciphertext, let iv, let tag):
            guard key.secret.count == 32, AESGCM.ivSizes.contains(iv.count), tag.count == AESGCM.tagSize else {
                return false
            }
            return try opens(key.secret, iv, ciphertext, tag)
        }
    }

    /// Lends what the value that was opened last holds.
    ///
    /// - Parameters:
    ///   - sealed: that value.
    ///   - key: that opened it.
    package mutating func withContent<Value>(
        of sealed: Sealed, _ key: KeyRack.Key, _ body: (UnsafeRawBufferPointer) throws -> Value
    ) throws -> Value {
        let parts: (iv: UnsafeRawBufferPointer, ciphertext: UnsafeRawBufferPointer, tag: UnsafeRawBufferPointer)
        switch sealed {
        case .blob(let bytes):
            var end = bytes.count
            if key.isVersioned, let layout = VersionedBlob(bytes) { end = layout.blobLength }
            let tag = end - AESGCM.tagSize
            parts = (
                UnsafeRawBufferPointer(rebasing: bytes[..<KMSBlob.ivSize]),
                UnsafeRawBufferPointer(rebasing: bytes[KMSBlob.ivSize..<tag]),
                UnsafeRawBufferPointer(rebasing: bytes[tag..<end])
            )
        case .triple(let ciphertext, let iv, let tag): parts = (iv, ciphertext, tag)
        }
        let count = parts.ciphertext.count
        // It lies where trying left it, unless it took more than one piece.
        if count <= room.count { return try body(UnsafeRawBufferPointer(rebasing: room[..<count])) }
        let whole = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 16)
        defer {
            Secret.zero(whole)
            whole.deallocate()
        }
        try key.secret.withBytes { key in
            try cipher.open(key: key, iv: parts.iv, ciphertext: parts.ciphertext, tag: parts.tag, into: whole)
        }
        return try body(UnsafeRawBufferPointer(whole))
    }

    private mutating func opens(
        _ key: Secret, _ iv: UnsafeRawBufferPointer, _ ciphertext: UnsafeRawBufferPointer, _ tag: UnsafeRawBufferPointer
    ) throws(CryptoFault) -> Bool {
        try key.withBytes { (key) throws(CryptoFault) in
            try cipher.authenticates(key: key, iv: iv, ciphertext: ciphertext, tag: tag, through: room)
        }
    }
}

extension KeyRack.Key {
    /// Whether what it seals ends with the mark of a layout.
    package var isVersioned: Bool {
        switch kind {
        case .encryptionKey, .rootEncryptionKey, .root: false
        case .kms, .organizationData, .projectData, .legacyProject, .organizationBot: true
        }
    }

    /// Whether it seals triples and not bytes.
    var sealsTriples: Bool {
        switch kind {
        case .encryptionKey, .rootEncryptionKey, .legacyProject, .organizationBot: true
        case .root, .kms, .organizationData, .projectData: false
        }
    }
}
