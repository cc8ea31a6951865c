package import Crypto
package import Secrets

/// A value of the legacy tier: ciphertext, IV and tag of AES-256-GCM, each base64 in a text column of its own.
package struct LegacyTriple: Sendable, Equatable {
    package let ciphertext: [UInt8]
    /// 16 bytes under a `utf8` key, 12 under a `base64` key.
    package let iv: [UInt8]
    package let tag: [UInt8]

    /// Reads the three columns; nil if one is not padded base64, the IV is empty or longer than the
    /// cipher takes, or the tag has not 16 bytes.
    package init?(ciphertext: String, iv: String, tag: String) {
        guard let ciphertext = Base64.decode(ciphertext), let iv = Base64.decode(iv), let tag = Base64.decode(tag),
            AESGCM.ivSizes.contains(iv.count), tag.count == AESGCM.tagSize
        else { return nil }
        self.ciphertext = ciphertext
        self.iv = iv
        self.tag = tag
    }

    /// The key source that the length of the IV speaks for; nil for a length that Infisical never wrote.
    package var encodingByIV: KeyEncoding? {
        switch iv.count {
        case 16: .utf8
        case 12: .base64
        default: nil
        }
    }

    /// Opens the triple.
    ///
    /// - Throws: `notAuthentic` when the key is another one, or a column was changed.
    package func open(key: Secret, with cipher: inout AESGCM) throws(CryptoFault) -> Secret {
        try Secret(count: ciphertext.count) { (target) throws(CryptoFault) in
            // Through `Result`: the array's own lending knows only untyped errors.
            let result = key.withBytes { key in
                ciphertext.withUnsafeBytes { ciphertext in
                    iv.withUnsafeBytes { iv in
                        tag.withUnsafeBytes { tag in
                            Result { () throws(CryptoFault) in
                                try cipher.open(key: key, iv: iv, ciphertext: ciphertext, tag: tag, into: target)
                            }
                        }
                    }
                }
            }
            try result.get()
        }
    }
}
