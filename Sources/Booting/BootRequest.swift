package import Secrets

/// The values of the instance's keys that a backend starts with.
package struct BootKeys: Sendable {
    package let encryptionKey: Secret?
    package let rootEncryptionKey: Secret?
    /// Whether the instance runs with `FIPS_ENABLED=true` and its database says so too (format spec 3.3).
    package let isFIPS: Bool

    package init(encryptionKey: Secret?, rootEncryptionKey: Secret?, isFIPS: Bool) {
        self.encryptionKey = encryptionKey
        self.rootEncryptionKey = rootEncryptionKey
        self.isFIPS = isFIPS
    }
}

/// A secret whose value is known, to be read back by its name.
package struct Canary: Sendable {
    package let projectID: String
    /// The slug of its environment.
    package let environment: String
    /// Its folder, such as `/` or `/app/db`.
    package let path: String
    package let name: String
    package let value: Secret

    package init(projectID: String, environment: String, path: String, name: String, value: Secret) {
        self.projectID = projectID
        self.environment = environment
        self.path = path
        self.name = name
        self.value = value
    }
}

/// The cluster of a scratch server that does not run, with the restored database in it.
package struct BootCluster: Sendable {
    /// The folder of the cluster itself (`PG_VERSION` lies in it), in a path of at most 80 bytes.
    package let data: String
    package let database: String
    /// Whom the backend connects as: who restored the database, and has no rights beyond it.
    package let user: String
    /// What the scratch server's configuration sets `infisical_ops.scratch` to.
    package let marker: String
    /// System identifiers that it must not have: the backup's own and the live server's.
    package let others: Set<String>

    package init(data: String, database: String, user: String, marker: String, others: Set<String>) {
        self.data = data
        self.database = database
        self.user = user
        self.marker = marker
        self.others = others
    }
}

/// What to start, with what, and what to read back.
package struct BootRequest: Sendable {
    package let cluster: BootCluster
    package let keys: BootKeys
    /// Nil where the backup holds no secret that could be read back.
    package let canary: Canary?
    /// Who reads it, where the configuration names one.
    package let identity: MachineIdentity?
    /// Secrets of other projects, for an identity that may not read that one.
    package let otherCanaries: [Canary]
    /// How long the backend may take until it answers. A real one takes 5 to 26 seconds, a dead one up to 47.
    package let patience: Duration

    package init(
        cluster: BootCluster, keys: BootKeys, canary: Canary?, identity: MachineIdentity? = nil,
        otherCanaries: [Canary] = [], patience: Duration = .seconds(90)
    ) {
        self.cluster = cluster
        self.keys = keys
        self.canary = canary
        self.identity = identity
        self.otherCanaries = otherCanaries
        self.patience = patience
    }
}

/// What a drill that boots found; whatever else it comes to is a fault.
package struct BootReport: Sendable {
    /// From the start of the backend until `/api/status` answered 200.
    package let seconds: Double
    /// What was read back, equal; nil only where there is none.
    package let canary: Canary?
    /// Who read it.
    package let reader: Reader?

    package enum Reader: Sendable, Equatable {
        /// The instance's own machine identity.
        case identity
        /// A credential that exists in the copy only; with why the configured identity did not, as a clause.
        case credential(identityRefused: String?)
    }
}
