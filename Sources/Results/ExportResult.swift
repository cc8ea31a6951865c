import Faults
package import InstanceData
import Repository
package import SecretExport

/// What `export --output` wrote; no value of a secret.
package struct ExportResult: CommandResult {
    package struct LeftOut: Encodable, Sendable {
        let key: String
        let path: String
        let reason: String
    }

    package struct Unopened: Encodable, Sendable {
        /// The secret's id.
        let id: String
        /// Absent where the name is sealed too.
        let key: String?
        let path: String
    }

    package let schema = "infisical-ops/export/1"
    /// `live` or `backup`.
    package let from: String
    /// Id of the backup; absent for the live database.
    package let backup: String?
    /// Id of the project.
    package let project: String
    package let environment: String
    /// Folders that were exported.
    package let paths: [String]
    /// The file; absent where the secrets went to standard output.
    package let output: String?
    package let format: String
    /// Number of secrets that were written.
    package let secrets: Int
    /// Secrets that are not in the file, with the reason.
    package let leftOut: [LeftOut]
    /// Secrets that no key at hand opens.
    package let unopened: [Unopened]
    /// One sentence without full stop each.
    package let warnings: [String]
    /// Plaintext bytes of the backup that were read; absent for the live database.
    package let bytesRead: Int?
    package let seconds: Double
    package let exit: Int32

    package init(_ reading: ExportOperation.Reading<ExportOperation.Secrets>, format: ExportFormat, output: String?) {
        let content = reading.content
        (from, backup) = ExportResult.source(reading.origin)
        project = content.export.project.id
        environment = content.export.environment.slug
        paths = content.export.folders.map(\.path)
        self.output = output
        self.format = format.rawValue
        secrets = content.export.secrets.count - content.written.leftOut.count
        leftOut =
            content.written.leftOut.map { LeftOut(key: $0.key, path: $0.path, reason: $0.reason.rawValue) }
            + content.leftOutKeys.map { LeftOut(key: $0.key, path: $0.path, reason: ExportResult.text($0.reason)) }
        unopened = content.export.unopened.map { Unopened(id: $0.secret.id, key: $0.secret.key, path: $0.path) }
        warnings = ExportResult.warnings(reading, format)
        bytesRead = reading.bytesRead
        seconds = reading.seconds
        exit = reading.exit.rawValue
    }

    static func source(_ origin: OpenedData.Origin) -> (String, String?) {
        switch origin {
        case .live: ("live", nil)
        case .backup(let entry): ("backup", entry.id.text)
        }
    }

    static func text(_ reason: InstanceKeys.LeftOut.Reason) -> String {
        switch reason {
        case .isOtherKey: "its value is one of the instance's own keys, but not the one in use"
        case .namedLikeKey: "it is named like one of the instance's own keys, and is not known to be the one in use"
        }
    }

    private static func warnings(
        _ reading: ExportOperation.Reading<ExportOperation.Secrets>, _ format: ExportFormat
    ) -> [String] {
        let content = reading.content
        var warnings = source(reading)
        warnings += content.written.leftOut.map { "left out: \($0.text)" }
        if !content.written.leftOut.isEmpty {
            warnings.append(
                "\(format.rawValue) cannot carry these names; to have them too, run the same command with --format json "
                    + "(yaml and csv carry every name as well)")
        }
        warnings += content.leftOutKeys.map { "left out: \"\($0.key)\" in \($0.path): \(text($0.reason))" }
        warnings += content.export.unopened.map {
            "no key at hand opens \($0.secret.key.map { "\"\($0)\"" } ?? "the secret \($0.secret.id)") in \($0.path)"
        }
        if content.export.secrets.isEmpty, content.leftOutKeys.isEmpty {
            warnings.append("there is no secret in \(content.export.folders.map(\.path).joined(separator: ", "))")
        }
        return warnings + content.export.notes.map(\.text)
    }

    /// Where it was read, if that is not what was asked for first.
    static func source<Content>(_ reading: ExportOperation.Reading<Content>) -> [String] {
        var warnings: [String] = []
        if let fallback = reading.fallback {
            let reason = ExportOperation.reason(fallback)
            warnings.append("\(reason.start): \(reason.text); taken from \(reading.origin.text)")
        }
        warnings += reading.passedOver.map { "the newer backup \($0.backup) was passed over: \($0.reason)" }
        return warnings + reading.concerns + [reading.remark].compactMap(\.self)
    }
}

extension Export.Note {
    /// A sentence without full stop.
    fileprivate var text: String {
        switch self {
        case .personalValues(let count, let users):
            "\(count) personal values are not exported; they are of \(users.joined(separator: ", ")); --user EMAIL exports those of one user"
        case .deadImport(let folder, let reason): "an import of the folder \(folder) gives nothing: \(reason.text)"
        case .outdatedRows(let folder, let count):
            "\(count) older rows of the folder \(folder) have the name of a newer one, which was taken"
        case .unreachableFolders(let count): "\(count) folders belong to no environment, and are not exported"
        case .halfUpgraded(let project, let status):
            "the upgrade of the project \"\(project)\" has the state \(status): some of its secrets may be elsewhere"
        }
    }
}

extension DeadImport {
    /// A clause.
    fileprivate var text: String {
        switch self {
        case .dangling(let environment, let path):
            "\(path) of \(environment.map { "the environment \"\($0)\"" } ?? "an environment that is gone") does not exist"
        case .otherProject(let path): "\(path) belongs to another project, and is exported from there only"
        }
    }
}
