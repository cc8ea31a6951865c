import Crypto
import Secrets

/// Seals files for the same recipients, each with a file key of its own. May be shared between threads.
package struct AgeSealer: Sendable {
    private let recipients: [AgeRecipient]
    private let headerSize: Int

    /// - Throws: `noRecipients`; `passphraseNotAlone` when a passphrase stands beside others.
    package init(_ recipients: [AgeRecipient]) throws(AgeFault) {
        guard !recipients.isEmpty else { throw .noRecipients }
        var size = AgeHeader.versionLine.utf8.count + 1 + "--- ".utf8.count + 1
        size += Base64.encodedSize(AgeHeader.codeSize, padded: false)
        for recipient in recipients {
            size += "->   \n\n".utf8.count - 1 + Base64.encodedSize(AgeWrap.wrappedSize, padded: false)
            switch recipient {
            case .x25519:
                size += AgeWrap.x25519Kind.utf8.count + Base64.encodedSize(X25519.keySize, padded: false)
            case .scrypt(_, let logN):
                guard recipients.count == 1 else { throw .passphraseNotAlone }
                guard (1...AgeWrap.workFactorLimit).contains(logN) else {
                    throw .workFactorTooHigh(logN, limit: AgeWrap.workFactorLimit)
                }
                size += AgeWrap.scryptKind.utf8.count + Base64.encodedSize(AgeWrap.saltSize, padded: false)
                size += 1 + String(logN).utf8.count
            }
        }
        self.recipients = recipients
        headerSize = size
    }

    /// Bytes that a file with that much content has, exactly.
    package func sealedSize(plaintextCount: Int) -> Int {
        headerSize + AgePayload.size(plaintextCount: plaintextCount)
    }

    /// Writes the whole age file to the start of `target`, which does not overlap `plaintext`.
    ///
    /// - Returns: its size, `sealedSize(plaintextCount:)`.
    package func seal(
        _ plaintext: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer
    ) throws(AgeFault) -> Int {
        let size = sealedSize(plaintextCount: plaintext.count)
        guard target.count >= size else { throw .targetTooSmall(needed: size, room: target.count) }
        do throws(CryptoFault) {
            let (header, fileKey) = try begin()
            target.copyBytes(from: header)
            var at = header.count
            let nonce = try Random.bytes(count: AgePayload.nonceSize)
            UnsafeMutableRawBufferPointer(rebasing: target[at...]).copyBytes(from: nonce)
            at += nonce.count
            var payload = try AgePayload(fileKey: fileKey, nonce: nonce), read = 0
            repeat {
                let count = min(AgePayload.chunkSize, plaintext.count - read)
                let chunk = UnsafeRawBufferPointer(rebasing: plaintext[read..<read + count])
                read += count
                try payload.seal(
                    chunk, isLast: read == plaintext.count, into: UnsafeMutableRawBufferPointer(rebasing: target[at...])
                )
                at += count + ChaChaPoly.tagSize
            } while read < plaintext.count
            return at
        } catch { throw .crypto(error) }
    }

    /// A header with a new file key.
    func begin() throws(CryptoFault) -> (header: [UInt8], fileKey: Secret) {
        let fileKey = try Random.secret(count: AgeHeader.fileKeySize)
        var stanzas: [AgeStanza] = []
        for recipient in recipients { stanzas.append(try AgeWrap.wrap(fileKey, for: recipient)) }
        return (try AgeHeader.render(stanzas, fileKey: fileKey), fileKey)
    }
}
