import Faults
package import InfisicalTables

/// The secrets of one folder.
package struct StoredFolder: Sendable {
    private var shared: [ExactText: StoredSecret] = [:]
    /// Those of the one user whose values were asked for.
    private var personal: [ExactText: StoredSecret] = [:]
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
        let key = ExactText(secret.key), earlier = secret.type == .shared ? shared[key] : personal[key]
        if let earlier {
            outdated += 1
            if (earlier.createdAt ?? 0, earlier.id) > (secret.createdAt ?? 0, secret.id) { return }
        }
        if secret.type == .shared { shared[key] = secret } else { personal[key] = secret }
    }

    /// The secret that a name stands for: a personal one wins where there is one and personal values count.
    func secret(_ key: String, usesPersonal: Bool) -> StoredSecret? {
        let key = ExactText(key)
        return (usesPersonal ? personal[key] : nil) ?? shared[key]
    }

    func hasPersonal(_ key: String) -> Bool { personal[ExactText(key)] != nil }

    mutating func setTags(_ slugs: [String: [String]]) {
        for (key, secret) in shared { shared[key]?.tags = slugs[secret.id] ?? [] }
        for (key, secret) in personal { personal[key]?.tags = slugs[secret.id] ?? [] }
    }
}
