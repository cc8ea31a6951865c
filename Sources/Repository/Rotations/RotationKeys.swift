package import Effects
package import Secrets

/// What it takes to finish a rotation, or to undo it: the values before and after, and which database they are of.
/// It lies sealed in the rotation's journal and in the repository for as long as the rotation is open.
package struct RotationKeys: Sendable {
    /// A database, as far as it can be told from others.
    package struct Database: Codable, Sendable, Equatable {
        package let name: String
        /// `pg_database.oid`.
        package let oid: UInt32
        /// The number that `initdb` gave the cluster; nil where this user may not read it.
        package let system: String?
        /// `super_admin."instanceId"`, where there is one.
        package let instance: String?

        package init(name: String, oid: UInt32, system: String?, instance: String?) {
            self.name = name
            self.oid = oid
            self.system = system
            self.instance = instance
        }
    }

    /// The keys before a rotation, or after it.
    package struct Side: Sendable {
        /// `ENCRYPTION_KEY`, `ROOT_ENCRYPTION_KEY` or both, or `AUTH_SECRET`, or `DB_PASSWORD` and the connection URIs that
        /// hold it, with the values that the backend reads.
        package let environment: [String: Secret]
        /// Of the key that wraps the root key; nil for what is no key.
        package let label: String?
        /// Nil in the eras without one.
        package let rootKey: Secret?

        package init(environment: [String: Secret], label: String?, rootKey: Secret? = nil) {
            self.environment = environment
            self.label = label
            self.rootKey = rootKey
        }
    }

    package let id: RotationID
    package let started: Timestamp
    /// `full`, `deep`, `rekey` or `native`; nil where nothing is encrypted anew.
    package let depth: String?
    package let isFIPS: Bool
    package let database: Database
    /// The env files that are edited, absolute.
    package let environmentFiles: [String]
    package let old: Side
    package let new: Side
    /// Environments of earlier days, whose keys may open what they left behind.
    package var older: [[String: Secret]] = []
    /// The keys below those of the environment that were replaced, in the form of `RetiredKeys.secret`; nil without any.
    package var retired: Secret?

    package init(
        id: RotationID, started: Timestamp, depth: String?, isFIPS: Bool, database: Database,
        environmentFiles: [String], old: Side, new: Side
    ) {
        self.id = id
        self.started = started
        self.depth = depth
        self.isFIPS = isFIPS
        self.database = database
        self.environmentFiles = environmentFiles
        self.old = old
        self.new = new
    }

    /// The same once the transaction knows the root keys and what it replaced.
    package func with(roots: (old: Secret, new: Secret)?, retired: Secret?) -> RotationKeys {
        var keys = RotationKeys(
            id: id, started: started, depth: depth, isFIPS: isFIPS, database: database,
            environmentFiles: environmentFiles,
            old: Side(environment: old.environment, label: old.label, rootKey: roots?.old),
            new: Side(environment: new.environment, label: new.label, rootKey: roots?.new))
        keys.older = older
        keys.retired = retired
        return keys
    }

    /// Refuses the keys of another instance: they must never be tried on this one, nor written to its env files.
    ///
    /// - Throws: `RepositoryFault.otherRotation`.
    package func require(_ here: Database) throws(RepositoryFault) {
        let reason: String? =
            if let system = database.system, let now = here.system, system != now {
                "they are of another server (\(system) and not \(now))"
            } else if database.oid != here.oid {
                "they are of another database (number \(database.oid) and not \(here.oid))"
            } else if let instance = database.instance, let now = here.instance, instance != now {
                "they are of another instance (\(instance) and not \(now))"
            } else if database.system == nil || here.system == nil, database.name != here.name {
                "they are of the database \(database.name) and not of \(here.name)"
            } else {
                nil
            }
        if let reason { throw .otherRotation(id.text, reason: reason) }
    }
}
