import FoundationEssentials

/// What the first process of a jail is asked to do; one line of JSON each.
enum JailOrder: Codable, Sendable {
    /// Run the probe as the jailed program's user.
    case probe
    /// Start a program as a user; with the environment that the jail was given, or with none to speak of.
    case start(name: String, command: [String], folder: String, user: UInt32, group: UInt32, isTrusted: Bool)
    /// Whether a program still runs, and what it printed last.
    case look(name: String)
    /// Ask a server on the jail's loopback; with POST where so many bytes of JSON follow the order.
    case ask(url: String, bearer: String?, body: Int?, seconds: Double)
}

/// The answer to an order: a line of JSON, then so many bytes as it says.
struct JailAnswer: Codable, Sendable {
    enum Problem: String, Codable, Sendable { case notPermitted, notMade, other }
    /// Why it was not done.
    var problem: Problem?
    var reason: String?
    var reached: [String]?
    var isRunning: Bool?
    /// How a program ended, in words.
    var end: String?
    /// The status of an HTTP answer.
    var status: Int?
    /// How many bytes follow the line.
    var bytes = 0

    func line() throws -> [UInt8] { [UInt8](try JSONEncoder().encode(self)) + [0x0a] }

    init(problem: Problem? = nil, reason: String? = nil) {
        self.problem = problem
        self.reason = reason
    }

    /// A fault as the other side can read it.
    init(_ fault: JailFault) {
        switch fault {
        case .notPermitted(let why): self.init(problem: .notPermitted, reason: why)
        case .notMade(let why): self.init(problem: .notMade, reason: why)
        default: self.init(problem: .other, reason: fault.message)
        }
    }

    var fault: JailFault? {
        guard let problem, let reason else { return nil }
        return switch problem {
        case .notPermitted: .notPermitted(reason)
        case .notMade: .notMade(reason)
        case .other: .broken(reason)
        }
    }
}
