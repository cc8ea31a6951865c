package import Secrets

/// Which values of an environment must not be shown.
package enum SecretVariables {
    /// Parts of the names of those that are secret, or that may hold a secret, such as an address with a password.
    private static let words = [
        "KEY", "SECRET", "PASS", "PWD", "TOKEN", "URI", "URL", "CERT", "CREDENTIAL", "AUTH", "SIGN", "DSN", "HEADER",
        "PRIVATE", "SALT", "CONNECTION", "COOKIE", "SESSION", "BEARER", "JWT", "LICENSE", "WEBHOOK", "SEED", "HASH",
        "CIPHER", "ENCRYPT",
    ]
    /// Ends of the names of those that are none, although a part of their name is among the words.
    private static let harmless = [
        "SITE_URL", "_ENABLED", "_PATH", "_FILE", "_HOST", "_PORT", "_ALGORITHM", "_EXPIRES",
    ]

    package static func isSecret(_ name: String) -> Bool {
        let name = name.uppercased()
        return words.contains { name.contains($0) } && !harmless.contains { name.hasSuffix($0) }
    }

    /// The secrets among variables: the values of those that are secret by their name, and of all others that hold an
    /// address with a password in it.
    package static func secrets(in variables: some Sequence<(name: String, value: Secret)>) -> [Secret] {
        variables.filter { isSecret($0.name) || holdsPassword($0.value) }.map(\.value)
    }

    private static func holdsPassword(_ value: Secret) -> Bool {
        value.withBytes { bytes in bytes.contains(UInt8(ascii: "@")) && SecretMask.holdsPassword(Array(bytes)) }
    }
}
