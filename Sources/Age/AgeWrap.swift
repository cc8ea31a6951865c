import Crypto
import Secrets

/// Wraps file keys for recipients, and unwraps them.
enum AgeWrap {
    static let x25519Kind = "X25519"
    static let scryptKind = "scrypt"
    /// A file may not make its reader compute longer than this: 2^22 KiB are 4 GiB and about 16 seconds.
    static let workFactorLimit = 22
    static let saltSize = 16
    static let wrappedSize = AgeHeader.fileKeySize + ChaChaPoly.tagSize

    private static let x25519Info = "age-encryption.org/v1/X25519"
    private static let scryptLabel = Array("age-encryption.org/v1/scrypt".utf8)

    static func wrap(_ fileKey: Secret, for recipient: AgeRecipient) throws(CryptoFault) -> AgeStanza {
        switch recipient {
        case .x25519(let publicKey):
            let ephemeral = try X25519.PrivateKey(Random.secret(count: X25519.keySize))
            let key = try wrappingKey(ephemeral, with: publicKey, share: ephemeral.publicKey, recipient: publicKey)
            return AgeStanza(
                kind: x25519Kind, arguments: [Base64.encode(ephemeral.publicKey, padded: false)],
                body: try seal(fileKey, key))
        case .scrypt(let passphrase, let logN):
            let salt = try Random.bytes(count: saltSize)
            let key = try wrappingKey(passphrase, salt: salt, logN: logN)
            return AgeStanza(
                kind: scryptKind, arguments: [Base64.encode(salt, padded: false), String(logN)],
                body: try seal(fileKey, key))
        }
    }

    /// The file key in an X25519 stanza, or nil if it is wrapped for somebody else.
    static func unwrap(_ stanza: AgeStanza, with privateKey: borrowing X25519.PrivateKey) throws(AgeFault) -> Secret? {
        guard stanza.arguments.count == 1, let share = Base64.decode(stanza.arguments[0], padded: false),
            share.count == X25519.keySize
        else { throw .malformedHeader(why: "an X25519 stanza does not have a share of 32 bytes as its one argument") }
        try checkBody(stanza)
        do throws(CryptoFault) {
            let key = try wrappingKey(privateKey, with: share, share: share, recipient: privateKey.publicKey)
            return try open(stanza.body, key)
        } catch {
            switch error {
            case .notAuthentic: return nil
            case .lowOrderPoint: throw .malformedHeader(why: "the share of an X25519 stanza gives no secret")
            default: throw .crypto(error)
            }
        }
    }

    /// The file key in a scrypt stanza, or nil if the passphrase is another one.
    static func unwrap(_ stanza: AgeStanza, passphrase: Secret) throws(AgeFault) -> Secret? {
        guard stanza.arguments.count == 2, let salt = Base64.decode(stanza.arguments[0], padded: false),
            salt.count == saltSize
        else { throw .malformedHeader(why: "a scrypt stanza does not have a salt of 16 bytes and a work factor") }
        let digits = stanza.arguments[1]
        guard digits.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }), digits.first != "0",
            let logN = Int(digits)
        else { throw .malformedHeader(why: "the work factor of a scrypt stanza is not a number without leading zeros") }
        guard logN <= workFactorLimit else { throw .workFactorTooHigh(logN, limit: workFactorLimit) }
        try checkBody(stanza)
        do throws(CryptoFault) {
            return try open(stanza.body, try wrappingKey(passphrase, salt: salt, logN: logN))
        } catch {
            guard case .notAuthentic = error else { throw .crypto(error) }
            return nil
        }
    }

    // The size is checked before decryption: a wrapped key of another size could be made to fit several identities.
    private static func checkBody(_ stanza: AgeStanza) throws(AgeFault) {
        guard stanza.body.count == wrappedSize else {
            throw .malformedHeader(why: "the wrapped key of a stanza does not have \(wrappedSize) bytes")
        }
    }

    private static func wrappingKey(
        _ privateKey: borrowing X25519.PrivateKey, with publicKey: [UInt8], share: [UInt8], recipient: [UInt8]
    ) throws(CryptoFault) -> Secret {
        var shared: Result<Secret, CryptoFault> = .failure(.lowOrderPoint)
        publicKey.withUnsafeBytes { bytes in
            do throws(CryptoFault) { shared = .success(try privateKey.sharedSecret(with: bytes)) } catch {
                shared = .failure(error)
            }
        }
        return try HKDF.sha256(key: shared.get(), salt: share + recipient, info: x25519Info, count: ChaChaPoly.keySize)
    }

    private static func wrappingKey(_ passphrase: Secret, salt: [UInt8], logN: Int) throws(CryptoFault) -> Secret {
        try (scryptLabel + salt).withUnsafeBytes { salt in
            Result { () throws(CryptoFault) in try Scrypt.derive(passphrase: passphrase, salt: salt, logN: logN) }
        }.get()
    }

    // A wrapping key is used for one file key only, therefore the nonce may be constant.
    private static let nonce = [UInt8](repeating: 0, count: ChaChaPoly.nonceSize)

    private static func seal(_ fileKey: Secret, _ key: Secret) throws(CryptoFault) -> [UInt8] {
        var cipher = try ChaChaPoly(key: key), fault: CryptoFault?
        let body = [UInt8](unsafeUninitializedCapacity: wrappedSize) { target, filled in
            do throws(CryptoFault) {
                try fileKey.withBytes { (fileKey) throws(CryptoFault) in
                    try nonce.withUnsafeBytes { nonce in
                        Result { () throws(CryptoFault) in
                            try cipher.seal(fileKey, nonce: nonce, into: UnsafeMutableRawBufferPointer(target))
                        }
                    }.get()
                }
                filled = wrappedSize
            } catch { fault = error }
        }
        if let fault { throw fault }
        return body
    }

    private static func open(_ body: [UInt8], _ key: Secret) throws(CryptoFault) -> Secret {
        var cipher = try ChaChaPoly(key: key)
        return try Secret(count: AgeHeader.fileKeySize) { (target) throws(CryptoFault) in
            try body.withUnsafeBytes { body in
                nonce.withUnsafeBytes { nonce in
                    Result { () throws(CryptoFault) in try cipher.open(body, nonce: nonce, into: target) }
                }
            }.get()
        }
    }
}
