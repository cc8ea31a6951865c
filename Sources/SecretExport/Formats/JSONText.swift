import Crypto
import Secrets

/// An array of objects, one a line. A value that is no UTF-8 text is written in base64, and says so.
enum JSONText {
    static func text(_ secrets: [ExportedSecret], project: String?) -> Secret {
        let text = SecretBuffer(capacity: secrets.reduce(64) { $0 + $1.value.count + 256 })
        text.append(UInt8(ascii: "["))
        for (index, secret) in secrets.enumerated() {
            text.append(text: index == 0 ? "\n  {" : ",\n  {")
            append(secret, project, to: text)
            text.append(UInt8(ascii: "}"))
        }
        text.append(text: secrets.isEmpty ? "]\n" : "\n]\n")
        return text.secret()
    }

    private static func append(_ secret: ExportedSecret, _ project: String?, to text: SecretBuffer) {
        name("key", isFirst: true, text)
        QuotedText.append(secret.key, isYAML: false, to: text)
        value("value", secret.value, text)
        string("type", secret.type.rawValue, text)
        string("secretPath", secret.path, text)
        string("environment", secret.environment, text)
        if let project { string("workspace", project, text) }
        string("_id", secret.id, text)
        name("version", text)
        text.append(text: String(secret.version))
        value("comment", secret.comment, text)
        name("tags", text)
        text.append(UInt8(ascii: "["))
        for (index, tag) in secret.tags.enumerated() {
            if index > 0 { text.append(text: ", ") }
            QuotedText.append(tag, isYAML: false, to: text)
        }
        text.append(UInt8(ascii: "]"))
        flag("skipMultilineEncoding", secret.skipsMultilineEncoding, text)
        flag("isImported", secret.isImported, text)
        if let versions = secret.versions { append(versions, to: text) }
    }

    private static func append(_ versions: [SecretVersion], to text: SecretBuffer) {
        name("versions", text)
        text.append(UInt8(ascii: "["))
        for (index, version) in versions.enumerated() {
            text.append(text: index == 0 ? "{" : ", {")
            name("version", isFirst: true, text)
            text.append(text: String(version.version))
            if let content = version.value {
                value("value", content, text)
            } else {
                name("value", text)
                text.append(text: "null")
            }
            flag("isRedacted", version.isRedacted, text)
            text.append(UInt8(ascii: "}"))
        }
        text.append(UInt8(ascii: "]"))
    }

    private static func name(_ name: String, isFirst: Bool = false, _ text: SecretBuffer) {
        text.append(text: (isFirst ? "\"" : ", \"") + name + "\": ")
    }

    private static func string(_ key: String, _ value: String, _ text: SecretBuffer) {
        name(key, text)
        QuotedText.append(value, isYAML: false, to: text)
    }

    private static func flag(_ key: String, _ value: Bool, _ text: SecretBuffer) {
        name(key, text)
        text.append(text: value ? "true" : "false")
    }

    private static func value(_ key: String, _ value: Secret, _ text: SecretBuffer) {
        name(key, text)
        if value.withBytes({ QuotedText.append($0, isYAML: false, to: text) }) { return }
        BinaryText.append(value, to: text)
        string(key + "Encoding", "base64", text)
    }
}

/// Bytes that are no text, in base64.
enum BinaryText {
    /// In double quotes.
    static func append(_ value: Secret, to text: SecretBuffer) {
        text.append(UInt8(ascii: "\""))
        let encoded = Secret(count: Base64.encodedSize(value.count, padded: true)) { target in
            value.withBytes { _ = Base64.encode($0, padded: true, into: target) }
        }
        text.append(encoded)
        text.append(UInt8(ascii: "\""))
    }
}
