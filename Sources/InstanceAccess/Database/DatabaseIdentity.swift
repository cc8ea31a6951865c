package import Faults
import InfisicalData
import InfisicalStore
package import Postgres
package import Repository

/// Whether the database that the configuration leads to is the one that a backup was taken of: a green answer about one
/// says nothing of the other.
package enum DatabaseIdentity: Sendable, Equatable {
    case same
    /// Neither proves it; why, as a clause.
    case unknown(String)
    /// Another instance: what differs, as a clause.
    case other(String)
    /// It does not look like Infisical's, and that of the backup does; the same as a clause.
    case notInfisical(String)
    /// Elsewhere, by all that is known the same instance or a copy of it: what differs, as a clause.
    case moved(String)

    /// What differs; nil where nothing is known to.
    package var difference: String? {
        switch self {
        case .other(let text), .notInfisical(let text), .moved(let text): text
        case .same, .unknown: nil
        }
    }

    /// What to do first where it is another, or elsewhere.
    package static let addressHints: [Hint] = [
        .check("look first whether the address is the right one"), .command(["infisical-ops", "config", "show"]),
    ]
    package static let ifMoved = "if the database was moved, run: infisical-ops backup"
    /// A backup of another instance would stand among those of this one.
    package static let ifReplaced =
        "take no backup before: it would stand among those of another instance; if the instance was replaced on purpose, "
        + "run: \(LiveContent.accepting)"

    /// The same as sentences without full stop; empty where it is the same, or not known to be another.
    package var advice: [String] {
        let look = FaultRenderer.sentence(DatabaseIdentity.addressHints)
        return switch self {
        case .moved: [look, DatabaseIdentity.ifMoved]
        case .other, .notInfisical: [look, DatabaseIdentity.ifReplaced]
        case .same, .unknown: []
        }
    }

    /// What a database says of itself.
    package struct Facts: Sendable {
        package let database: String
        /// The number that `initdb` gave the cluster; nil where this user may not read it.
        package let server: String?
        package let isInfisical: Bool
        /// `super_admin."instanceId"`; nil where there is none.
        package let instance: String?
        /// Fingerprint of the root key; nil where no key opened it.
        package let rootKey: String?

        package init(
            database: String, server: String?, isInfisical: Bool, instance: String? = nil, rootKey: String? = nil
        ) {
            self.database = database
            self.server = server
            self.isInfisical = isInfisical
            self.instance = instance
            self.rootKey = rootKey
        }

        /// Asks the database; nothing of the session stays changed, so that a pooler may stand between.
        package init(_ connection: Connection, rootKey: String?) throws {
            let infisical = try InfisicalDatabase(connection)
            self.init(
                database: try connection.query("SELECT current_database()::text AS name").only().string("name"),
                server: try ServerFacts.identifier(connection), isInfisical: infisical.era != .none,
                instance: try infisical.instanceID(), rootKey: rootKey)
        }
    }

    /// - Parameters:
    ///   - manifest: of the newest backup.
    ///   - isOursToChange: whether this program put another database in its place since; that is no finding.
    package init(_ live: Facts, of manifest: Manifest, isOursToChange: Bool) {
        guard let main = manifest.databases.first(where: { $0.role == "main" }) else {
            self = .unknown("it has no main database")
            return
        }
        // What this program put there is on the same server, under the same name.
        let content = isOursToChange ? nil : DatabaseIdentity.contentDifference(live, manifest.infisical)
        if let content {
            self = live.isInfisical || manifest.infisical == nil ? .other(content) : .notInfisical(content)
        } else if let difference = DatabaseIdentity.placeDifference(live, main) {
            // A recovery puts it on another server.
            self =
                isOursToChange
                ? .unknown("this program has put another in its place since that backup: \(difference)")
                : .moved(difference)
        } else if live.server == nil || main.server.systemIdentifier == nil {
            // A copy of the database has its instance and its keys, too.
            self = .unknown("the server's number (pg_control_system) cannot be read, or is not in the backup")
        } else {
            self = .same
        }
    }

    /// The same by asking; what keeps the database from answering is why it is not known.
    package static func asked(
        _ connection: Connection, _ rootKey: String?, of manifest: Manifest, isOursToChange: Bool
    ) -> DatabaseIdentity {
        do {
            return DatabaseIdentity(
                try Facts(connection, rootKey: rootKey), of: manifest, isOursToChange: isOursToChange)
        } catch {
            let fault: any Fault = .of(error)
            return .unknown(fault.message)
        }
    }

    private static func contentDifference(_ live: Facts, _ record: Manifest.InfisicalRecord?) -> String? {
        if live.isInfisical != (record != nil) {
            return live.isInfisical
                ? "this one is Infisical's, and that of the backup is not"
                : "this one does not look like Infisical's, and that of the backup is"
        }
        if let now = live.instance, let before = record?.instance, now != before {
            return "this one is of the instance \(now), that of the backup of \(before)"
        }
        if let now = live.rootKey, let before = record?.rootKey, now != before { return "its root key is another" }
        return nil
    }

    private static func placeDifference(_ live: Facts, _ main: Manifest.Database) -> String? {
        if let now = live.server, let before = main.server.systemIdentifier, now != before {
            return "it is on another server (system identifier \(now), in the backup \(before))"
        }
        return live.database == main.name
            ? nil : "this one is called \"\(live.database)\", that of the backup \"\(main.name)\""
    }
}
