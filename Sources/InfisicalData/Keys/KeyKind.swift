package import Crypto
package import Secrets

/// The secrets of an instance that its env file holds and that can be replaced by new ones.
package enum KeyKind: String, Sendable, CaseIterable {
    case encryptionKey = "encryption-key"
    case rootEncryptionKey = "root-encryption-key"
    case authSecret = "auth-secret"
    case postgresPassword = "postgres-password"

    /// Those that encrypt the database.
    package static let encrypting: [KeyKind] = [.encryptionKey, .rootEncryptionKey]

    /// The variable's plain name; the usage guide's stack puts `INFISICAL_` in front of it.
    package var variable: String {
        switch self {
        case .encryptionKey: "ENCRYPTION_KEY"
        case .rootEncryptionKey: "ROOT_ENCRYPTION_KEY"
        case .authSecret: "AUTH_SECRET"
        case .postgresPassword: "POSTGRES_PASSWORD"
        }
    }

    /// What the value is made of, for people.
    ///
    /// - Parameter fips: whether it is for an instance in FIPS mode; that decides only for `ENCRYPTION_KEY`.
    package func form(fips: Bool) -> String {
        switch self {
        case .encryptionKey where !fips: "16 random bytes as 32 hexadecimal digits in lower case"
        case .encryptionKey, .rootEncryptionKey, .authSecret: "32 random bytes as base64"
        case .postgresPassword: "32 random letters and digits"
        }
    }

    /// The command that makes a value of the right form.
    package func generator(fips: Bool) -> [String] {
        ["infisical-ops", "keys", "generate", "--kind", rawValue] + (fips && self == .encryptionKey ? ["--fips"] : [])
    }

    /// What is wrong with a value that is meant as a new one, as a clause that never shows it; nil where nothing is.
    package func problem(of value: Secret, fips: Bool) -> String? {
        switch self {
        case .encryptionKey:
            EnvironmentKeys(encryptionKey: value, rootEncryptionKey: nil, fips: fips).problems.first?.message
        case .rootEncryptionKey:
            EnvironmentKeys(encryptionKey: nil, rootEncryptionKey: value).problems.first?.message
        case .authSecret:
            value.trimmed().count < KeyKind.leastLength
                ? "\(variable) has fewer than \(KeyKind.leastLength) characters: it should be \(form(fips: false))"
                : nil
        case .postgresPassword:
            if value.count < KeyKind.leastLength {
                "the password has fewer than \(KeyKind.leastLength) characters: it should be \(form(fips: false))"
            } else if !value.withBytes({ $0.allSatisfy(KeyKind.isLetterOrDigit) }) {
                "the password has other characters than letters and digits, which addresses and env files each write in another way"
            } else {
                nil
            }
        }
    }

    private static let leastLength = 16

    fileprivate static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }
}

/// A new secret of an instance, made by the system's generator.
package struct GeneratedKey: Sendable {
    package let kind: KeyKind
    /// What it is made of, for people.
    package let form: String
    /// As it stands in an env file.
    package let value: Secret
    /// The key's label (`KEKLabel`); nil for what is no key.
    package let label: String?

    /// - Parameter fips: whether it is for an instance in FIPS mode.
    package init(_ kind: KeyKind, fips: Bool = false) throws(CryptoFault) {
        self.kind = kind
        form = kind.form(fips: fips)
        switch kind {
        case .encryptionKey where !fips:
            value = GeneratedKey.hex(try Random.secret(count: 16))
            label = KEKLabel.of(value)
        case .encryptionKey, .rootEncryptionKey:
            let key = try Random.secret(count: 32)
            value = GeneratedKey.base64(key)
            label = KEKLabel.of(key)
        case .authSecret:
            value = GeneratedKey.base64(try Random.secret(count: 32))
            label = nil
        case .postgresPassword:
            value = try GeneratedKey.lettersAndDigits(count: 32)
            label = nil
        }
    }

    private static func hex(_ key: Secret) -> Secret {
        let digits: StaticString = "0123456789abcdef"
        return Secret(count: key.count * 2) { target in
            key.withBytes { bytes in
                for (at, byte) in bytes.enumerated() {
                    target[2 * at] = digits.utf8Start[Int(byte >> 4)]
                    target[2 * at + 1] = digits.utf8Start[Int(byte & 15)]
                }
            }
        }
    }

    private static func base64(_ key: Secret) -> Secret {
        Secret(count: Base64.encodedSize(key.count, padded: true)) { target in
            _ = key.withBytes { Base64.encode($0, padded: true, into: target) }
        }
    }

    /// Each of the 62 characters is as likely as any other: bytes beyond the last whole round of them are dropped.
    private static func lettersAndDigits(count: Int) throws(CryptoFault) -> Secret {
        let characters: StaticString = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
        let text = SecretBuffer(capacity: count)
        while text.count < count {
            try Random.secret(count: 2 * count).withBytes { bytes in
                for byte in bytes where byte < 248 && text.count < count {
                    text.append(characters.utf8Start[Int(byte % 62)])
                }
            }
        }
        return text.secret()
    }
}
