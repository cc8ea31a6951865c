import DurableFiles
import Effects
import Glibc

/// The files that libpq and OpenSSL open by themselves while they connect. They would wait for whoever writes into a pipe,
/// and no deadline and no signal ends that.
enum ConnectionFiles {
    /// The parameters that name a file, and the variables that stand in for them.
    private static let parameters = [
        "sslrootcert": "PGSSLROOTCERT", "sslcert": "PGSSLCERT", "sslkey": "PGSSLKEY", "sslcrl": "PGSSLCRL",
        "servicefile": "PGSERVICEFILE",
    ]

    /// - Throws: `connectFailed`, for a pipe, a device or a socket. What is missing is left to libpq, which names it.
    static func check(_ endpoint: Endpoint, _ effects: Effects) throws(PostgresFault) {
        for (name, variable) in parameters.sorted(by: { $0.key < $1.key }) {
            guard let path = endpoint.parameters[name] ?? getenv(variable).map({ String(cString: $0) }) else {
                continue
            }
            if isUnreadable(path, effects) {
                throw .connectFailed(server: endpoint.server, reason: "\(path) (\(name)) is not a regular file")
            }
        }
    }

    /// Whether reading could wait for ever.
    static func isUnreadable(_ path: String, _ effects: Effects) -> Bool {
        // What cannot be looked at cannot be opened either.
        let status = try? Files(effects: effects).status(path, followingLinks: true)
        return status?.kind == .other
    }
}
