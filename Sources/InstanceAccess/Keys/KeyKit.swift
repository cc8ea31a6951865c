package import Age
import Crypto
package import Effects
import InfisicalData
package import Secrets
import Settings

/// The instance's keys on a sheet of paper: a page of text that says what it is and how it is opened, with an armored age
/// file in it. What comes out of that is an env file, so it serves without this program.
package struct KeyKit: Sendable {
    /// A value that is kept in it.
    package struct Value: Sendable {
        /// As Infisical calls it.
        package let name: String
        package let value: Secret
        /// Of keys that have one, in each form that they may be read in.
        package let labels: [String]
    }

    package static let mark = "infisical-ops key kit 1"
    private static let begin = "-----BEGIN AGE ENCRYPTED FILE-----"
    private static let end = "-----END AGE ENCRYPTED FILE-----"
    /// Most bytes of a kit that are read.
    package static let limit = 1 << 20

    package let values: [Value]
    private let isFIPS: Bool

    /// The keys in force.
    ///
    /// - Returns: nil where there is none.
    package init?(_ instance: InstanceAccess) {
        let environment = instance.configuration.instance
        guard environment.encryptionKey != nil || environment.rootEncryptionKey != nil else { return nil }
        self.init(environment)
    }

    init(_ environment: InstanceEnvironment) {
        isFIPS = environment.fips ?? false
        values = [
            ("ENCRYPTION_KEY", environment.encryptionKey), ("ROOT_ENCRYPTION_KEY", environment.rootEncryptionKey),
            ("AUTH_SECRET", environment.authSecret),
        ].compactMap { name, sourced in
            sourced.map { Value(name: name, value: $0.value.trimmed(), labels: KeyKit.labels(name, environment)) }
        }
    }

    /// Labels of all keys in it.
    package var labels: [String] { values.flatMap(\.labels) }

    private static func labels(_ name: String, _ environment: InstanceEnvironment) -> [String] {
        let readings = KeysInForce.bothReadings(environment).flatMap(\.candidates)
        var labels: [String] = []
        for candidate in readings where candidate.source.variable == name && !labels.contains(candidate.label) {
            labels.append(candidate.label)
        }
        return labels
    }

    // MARK: - Making

    /// Twelve characters that prove that somebody opened the kit, and nothing else: nobody who reads them aloud reads a key.
    package static func phrase() throws -> String {
        // None that is taken for another one in print.
        let letters = Array("ABCDEFGHJKLMNPQRSTUVWXYZ23456789")
        let characters = try Random.bytes(count: 12).map { letters[Int($0) % letters.count] }
        return stride(from: 0, to: 12, by: 4).map { String(characters[$0..<$0 + 4]) }.joined(separator: "-")
    }

    /// The page.
    ///
    /// - Throws: `KeyKitFault.unwritable`, `AgeFault`.
    /// - Parameters:
    ///   - recipients: whoever opens it; a passphrase only alone.
    ///   - names: how they are called on the page.
    ///   - instance: as it is called there; no control characters.
    package func page(
        to recipients: [AgeRecipient], names: [String], phrase: String, instance: String, now: Timestamp
    ) throws -> String {
        for value in values {
            let isPlain = value.value.withBytes { $0.allSatisfy { $0 != UInt8(ascii: "'") && $0 >= 32 && $0 != 127 } }
            if !isPlain { throw KeyKitFault.unwritable(variable: value.name) }
        }
        let sealed = try Age.seal(content(phrase, instance, now), to: recipients, armored: true)
        let keys = values.map { value in
            "  \(value.name)" + (value.labels.isEmpty ? "" : "  label \(value.labels.joined(separator: " or "))")
        }
        return """
            INFISICAL-OPS KEY KIT

            The keys of the Infisical of \(instance), sealed with age on \(now.iso8601):

            \(keys.joined(separator: "\n"))

            It opens for:

            \(names.map { "  " + $0 }.joined(separator: "\n"))

            Keep it where neither the host nor Infisical itself is needed to read it, and the
            identity or passphrase somewhere else. To open it with age and nothing else, type
            or scan this page into kit.txt; with an identity:

              sed -n '/^-----BEGIN/,/^-----END/p' kit.txt | age --decrypt -i identity.txt

            with a passphrase without -i. What comes out is an env file: its values belong into
            that of the instance. Whether the kit still opens, and holds the key in force:

              infisical-ops keys escrow verify kit.txt

            \(String(decoding: sealed, as: UTF8.self))
            """
    }

    private func content(_ phrase: String, _ instance: String, _ now: Timestamp) -> Secret {
        let text = SecretBuffer(capacity: 1024)
        let append = { (line: String) in Array(line.utf8).withUnsafeBytes { text.append($0) } }
        append("# \(KeyKit.mark)\n# \(instance), \(now.iso8601)\n# check phrase: \(phrase)\n")
        for value in values {
            append(value.name + "='")
            text.append(value.value)
            append("'\n")
        }
        if isFIPS { append("FIPS_ENABLED='true'\n") }
        return text.secret()
    }

    // MARK: - Opening

    /// What was sealed in a kit.
    package struct Opened: Sendable {
        package let kit: KeyKit
        package let phrase: String
    }

    /// The sealed part of a page, as it was printed or typed: with other line ends, or moved to the right.
    ///
    /// - Returns: nil where there is none.
    package static func sealed(in page: [UInt8]) -> [UInt8]? {
        let lines = String(decoding: page, as: UTF8.self).split(whereSeparator: \.isNewline).map { line in
            String(line.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
        }
        guard let start = lines.firstIndex(of: begin), let stop = lines[start...].firstIndex(of: end) else {
            return nil
        }
        return Array((lines[start...stop].joined(separator: "\n") + "\n").utf8)
    }

    /// - Parameter path: of the page, for errors.
    /// - Throws: `AgeFault`; `KeyKitFault.notOne` for an age file that is none.
    package static func open(_ sealed: [UInt8], identities: [AgeIdentity], path: String) throws -> Opened {
        let text = try Age.open(sealed, identities: identities)
        let file: EnvFile
        do { file = try EnvFile(text, path: path, syntax: .compose, environment: [:]) } catch {
            throw KeyKitFault.notOne(path: path)
        }
        let environment = try InstanceEnvironment(files: [file])
        // The first lines are comments of ours; no value is among them.
        let comments = text.withBytes { bytes in
            bytes.split(separator: UInt8(ascii: "\n")).prefix { $0.first == UInt8(ascii: "#") }
                .map { String(decoding: $0, as: UTF8.self) }
        }
        let start = "# check phrase: "
        guard comments.first == "# \(mark)", let phrase = comments.first(where: { $0.hasPrefix(start) }),
            environment.encryptionKey != nil || environment.rootEncryptionKey != nil
        else { throw KeyKitFault.notOne(path: path) }
        return Opened(kit: KeyKit(environment), phrase: String(phrase.dropFirst(start.count)))
    }
}
