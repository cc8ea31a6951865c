import Postgres

/// Tells the scratch server from every other, before a byte is written to it.
struct ScratchIdentity {
    /// A setting that PostgreSQL does not know, set in the scratch server's configuration before its first start.
    static let setting = "infisical_ops.scratch"

    let marker: String
    /// The numbers of clusters that it must not be: the backup's own, and that of the live server.
    let others: Set<String>

    /// - Throws: `DrillFault.notScratch`.
    func check(_ connection: Connection) throws {
        let row = try connection.query("SELECT current_setting(\(Self.setting), true) AS marker").only()
        guard try row.stringIfAny("marker") == marker else { throw DrillFault.notScratch("it lacks the drill's mark") }
        guard let system = try ServerFacts.identifier(connection) else {
            throw DrillFault.notScratch("it does not tell its system identifier")
        }
        if others.contains(system) {
            throw DrillFault.notScratch("its system identifier is that of the instance's own server")
        }
    }
}
