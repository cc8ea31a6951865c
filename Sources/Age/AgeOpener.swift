import Crypto
import Secrets

/// Opens files with the same identities. Belongs to one thread: it holds libcrypto's form of the keys.
package final class AgeOpener {
    private final class Key {
        let privateKey: X25519.PrivateKey
        init(_ secret: Secret) throws(CryptoFault) { privateKey = try X25519.PrivateKey(secret) }
    }

    private var keys: [Key] = []
    private var passphrases: [Secret] = []

    /// - Throws: `noIdentity` for an empty list.
    package init(_ identities: [AgeIdentity]) throws(AgeFault) {
        guard !identities.isEmpty else { throw .noIdentity }
        for identity in identities {
            switch identity {
            case .passphrase(let passphrase): passphrases.append(passphrase)
            case .x25519(let secret):
                do throws(CryptoFault) { keys.append(try Key(secret)) } catch { throw .crypto(error) }
            }
        }
    }

    /// Opens a whole age file (binary, not armored) and writes its content to the start of `target`.
    ///
    /// - Returns: bytes of content. After a fault `target` may hold the content of chunks before the faulty one; those
    ///   are authentic, but they are not the file.
    package func open(
        _ file: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer
    ) throws(AgeFault) -> Int {
        try open(file, AgeHeader(file), into: target)
    }

    /// The same for a file whose header was read.
    func open(
        _ file: UnsafeRawBufferPointer, _ header: AgeHeader, into target: UnsafeMutableRawBufferPointer
    ) throws(AgeFault) -> Int {
        let fileKey = try fileKey(header, UnsafeRawBufferPointer(rebasing: file[..<header.coveredSize]))
        var rest = UnsafeRawBufferPointer(rebasing: file[header.size...])
        var payload = try AgeOpener.payload(fileKey, rest)
        rest = UnsafeRawBufferPointer(rebasing: rest[AgePayload.nonceSize...])
        let needed = AgePayload.plaintextSize(sealedCount: rest.count)
        guard target.count >= needed else { throw .targetTooSmall(needed: needed, room: target.count) }
        var read = 0, written = 0
        repeat {
            let count = min(AgePayload.sealedChunkSize, rest.count - read)
            let sealed = UnsafeRawBufferPointer(rebasing: rest[read..<read + count])
            read += count
            try payload.open(
                sealed, isLast: read == rest.count, into: UnsafeMutableRawBufferPointer(rebasing: target[written...]))
            written += count - ChaChaPoly.tagSize
        } while read < rest.count
        return written
    }

    /// The payload whose nonce is at the start of `rest`.
    static func payload(_ fileKey: Secret, _ rest: some Collection<UInt8>) throws(AgeFault) -> AgePayload {
        guard rest.count >= AgePayload.nonceSize else {
            throw .malformedHeader(why: "the file ends before the nonce that follows it")
        }
        do throws(CryptoFault) {
            return try AgePayload(fileKey: fileKey, nonce: Array(rest.prefix(AgePayload.nonceSize)))
        } catch { throw .crypto(error) }
    }

    /// The file key of a header that is proven unchanged; `covered` is what its code covers.
    func fileKey(_ header: AgeHeader, _ covered: UnsafeRawBufferPointer) throws(AgeFault) -> Secret {
        guard let code = header.code else { throw .malformedHeader(why: "it is incomplete") }
        let fileKey = try unwrap(header)
        let computed: Digest32
        do throws(CryptoFault) { computed = try AgeHeader.authenticate(covered, fileKey: fileKey) } catch {
            throw .crypto(error)
        }
        guard computed.equalsInConstantTime(code) else { throw .headerChanged }
        return fileKey
    }

    private func unwrap(_ header: AgeHeader) throws(AgeFault) -> Secret {
        for stanza in header.stanzas {
            switch stanza.kind {
            case AgeWrap.x25519Kind:
                for key in keys {
                    if let fileKey = try AgeWrap.unwrap(stanza, with: key.privateKey) { return fileKey }
                }
            case AgeWrap.scryptKind:
                guard !passphrases.isEmpty else { throw .passphraseNeeded }
                for passphrase in passphrases {
                    if let fileKey = try AgeWrap.unwrap(stanza, passphrase: passphrase) { return fileKey }
                }
                throw .wrongPassphrase
            default: continue
            }
        }
        var kinds: [String] = []
        for stanza in header.stanzas where !kinds.contains(stanza.kind) && kinds.count < 5 {
            kinds.append(String(stanza.kind.prefix(40)))
        }
        throw .noMatch(sealedFor: kinds)
    }
}
