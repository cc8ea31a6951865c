import Census
import InfisicalData
import InfisicalTables
import Postgres

/// Which values of which tables a depth looks at.
struct RekeyingScope {
    let depth: RekeyingDepth
    /// Whether values anywhere may be under keys that were replaced.
    let isWide: Bool

    /// The tables that have rows, with the values that are meant.
    func tables(_ source: any TableSource, filled: Set<String>) -> [CensusPlan.Table] {
        CensusPlan(source.facts, roots: source.roots).tables.filter { filled.contains($0.name) }
            .compactMap { $0.only(contains) }
    }

    private func contains(_ value: CensusPlan.Value) -> Bool {
        switch value.sealing {
        case .wrappingKey, .environment, .unknown: true
        case .rootKey: isWide || depth >= .deep || value.name == "encryptedKeySnapshot"
        case .kmsKey, .owner, .anyKey, .legacyProject, .organizationBot: isWide || depth >= .rekey
        case .unprovable: isWide
        case .notCiphertext: false
        }
    }

    /// The tables of the schema that hold any page.
    static func filled(_ connection: Connection) throws(PostgresFault) -> Set<String> {
        var names: Set<String> = []
        let rows = try connection.query(
            """
            SELECT class.relname AS name FROM pg_catalog.pg_class AS class
            JOIN pg_catalog.pg_namespace AS namespace ON namespace.oid = class.relnamespace
            WHERE namespace.nspname = 'public' AND class.relkind = 'r' AND pg_catalog.pg_relation_size(class.oid) > 0
            """)
        for row in rows { names.insert(try row.string("name")) }
        return names
    }
}
