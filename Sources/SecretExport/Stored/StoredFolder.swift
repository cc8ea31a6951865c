package import InfisicalTables

/// The secrets of one folder.
package struct StoredFolder: Sendable {
    private(set) var shared: [String: StoredSecret] = [:]
    /// Those of the one user whose values were asked for.
    private(set) var personal: [String: StoredSecret] = [:]
    /// How many personal values other users have here.
    package internal(set) var personalOfOthers: [RowID: Int] = [:]
    package internal(set) var unopened: [UnopenedSecret] = []
    /// How many rows were older copies of one with the same name: until 2026 nothing kept such rows out.
    package private(set) var outdated = 0

    package init() {}

    /// Every secret, in the order of the ids, which is that in which the server lists them.
    package var all: [StoredSecret] { [shared.values, personal.values].joined().sorted { $0.id < $1.id } }

    /// Takes a secret in; of two with the same name and type the younger one stays, as in Infisical's own clean-up.
    mutating func add(_ secret: StoredSecret) {
        let earlier = secret.type == .shared ? shared[secret.key] : personal[secret.key]
        if let earlier {
            outdated += 1
            if (earlier.createdAt ?? 0, earlier.id) > (secret.createdAt ?? 0, secret.id) { return }
        }
        if secret.type == .shared { shared[secret.key] = secret } else { personal[secret.key] = secret }
    }

    /// The value that a name stands for: a personal one wins where there is one.
    func secret(_ key: String) -> StoredSecret? { personal[key] ?? shared[key] }

    mutating func setTags(_ slugs: [String: [String]]) {
        for (key, secret) in shared { shared[key]?.tags = slugs[secret.id] ?? [] }
        for (key, secret) in personal { personal[key]?.tags = slugs[secret.id] ?? [] }
    }
}
