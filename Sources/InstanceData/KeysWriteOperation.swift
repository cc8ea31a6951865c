package import DurableFiles
package import Faults
package import InfisicalData
import InstanceAccess
package import Operations
import Secrets
import Settings

/// Writes keys into an env file of their own, which `--key-file` reads, and which is for a safe place off this host.
package struct KeysWriteOperation {
    package struct Report: Sendable {
        package let file: String
        package let variables: [String]
        /// Labels that the keys may have.
        package let labels: [String]
        /// One sentence without full stop each.
        package let warnings: [String]
        /// What the database says of the keys in force; nil for a new key.
        package let database: KeysLabelOperation.Database?
        /// 12 where they do not open the data.
        package var exit: ExitCode { database?.exit ?? .done }
    }

    private let files: Files
    private let file: String

    /// - Parameter file: must not exist.
    package init(_ files: Files, to file: String) {
        self.files = files
        self.file = file
    }

    /// The keys that the instance has.
    ///
    /// - Throws: `SettingsFault.unusableKey` for values that Infisical could not use: they are no copy of anything.
    package func writeKeysInForce(_ workplace: Workplace) throws -> Report {
        let given = try GivenKeys(workplace, keyFile: nil, for: "the database", takesFile: false),
            environment = given.environment
        if let problem = KeysInForce.problem(of: workplace.configuration) { throw problem }
        var values: [(String, Secret)] = []
        if let key = environment.encryptionKey { values.append((KeyKind.encryptionKey.variable, key.value)) }
        if let key = environment.rootEncryptionKey { values.append((KeyKind.rootEncryptionKey.variable, key.value)) }
        // Without it nobody knows how the value is to be read.
        if environment.fips == true {
            values.append(("FIPS_ENABLED", Secret(count: 4) { $0.copyBytes(from: "true".utf8) }))
        }
        let labels = [FIPSMode.DatabaseFlag.noColumn, .notAsked].flatMap {
            given.holder(workplace, $0).keys.candidates.map(\.label)
        }
        let names = values.map(\.0), unique = Set(labels).sorted()
        try write(values, "the keys of Infisical in force (\(given.source)), label \(unique.joined(separator: " or "))")
        // A copy of a wrong key is worse than none: somebody relies on it.
        let database = try KeysLabelOperation.ofCopy(workplace)
        return Report(
            file: file, variables: names, labels: unique,
            warnings: [KeysInForce(workplace.instance).finding, database.closed].compactMap(\.self), database: database)
    }

    /// A key that nothing uses yet.
    package func write(_ key: GeneratedKey) throws -> Report {
        try write(
            [(key.kind.variable, key.value)],
            "a new key for Infisical, which nothing uses yet" + (key.label.map { ", label \($0)" } ?? ""))
        return Report(
            file: file, variables: [key.kind.variable], labels: [key.label].compactMap(\.self), warnings: [],
            database: nil)
    }

    private func write(_ values: [(name: String, value: Secret)], _ comment: String) throws {
        let text = SecretBuffer()
        let put = { (string: String) in for byte in string.utf8 { text.append(byte) } }
        put("# \(comment.replacing("\n", with: " "))\n")
        for (name, value) in values {
            // A value of a usable form reads the same without quotes in every syntax.
            put("\(name)=")
            text.append(value)
            put("\n")
        }
        try KeyCopyFault.refusing(file, files) { try files.publishSecret(text.secret(), at: file, existing: .refuse) }
    }
}
