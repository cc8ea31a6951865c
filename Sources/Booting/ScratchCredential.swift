import Crypto
import Postgres
import Secrets

/// A service token that exists in a scratch copy only: one row, written before the server starts on it (format spec 12.5).
struct ScratchCredential {
    let cluster: BootCluster
    let isFIPS: Bool

    /// Writes the row, after the server has shown that it is the scratch server: as the database's owner, because triggers
    /// and defaults that the backup brings along run with the writer's rights.
    ///
    /// - Returns: the token; nil where the database has nobody or nothing to give one to.
    func write(_ connection: Connection, for canary: Canary) throws -> String? {
        let secret = try Random.bytes(count: 16), id = try ScratchCredential.uuid()
        var text = Array(Hex.encode(secret).utf8)
        let password = Secret(consuming: &text)
        let hash = isFIPS ? try PBKDF2.infisicalHash(password) : try Bcrypt.hash(password, cost: 10)
        let scopes = "[{\"environment\":\(ScratchCredential.json(canary.environment)),\"secretPath\":\"/**\"}]"
        // The whole columns of every era; "createdBy" is text in the old ones and a uuid in the new, so it is cast by its
        // own column.
        let rows = try connection.query(
            """
            INSERT INTO public.service_tokens (id, name, scopes, permissions, "secretHash", "createdBy", "projectId")
            SELECT \(id), 'infisical-ops drill', CAST(\(scopes) AS pg_catalog.jsonb), ARRAY['read'], \(hash),
                   (SELECT CAST(id AS pg_catalog.text) FROM public.users ORDER BY "createdAt" LIMIT 1),
                   projects.id
            FROM public.projects WHERE projects.id OPERATOR(pg_catalog.=) \(canary.projectID)
              AND EXISTS (SELECT FROM public.users)
            """)
        return rows.affected == 1 ? "st.\(id).\(Hex.encode(secret))" : nil
    }

    /// Nothing is written to a server that is not shown to be the drill's own.
    func check(_ connection: Connection) throws {
        let row = try connection.query("SELECT current_setting('infisical_ops.scratch', true) AS marker").only()
        guard try row.stringIfAny("marker") == cluster.marker, !cluster.marker.isEmpty else {
            throw BootFault.notScratch("it lacks the drill's mark")
        }
        guard let system = try ServerFacts.identifier(connection) else {
            throw BootFault.notScratch("it does not tell its system identifier")
        }
        if cluster.others.contains(system) {
            throw BootFault.notScratch("its system identifier is that of the instance's own server")
        }
    }

    private static func uuid() throws -> String {
        var bytes = try Random.bytes(count: 16)
        bytes[6] = bytes[6] & 0x0f | 0x40
        bytes[8] = bytes[8] & 0x3f | 0x80
        let hex = Array(Hex.encode(bytes))
        return [0..<8, 8..<12, 12..<16, 16..<20, 20..<32].map { String(hex[$0]) }.joined(separator: "-")
    }

    /// A text as JSON; a slug holds nothing that needs more than this.
    private static func json(_ text: String) -> String {
        "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
    }
}
