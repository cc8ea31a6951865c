import Faults
package import Secrets

/// Writes secrets in a format, so that the format's own readers read every value back exactly; what cannot be written so
/// is named.
package struct ExportWriter {
    /// A file's content.
    package struct Written: Sendable {
        package let text: Secret
        /// Secrets that are not in it.
        package let leftOut: [UnwritableSecret]
    }

    /// Writes all of `secrets`.
    ///
    /// In the formats for shells a secret whose name is no variable's, or means something to a shell, is left out: in front
    /// of a sign it would be a command.
    ///
    /// - Parameters:
    ///   - isCompatible: writes the formats for shells byte by byte as the command line client does.
    /// - Throws: `notWritable` for values that the format cannot carry, `sameName` where folders differ.
    package static func write(
        _ secrets: [ExportedSecret], as format: ExportFormat, project: String? = nil, isCompatible: Bool = false
    ) throws(SecretExportFault) -> Written {
        let secrets = format.isFlat ? try withoutRepeats(secrets, format) : secrets
        if isCompatible, format.hasCompatibleForm {
            return Written(text: try CompatibleText.text(secrets, format), leftOut: [])
        }
        switch format {
        case .dotenv, .dotenvExport: return try DotenvText.written(secrets, format)
        case .docker: return Written(text: try DockerText.text(secrets), leftOut: [])
        case .systemd: return Written(text: try SystemdText.text(secrets), leftOut: [])
        case .json: return Written(text: JSONText.text(secrets, project: project), leftOut: [])
        case .yaml: return Written(text: YAMLText.text(secrets), leftOut: [])
        case .csv: return Written(text: try CSVText.text(secrets), leftOut: [])
        }
    }

    /// Each name once. Folders exported together may hold the same secret, but not different ones of one name.
    private static func withoutRepeats(
        _ secrets: [ExportedSecret], _ format: ExportFormat
    ) throws(SecretExportFault) -> [ExportedSecret] {
        var places: [ExactText: Int] = [:], kept: [ExportedSecret] = [], conflicts: [ExactText: Set<String>] = [:]
        for secret in secrets {
            let key = ExactText(secret.key)
            guard let place = places[key] else {
                places[key] = kept.count
                kept.append(secret)
                continue
            }
            let earlier = kept[place]
            if !earlier.value.equals(secret.value) {
                conflicts[key, default: [earlier.folder]].insert(secret.folder)
            }
        }
        guard conflicts.isEmpty else {
            throw .sameName(
                format: format,
                keys: conflicts.sorted { $0.key.text < $1.key.text }.map {
                    "\"\($0.key.text)\" in \($0.value.sorted().joined(separator: " and "))"
                })
        }
        return kept
    }
}

extension SecretBuffer {
    /// Appends text of the program's own.
    func append(text: some StringProtocol) { for byte in text.utf8 { append(byte) } }
}
