import Faults
package import HTTP

/// Asks the backend over HTTP whether it serves: `/api/status`, which every version has, and `/api/health`, which the
/// documentation names and no known version has.
package struct BackendProbe: Sendable {
    package enum Outcome: Sendable {
        case serves
        /// It does not, and why as one clause.
        case fails(String)
        /// Something else answers there, or a proxy in its own name.
        case foreign(String)
        /// Whether it serves cannot be told from here.
        case unknown(String)
        /// Nothing listens there.
        case refused(String)
        /// It took the request and did not answer.
        case hangs(String)
    }

    private let client: HTTPClient
    private let address: String
    /// Until a request is given up.
    private let seconds: Double

    /// - Parameter address: without a path, such as `http://127.0.0.1:8080`.
    package init(_ client: HTTPClient, address: String, seconds: Double) {
        self.client = client
        self.address = address.hasSuffix("/") ? String(address.dropLast()) : address
        self.seconds = seconds
    }

    package func perform() throws(HTTPFault) -> Outcome {
        let status = try ask("/api/status") { answer in
            let text = "/api/status answers \(answer.status)"
            guard BackendProbe.isInfisical(answer) else {
                // What proxies answer that find nobody behind them.
                return .foreign(
                    [502, 503, 504].contains(answer.status)
                        ? text + ": a proxy answers, with no backend behind it"
                        : text + ", but not with Infisical's JSON: another program or a proxy listens there")
            }
            // A page of a proxy may well come with 200, so may the JSON of one.
            return answer.status == 200 ? nil : .fails(text)
        }
        guard case .serves = status else { return status }
        return try ask("/api/health") { answer in
            let problem: String? =
                switch answer.status {
                case 404: answer.isJSON ? nil : "/api/health answers 404 with something that is not Infisical's"
                case 200..<300: answer.isJSON ? nil : "/api/health answers \(answer.status) with a page, not with JSON"
                default: "/api/health answers \(answer.status)"
                }
            return problem.map(Outcome.fails)
        }
    }

    /// What Infisical answers, well or ill, has a date or the status; a proxy's own JSON has neither.
    private static func isInfisical(_ answer: HTTPAnswer) -> Bool {
        struct Body: Decodable {
            let date: String?
            let statusCode: Int?
        }
        guard let body = answer.decoded(Body.self) else { return false }
        return answer.status == 200 ? body.date != nil : body.date != nil || body.statusCode != nil
    }

    /// What is at the address, however well it works.
    package enum Presence: Sendable, Equatable {
        /// Infisical, or something that cannot be told from it, and what it said as one clause.
        case backend(String)
        /// It takes connections and says nothing, as a backend does whose Redis is gone.
        case silent(String)
        /// A proxy or another program that answers in its own name.
        case somethingElse(String)
        case nothing(String)

        /// Whether a backend may be behind it.
        package var mayBeBackend: Bool {
            switch self {
            case .backend, .silent: true
            case .somethingElse, .nothing: false
            }
        }

        package var text: String {
            switch self {
            case .backend(let text), .silent(let text), .somethingElse(let text), .nothing(let text): text
            }
        }
    }

    /// Asks whether a backend is there at all: one that is ill is there, a proxy that has lost it is none.
    package func presence() throws(HTTPFault) -> Presence {
        do {
            let answer = try client.get(address + "/api/status", seconds: seconds)
            let text = "\(address)/api/status answers \(answer.status)"
            return BackendProbe.isInfisical(answer)
                ? .backend(text) : .somethingElse(text + ", but not as Infisical does")
        } catch {
            switch error {
            case .refused, .unknownHost, .closed: return .nothing(error.message)
            case .timedOut, .failed, .tooLarge, .untrusted: return .silent(error.message)
            case .interrupted: throw error
            }
        }
    }

    /// - Parameter problem: what is wrong with an answer; nil where nothing is.
    private func ask(_ path: String, _ problem: (HTTPAnswer) -> Outcome?) throws(HTTPFault) -> Outcome {
        do {
            let answer = try client.get(address + path, seconds: seconds)
            return problem(answer) ?? .serves
        } catch {
            switch error {
            // Between this host and a container a proxy may take connections that nobody serves yet.
            case .refused, .unknownHost, .closed: return .refused(error.message)
            case .timedOut: return .hangs(error.message)
            case .failed, .tooLarge: return .fails(error.message)
            case .untrusted: return .unknown(error.message)
            case .interrupted: throw error
            }
        }
    }
}
