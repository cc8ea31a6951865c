import Crypto
import InfisicalData
import Secrets

/// Tries keys on one value after another. One cipher and one buffer serve all of them; a value costs no allocation.
struct ValueOpener: ~Copyable {
    /// A ciphertext where it lies; valid while its row is.
    enum Sealed {
        /// IV, ciphertext, tag; under a KMS key or data key with the mark of its layout behind.
        case blob(UnsafeRawBufferPointer)
        case triple(ciphertext: UnsafeRawBufferPointer, iv: UnsafeRawBufferPointer, tag: UnsafeRawBufferPointer)

        /// The bytes of the longest content.
        var count: Int {
            switch self {
            case .blob(let bytes): bytes.count
            case .triple(let ciphertext, _, _): ciphertext.count
            }
        }
    }

    private var cipher: AESGCM
    private var room: UnsafeMutableRawBufferPointer

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
        if sealed.count > room.count { grow(sealed.count) }
        do throws(CryptoFault) {
            switch sealed {
            case .blob(let bytes):
                var blob = bytes
                if key.isVersioned {
                    guard let layout = VersionedBlob(bytes) else { return false }
                    blob = UnsafeRawBufferPointer(rebasing: bytes[..<layout.blobLength])
                }
                try KMSBlob.open(blob, key: key.secret, into: room, with: &cipher)
            case .triple(let ciphertext, let iv, let tag):
                guard key.secret.count == 32, !iv.isEmpty, tag.count == AESGCM.tagSize else { return false }
                try key.secret.withBytes { (key) throws(CryptoFault) in
                    try cipher.open(key: key, iv: iv, ciphertext: ciphertext, tag: tag, into: room)
                }
            }
            return true
        } catch .notAuthentic { return false }
    }

    private mutating func grow(_ count: Int) {
        Secret.zero(room)
        room.deallocate()
        room = .allocate(byteCount: max(count, room.count * 2), alignment: 16)
    }
}

extension KeyRack.Key {
    /// Whether what it seals ends with the mark of a layout.
    var isVersioned: Bool {
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
