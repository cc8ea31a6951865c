import Postgres
import Secrets

/// Where PostgreSQL, Redis and a backend of their own run apart from everything: a jail of this host, or containers
/// without a network.
protocol BootPlace: AnyObject {
    /// Where this process reaches the scratch server; no other one does.
    var endpoint: Endpoint { get }
    /// Starts PostgreSQL and Redis, after it is proven that nothing outside is reached.
    func startServers() throws
    func startBackend() throws
    func lookAtBackend() throws -> BackendState
    /// The first of PostgreSQL and Redis that has ended, as a fault; nil while both run.
    func deadServer() throws -> BootFault?
    func ask(_ request: BackendRequest) throws -> BackendAnswer
    /// Ends all of it, and waits until nothing is left.
    func end() throws
}

/// How a backend is doing.
struct BackendState {
    let isRunning: Bool
    /// How it ended: `status 1`.
    let end: String?
    /// The last lines that it printed.
    let lines: [String]
}

/// What a backend is asked.
struct BackendRequest {
    /// Its path, with what follows.
    let target: String
    /// A token that opens nothing outside.
    let bearer: String?
    /// A JSON document of one line, sent with POST; nil asks with GET.
    let body: Secret?

    init(_ target: String, bearer: String? = nil, body: Secret? = nil) {
        self.target = target
        self.bearer = bearer
        self.body = body
    }
}

/// What a backend answered.
enum BackendAnswer {
    case status(Int, body: [UInt8])
    case none(String)
}

/// Where the parts listen, on a loopback that they have for themselves.
enum BootPorts {
    static let database = 5432
    static let redis = 6379
    static let backend = 8080
}
