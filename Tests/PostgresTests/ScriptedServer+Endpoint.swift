import Postgres
import TestSupport

extension ScriptedServer {
    /// Where to connect.
    var endpoint: Endpoint {
        Endpoint(
            host: "127.0.0.1", port: port, database: "d", user: "u",
            parameters: ["sslmode": "disable", "gssencmode": "disable"])
    }
}
