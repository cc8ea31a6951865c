import InfisicalData
import InfisicalStore
import InstanceAccess
package import Operations
import Postgres
import Rekeying
package import Repository
import Settings

/// Encrypts a restored copy with the key in force, out of the key that its backup keeps: the transaction of a rotation.
package struct CopyExchange: CopyExchanging {
    private let workplace: Workplace
    private let identityFile: String?

    /// - Parameter identityFile: opens the escrow; nil for the configured one.
    package init(_ workplace: Workplace, identityFile: String?) {
        self.workplace = workplace
        self.identityFile = identityFile
    }

    package func keeps(_ label: String, _ entry: InventoryEntry) throws -> Bool {
        guard let kept = try kept(entry) else { return false }
        // Which reading of a value counts is a matter of the database, which is not there yet.
        return [FIPSMode.DatabaseFlag.noColumn, .notAsked].contains { flag in
            kept.holders(flag).contains { $0.keys.candidates.contains { $0.label == label } }
        }
    }

    package func perform(on database: String, _ entry: InventoryEntry) throws -> [String] {
        let connections = DatabaseConnections(workplace.instance)
        let writer = try connections.openBeside("in-place", in: database)
        let reader = try connections.openBeside("in-place", in: database)
        defer {
            writer.close()
            reader.close()
        }
        let flag = try InfisicalDatabase(reader).fipsFlag()
        var rekeying = Rekeying(
            old: try kept(entry)?.holders(flag).map(\.keys) ?? [],
            new: KeysInForce(workplace.instance).atNextStart(flag).keys)
        // What was prepared when the backup was taken is of another time.
        rekeying.replacesStaged = true
        rekeying.leaves = Set(try rekeying.survey(reader, migrationIsOver: true).closed.keys)
        let report = try writer.transaction { try rekeying.perform(writer: writer, reader: reader) }
        return report.left.map { "\($0.text) opens with no key, and stayed as it is" }
    }

    private func kept(_ entry: InventoryEntry) throws -> EscrowedKeys? {
        guard entry.manifest.escrow != nil else { return nil }
        let repository = try workplace.repository()
        let identities = try workplace.requireIdentities(repository, override: identityFile)
        let files = try Escrow.open(
            entry, identities: identities.all, source: identities.source, repository: repository)
        return EscrowedKeys(files.map(\.file), backup: entry.id.text, syntax: workplace.configuration.envSyntax)
    }
}
