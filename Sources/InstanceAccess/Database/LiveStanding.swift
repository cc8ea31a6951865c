package import Faults
import InfisicalData
import InfisicalStore
package import Postgres
package import Repository
import Settings

/// What is known of the live database beside its backups: whether it is the one that they are of, and whether it still holds
/// what they held. Whatever reads it says so, in these words: a green answer about another database is none.
package struct LiveStanding: Sendable {
    /// Nil without a backup, and where the database was not asked.
    package let identity: DatabaseIdentity?
    package let content: LiveContent
    /// The backup that tells which instance this is: the newest that counts, else the newest.
    package let reference: BackupID?
    /// Id of the newest backup that counts and whose key opened all of its data; nil without one.
    package let best: String?
    /// Whether this program put another database in its place since that backup: that it is elsewhere is no news then.
    private let isOurs: Bool

    /// Of what has no backups beside it.
    package static let unasked = LiveStanding(.whole)

    private init(
        _ content: LiveContent, identity: DatabaseIdentity? = nil, reference: BackupID? = nil, best: String? = nil,
        isOurs: Bool = false
    ) {
        self.content = content
        self.identity = identity
        self.reference = reference
        self.best = best
        self.isOurs = isOurs
    }

    /// Asks a database that the configuration leads to. A session in a transaction may be left without it.
    package static func asked(_ connection: Connection, _ instance: InstanceAccess) -> LiveStanding {
        let configuration = instance.configuration
        guard let path = configuration.repository else { return .unasked }
        do {
            let repository = try Repository(
                path: path, stateFolder: configuration.stateFolder, pinned: configuration.signer,
                files: instance.surroundings.files)
            return LiveStanding(
                connection, repository, try Inventory(repository), rootKey: rootKey(connection, instance))
        } catch {
            let fault: any Fault = .of(error)
            return LiveStanding(.unknown(fault.message))
        }
    }

    /// The same where the repository is open.
    ///
    /// - Parameter rootKey: fingerprint of the database's root key; nil where no key opened it.
    package init(
        _ connection: Connection, _ repository: Repository, _ inventory: Inventory,
        rootKey: @autoclosure () -> String?
    ) {
        do {
            let history = try BackupHistory(inventory, repository), changes = try repository.host.changes()
            let entries = inventory.entries
            let entry = history.newestGood(of: entries) ?? entries.last { !history[$0.id].isRejected }
            let sequence = entry?.manifest.sequence ?? 0
            let isOurs =
                !changes.isEmpty || entries.contains { $0.manifest.sequence > sequence && $0.manifest.changes != nil }
            let key = entry == nil ? nil : rootKey()
            self.init(
                .asked(connection, history, after: changes, inventory),
                identity: entry.map { .asked(connection, key, of: $0.manifest, isOursToChange: isOurs) },
                reference: entry?.id, best: KeyKeepers(inventory, history).newestWhole?.id.text, isOurs: isOurs)
        } catch {
            let fault: any Fault = .of(error)
            self.init(.unknown(fault.message))
        }
    }

    /// A key that opens nothing is told by whoever tries it for that.
    private static func rootKey(_ connection: Connection, _ instance: InstanceAccess) -> String? {
        do {
            return try LiveKeys.tried(on: connection, isElsewhere: true, KeysInForce(instance).all)?.report.rootKey
        } catch { return nil }
    }

    // MARK: - What it comes to

    /// Whether another instance is there: nothing that is missing in it is a loss, and no backup of it is wanted.
    package var isOther: Bool { if case .other? = identity { true } else { false } }

    /// Why it does not stand for the instance; nil where nothing says so.
    package var doubt: LiveDoubt? {
        if case .other(let difference)? = identity { return .otherInstance(difference, reference) }
        guard let loss = content.loss, let remedy = content.remedy else { return nil }
        return .shrunk(loss: loss, remedy: remedy + (content.wayBack.map { "; \($0)" } ?? ""))
    }

    /// What else there is to say where nothing is in doubt.
    package var remarks: [(word: String, text: String, hints: [Hint])] {
        if doubt != nil { return [] }
        var remarks: [(word: String, text: String, hints: [Hint])] = []
        if case .moved(let difference)? = identity, !isOurs {
            remarks.append(
                (
                    "database-moved", "the live database is not where that of the backups was: \(difference)",
                    DatabaseIdentity.addressHints + [.check(DatabaseIdentity.ifMoved)]
                ))
        }
        if case .declined(let decline) = content {
            remarks.append(
                (
                    "declined", "the live database holds less than half of the most that there was: \(decline.text)",
                    decline.hints + [.check("if that is intended, run: \(LiveContent.accepting)")]
                ))
        }
        return remarks
    }

    /// All of it for whoever shows warnings: one sentence without full stop each.
    package var warnings: [String] {
        if let doubt { return [doubt.warning] }
        return [content.obstacle].compactMap(\.self) + remarks.map { LiveStanding.sentence($0.text, $0.hints) }
    }

    /// A message with what can be done about it.
    static func sentence(_ message: String, _ hints: [Hint]) -> String {
        "\(message); \(FaultRenderer.sentence(hints))"
    }
}
