package import Crypto
package import Faults

/// Why secrets cannot be exported. Names of secrets are told, values never.
package enum SecretExportFault: Fault, Equatable {
    /// The system's crypto library refused to work.
    case crypto(CryptoFault)
    /// A table, or one of its columns, that every known version of Infisical has is missing.
    case unknownSchema(table: String, column: String?)
    case noProject(name: String, nearest: String?, known: [String])
    /// Several projects of this name; `candidates` are their ids with what tells them apart.
    case ambiguousProject(name: String, candidates: [String])
    /// The project is there, and deleted.
    case deletedProject(name: String)
    /// The project is there, and of a kind that holds no secrets.
    case otherProject(name: String, type: String)
    /// Without a project: none that there is has it.
    case noEnvironment(name: String, project: String?, nearest: String?, known: [String])
    case deletedEnvironment(name: String, project: String)
    case noFolder(path: String, environment: String, nearest: String?)
    case noUser(email: String)
    /// The key is not at hand, or missing; `reason` is a clause.
    case keyClosed(project: String, reason: String)
    /// Nothing at hand can ever open the project's key: an external KMS, or people's own passwords.
    case keyUnavailable(project: String, reason: String)
    /// References within references that would never end, or not in any memory.
    case referencesTooLarge(key: String, path: String)
    /// Secrets that the format has no way to write.
    case notWritable(format: ExportFormat, [UnwritableSecret])
    /// Folders that hold different secrets of one name, for a format that knows names only.
    case sameName(format: ExportFormat, keys: [String])

    package var code: String {
        switch self {
        case .crypto: "secret-export.crypto"
        case .unknownSchema: "secret-export.unknown-schema"
        case .noProject: "secret-export.no-project"
        case .ambiguousProject: "secret-export.ambiguous-project"
        case .deletedProject: "secret-export.deleted-project"
        case .otherProject: "secret-export.other-project"
        case .noEnvironment: "secret-export.no-environment"
        case .deletedEnvironment: "secret-export.deleted-environment"
        case .noFolder: "secret-export.no-folder"
        case .noUser: "secret-export.no-user"
        case .keyClosed: "secret-export.key-closed"
        case .keyUnavailable: "secret-export.key-unavailable"
        case .referencesTooLarge: "secret-export.references-too-large"
        case .notWritable: "secret-export.not-writable"
        case .sameName: "secret-export.same-name"
        }
    }

    package var message: String {
        switch self {
        case .crypto(let fault): "cannot open secrets: \(fault.message)"
        case .unknownSchema(let table, nil): "the database has no table \"\(table)\""
        case .unknownSchema(let table, let column?): "the table \(table) has no column \"\(column)\""
        case .noProject(let name, let nearest, let known):
            "there is no project \"\(name)\"" + SecretExportFault.suggestion(nearest, known)
        case .ambiguousProject(let name, let candidates):
            "several projects are called \"\(name)\": \(candidates.joined(separator: ", "))"
        case .deletedProject(let name): "the project \"\(name)\" is deleted and waits to be purged"
        case .otherProject(let name, let type): "the project \"\(name)\" holds no secrets: it is of the type \(type)"
        case .noEnvironment(let name, let project, let nearest, let known):
            (project.map { "the project \"\($0)\" has no environment" } ?? "no project has an environment")
                + " \"\(name)\"" + SecretExportFault.suggestion(nearest, known)
        case .deletedEnvironment(let name, let project):
            "the environment \"\(name)\" of the project \"\(project)\" is deleted"
        case .noFolder(let path, let environment, let nearest):
            "the environment \"\(environment)\" has no folder \"\(path)\"" + SecretExportFault.suggestion(nearest, [])
        case .noUser(let email): "there is no user \"\(email)\""
        case .keyClosed(let project, let reason):
            "the secrets of the project \"\(project)\" cannot be opened: \(reason)"
        case .keyUnavailable(let project, let reason):
            "the secrets of the project \"\(project)\" cannot be opened without a running Infisical: \(reason)"
        case .referencesTooLarge(let key, let path):
            "the references in \"\(key)\" in \(path) lead to too many others"
        case .notWritable(let format, let secrets):
            "the format \(format.rawValue) cannot carry " + secrets.map(\.text).joined(separator: "; ")
        case .sameName(let format, let keys):
            "several folders have secrets of one name, and the format \(format.rawValue) knows names only: "
                + keys.joined(separator: ", ")
        }
    }

    package var hints: [Hint] {
        switch self {
        case .crypto:
            [.check("check whether OpenSSL on this host is restricted (a FIPS configuration, /etc/ssl/openssl.cnf)")]
        case .unknownSchema: [.check("the schema of this database is not that of a version of Infisical known here")]
        case .noProject, .noEnvironment, .noFolder: [.command(["infisical-ops", "export", "--list"])]
        case .ambiguousProject: [.check("name the project by its id")]
        case .deletedProject, .deletedEnvironment:
            [.check("it can be restored in Infisical, or exported from a backup of the time before")]
        case .otherProject: [.check("after December 2024 a project of several kinds is several projects of that name")]
        case .noUser: [.check("the address must be the one that the user has in Infisical")]
        case .keyClosed:
            [
                .command(["infisical-ops", "status"]),
                .check("--key-file names another env file with the key, --from another backup, whose own key is taken"),
            ]
        case .keyUnavailable: [.check("other projects of the instance are not concerned")]
        case .referencesTooLarge: [.check("export with references left as they are written")]
        case .notWritable: [.check("the format json carries every value")]
        case .sameName: [.check("export one folder, or in the format json, which says where each secret is from")]
        }
    }

    package var exit: ExitCode {
        switch self {
        case .crypto, .unknownSchema, .keyUnavailable: .failed
        case .keyClosed: .keyMismatch
        case .noProject, .deletedProject, .noEnvironment, .deletedEnvironment, .noFolder, .noUser: .notFound
        case .ambiguousProject, .otherProject, .referencesTooLarge, .notWritable, .sameName: .refused
        }
    }

    private static func suggestion(_ nearest: String?, _ known: [String]) -> String {
        if let nearest { return "; did you mean \"\(nearest)\"?" }
        if known.isEmpty { return "" }
        let most = 10
        let rest = known.count > most ? " and \(known.count - most) more" : ""
        return "; there are " + known.prefix(most).map { "\"\($0)\"" }.joined(separator: ", ") + rest
    }
}
