import CCrypto
import Secrets

/// AES-GCM for many short values with changing keys: one context per key size, reused, with IVs of any length.
///
/// Key sizes are 32 and 16 bytes, tags have 16, there is no additional data. Not to be shared between threads.
package struct AESGCM: ~Copyable {
    package static let tagSize = 16
    /// The lengths of an IV that the library takes, in bytes.
    package static let ivSizes = 1...128

    private let long: OpaquePointer
    private let short: OpaquePointer
    // The IV length each context is set to; setting it costs as much as a short value.
    private var longIV = 12
    private var shortIV = 12

    package init() throws(CryptoFault) {
        let long = try Library.context(Library.aes256GCM, "AES-256-GCM")
        do throws(CryptoFault) {
            short = try Library.context(Library.aes128GCM, "AES-128-GCM")
        } catch {
            EVP_CIPHER_CTX_free(long)
            throw error
        }
        self.long = long
    }

    deinit {
        EVP_CIPHER_CTX_free(long)
        EVP_CIPHER_CTX_free(short)
    }

    /// Opens `ciphertext`; writes `ciphertext.count` bytes to the start of `target`.
    ///
    /// - Throws: `notAuthentic` when the tag does not fit (wrong key or changed data); `target` is zeroed then.
    package mutating func open(
        key: UnsafeRawBufferPointer, iv: UnsafeRawBufferPointer, ciphertext: UnsafeRawBufferPointer,
        tag: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer
    ) throws(CryptoFault) {
        guard tag.count == AESGCM.tagSize else { throw .wrongLength(of: "an AES-GCM tag", count: tag.count) }
        let context = try start(key, iv, ciphertext.count, target.count, encrypting: 0)
        guard
            EVP_CIPHER_CTX_ctrl(
                context, EVP_CTRL_AEAD_SET_TAG, Int32(AESGCM.tagSize),
                UnsafeMutableRawPointer(mutating: tag.baseAddress))
                == 1
        else { throw failed() }
        var written: Int32 = 0, nowhere: UInt8 = 0
        guard
            ciphertext.isEmpty
                || EVP_CipherUpdate(context, target.octets, &written, ciphertext.octets, Int32(ciphertext.count)) == 1,
            EVP_CipherFinal_ex(context, &nowhere, &written) == 1
        else {
            Library.forgetErrors()
            Secret.zero(UnsafeMutableRawBufferPointer(rebasing: target[..<ciphertext.count]))
            throw .notAuthentic
        }
    }

    /// Whether a tag fits, without keeping what the ciphertext holds: `room`, of at least one byte, is written over and over,
    /// so that a value of any size needs no more.
    package mutating func authenticates(
        key: UnsafeRawBufferPointer, iv: UnsafeRawBufferPointer, ciphertext: UnsafeRawBufferPointer,
        tag: UnsafeRawBufferPointer, through room: UnsafeMutableRawBufferPointer
    ) throws(CryptoFault) -> Bool {
        guard tag.count == AESGCM.tagSize else { throw .wrongLength(of: "an AES-GCM tag", count: tag.count) }
        let context = try start(key, iv, min(ciphertext.count, room.count), room.count, encrypting: 0)
        guard
            EVP_CIPHER_CTX_ctrl(
                context, EVP_CTRL_AEAD_SET_TAG, Int32(AESGCM.tagSize),
                UnsafeMutableRawPointer(mutating: tag.baseAddress)) == 1
        else { throw failed() }
        var written: Int32 = 0, nowhere: UInt8 = 0, at = 0
        while at < ciphertext.count {
            let piece = UnsafeRawBufferPointer(rebasing: ciphertext[at..<min(at + room.count, ciphertext.count)])
            guard EVP_CipherUpdate(context, room.octets, &written, piece.octets, Int32(piece.count)) == 1 else {
                throw failed()
            }
            at += piece.count
        }
        guard EVP_CipherFinal_ex(context, &nowhere, &written) == 1 else {
            Library.forgetErrors()
            return false
        }
        return true
    }

    /// Writes `plaintext.count` bytes of ciphertext to the start of `target`, and the 16-byte tag to `tag`.
    /// An IV may be used only once per key.
    package mutating func seal(
        key: UnsafeRawBufferPointer, iv: UnsafeRawBufferPointer, plaintext: UnsafeRawBufferPointer,
        into target: UnsafeMutableRawBufferPointer, tag: UnsafeMutableRawBufferPointer
    ) throws(CryptoFault) {
        guard tag.count == AESGCM.tagSize else { throw .wrongLength(of: "an AES-GCM tag", count: tag.count) }
        let context = try start(key, iv, plaintext.count, target.count, encrypting: 1)
        var written: Int32 = 0, nowhere: UInt8 = 0
        guard
            plaintext.isEmpty
                || EVP_CipherUpdate(context, target.octets, &written, plaintext.octets, Int32(plaintext.count)) == 1,
            EVP_CipherFinal_ex(context, &nowhere, &written) == 1,
            EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, Int32(AESGCM.tagSize), tag.baseAddress) == 1
        else { throw failed() }
    }

    /// The context for the key's size with key, IV and direction set.
    private mutating func start(
        _ key: UnsafeRawBufferPointer, _ iv: UnsafeRawBufferPointer, _ count: Int, _ room: Int, encrypting: Int32
    ) throws(CryptoFault) -> OpaquePointer {
        guard AESGCM.ivSizes.contains(iv.count) else { throw .wrongLength(of: "an AES-GCM IV", count: iv.count) }
        guard count <= Int32.max else { throw .wrongLength(of: "one message", count: count) }
        guard room >= count else { throw .wrongLength(of: "the target buffer", count: room) }
        let context: OpaquePointer
        switch key.count {
        case 32:
            context = long
            if longIV != iv.count {
                try setLength(context, iv.count)
                longIV = iv.count
            }
        case 16:
            context = short
            if shortIV != iv.count {
                try setLength(context, iv.count)
                shortIV = iv.count
            }
        default: throw .wrongLength(of: "an AES-GCM key", count: key.count)
        }
        guard EVP_CipherInit_ex2(context, nil, key.octets, iv.octets, encrypting, nil) == 1 else { throw failed() }
        return context
    }

    private func setLength(_ context: OpaquePointer, _ count: Int) throws(CryptoFault) {
        guard EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_IVLEN, Int32(count), nil) == 1 else {
            Library.forgetErrors()
            throw .wrongLength(of: "an AES-GCM IV", count: count)
        }
    }

    private func failed() -> CryptoFault {
        Library.forgetErrors()
        return .failed(operation: "AES-GCM")
    }
}
