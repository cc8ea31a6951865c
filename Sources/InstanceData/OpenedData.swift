package import InfisicalData
package import InfisicalTables
import InstanceAccess
import Postgres
package import Repository
import Settings

/// An Infisical database whose rows can be read now, with the keys that belong to it.
package struct OpenedData {
    package enum Origin: Sendable {
        /// The database that the configuration leads to.
        case live(database: String, server: String)
        case backup(InventoryEntry)

        /// As it reads in a sentence.
        package var text: String {
            switch self {
            case .live(let database, let server): "the live database \(database) on \(server)"
            case .backup(let entry): "the backup \(entry.id.text) of \(entry.manifest.started)"
            }
        }
    }

    package let origin: Origin
    package let source: any TableSource
    /// Those that were given, those in the backup's escrow, or those of the instance.
    package let holders: [KeyHolder]
    /// The env files that a backup keeps, where its own keys were taken; nil otherwise.
    let environment: InstanceEnvironment?
    /// What to know of the keys, such as that the escrow has none; a sentence without full stop.
    package let remark: String?
    /// What the live database is beside its backups; nothing for a backup.
    let standing: LiveStanding
    /// Why a backup does not count, and which one does; a sentence without full stop.
    let shrunk: String?
    private let release: () -> Void

    init(
        origin: Origin, source: any TableSource, holders: [KeyHolder], environment: InstanceEnvironment? = nil,
        remark: String?, standing: LiveStanding = .unasked, shrunk: String? = nil, release: @escaping () -> Void
    ) {
        self.origin = origin
        self.source = source
        self.holders = holders
        self.environment = environment
        self.remark = remark
        self.standing = standing
        self.shrunk = shrunk
        self.release = release
    }

    /// Whether it does not stand for the instance: less than that held, or another one's.
    var isDoubtful: Bool { shrunk != nil || standing.doubt != nil }
    /// What to say of that, and what is not known of it; sentences without full stop.
    var concerns: [String] { shrunk.map { [$0] } ?? standing.warnings }

    /// Ends the session, or lets others change the repository again. What was not closed is closed with the process.
    package func close() { release() }
}
