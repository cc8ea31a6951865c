import Faults

/// Makes one secret of each name out of what a folder gives, as the command line client does.
package enum FolderMerge {
    /// Own secrets win over imported ones, an import with a higher position over one before it, and personal values, where
    /// they were read, over shared ones. Sorted by name, byte by byte.
    ///
    /// - Parameter tags: if any, only secrets with one of them; imported secrets have none.
    package static func merged(_ read: ReadFolder, personalWins: Bool, tags: [String] = []) -> [ExportedSecret] {
        var byKey: [ExactText: ExportedSecret] = [:]
        for item in read.imports {
            for secret in item.secrets {
                byKey[ExactText(secret.stored.key)] = exported(
                    secret, environment: item.environment, path: item.path, of: read, isImported: true)
            }
        }
        let own =
            read.own.filter { $0.stored.type == .shared }
            + (personalWins ? read.own.filter { $0.stored.type == .personal } : [])
        for secret in own {
            byKey[ExactText(secret.stored.key)] = exported(
                secret, environment: read.folder.environment, path: read.folder.path, of: read, isImported: false)
        }
        return byKey.values.filter { secret in
            tags.isEmpty || secret.tags.contains { tags.contains(where: $0.isExactly) }
        }
        .sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
    }

    private static func exported(
        _ secret: ReadSecret, environment: String, path: String, of read: ReadFolder, isImported: Bool
    ) -> ExportedSecret {
        let stored = secret.stored
        return ExportedSecret(
            id: stored.id, key: stored.key, value: secret.value, type: stored.type, environment: environment,
            path: path, folder: read.folder.path, isImported: isImported, comment: stored.comment,
            tags: isImported ? [] : stored.tags, version: stored.version,
            skipsMultilineEncoding: !isImported && stored.skipsMultilineEncoding)
    }
}
