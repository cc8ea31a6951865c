import DurableFiles
package import InfisicalData
package import InfisicalTables
import InstanceAccess
package import Operations
package import Repository
package import Settings

/// The keys that belong to a backup's data: those in its escrow, and where it has none, those that the instance has now.
package struct BackupKeys: Sendable {
    package let holders: [KeyHolder]
    /// The env files that the keys are from; nil where it is not one set of files.
    package let environment: InstanceEnvironment?
    /// What to know of them, such as that the escrow has none; a sentence without full stop.
    package let remark: String?

    package init(
        of entry: InventoryEntry, _ identities: Workplace.Identities, _ source: any TableSource,
        _ repository: Repository, _ workplace: Workplace
    ) throws {
        let flag = try source.fipsFlag()
        var unread: [String] = []
        if entry.manifest.escrow != nil {
            let kept = try Escrow.open(
                entry, identities: identities.all, source: identities.source, repository: repository)
            let escrowed = EscrowedKeys(
                kept.map(\.file), backup: entry.id.text, syntax: workplace.configuration.envSyntax)
            if !escrowed.isEmpty {
                (holders, environment, remark) = (escrowed.holders(flag), escrowed.environment, nil)
                return
            }
            unread = escrowed.unread
        }
        // One that cannot be read may be the one with the key; from one that is gone no key comes.
        try workplace.configuration.requireEnvFiles(toleratesLoss: true)
        holders = KeysInForce(workplace.instance).all(flag)
        environment = workplace.configuration.instance.hasKey ? workplace.configuration.instance : nil
        let cause = unread.isEmpty ? "" : " that can be read (\(unread.joined(separator: "; ")))"
        remark = "key supplied: the backup keeps no key\(cause), and the key that this host uses was tried"
    }

    /// Those of an env file that was named, instead of the backup's own.
    package init(given file: String, _ source: any TableSource, _ workplace: Workplace) throws {
        let text = try workplace.surroundings.files.readSecret(file, limit: 1 << 20)
        let given = try InstanceEnvironment(
            texts: [(path: file, text: text)], syntax: workplace.configuration.envSyntax)
        guard given.hasKey else { throw InstanceDataFault.noKey(file: file) }
        holders = [KeyHolder(name: file, keys: KeysInForce.ofRendered(given, try source.fipsFlag()).keys)]
        environment = given
        remark = "key supplied: it was given, and not taken from the backup"
    }
}
