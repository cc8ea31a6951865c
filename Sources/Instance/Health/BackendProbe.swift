import Faults
package import HTTP

/// Asks the backend over HTTP whether it serves: `/api/status`, which every version has, and `/api/health`, which the
/// documentation names and no known version has.
package struct BackendProbe: Sendable {
    package enum Outcome: Sendable {
        case serves
        /// It does not, and why as one clause.
        case fails(String)
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
            struct Status: Decodable {
                let date: String
                let message: String?
            }
            if answer.status != 200 { return "/api/status answers \(answer.status)" }
            // A page of a proxy may well come with 200.
            return answer.decoded(Status.self) == nil ? "/api/status answers 200, but not with Infisical's JSON" : nil
        }
        guard case .serves = status else { return status }
        return try ask("/api/health") { answer in
            switch answer.status {
            case 404: answer.isJSON ? nil : "/api/health answers 404 with something that is not Infisical's"
            case 200..<300: answer.isJSON ? nil : "/api/health answers \(answer.status) with a page, not with JSON"
            default: "/api/health answers \(answer.status)"
            }
        }
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

        package var words: String {
            switch self {
            case .backend(let words), .silent(let words), .somethingElse(let words), .nothing(let words): words
            }
        }
    }

    /// Asks whether a backend is there at all: one that is ill is there, a proxy that has lost it is none.
    package func presence() throws(HTTPFault) -> Presence {
        do {
            let answer = try client.get(address + "/api/status", seconds: seconds)
            let words = "\(address)/api/status answers \(answer.status)"
            // What Infisical answers, well or ill; a proxy's own JSON has neither.
            struct Answer: Decodable {
                let date: String?
                let statusCode: Int?
            }
            let isInfisical = answer.decoded(Answer.self).map { $0.date != nil || $0.statusCode != nil } ?? false
            return isInfisical ? .backend(words) : .somethingElse(words + ", but not as Infisical does")
        } catch {
            switch error {
            case .refused, .unknownHost, .closed: return .nothing(error.message)
            case .timedOut, .failed, .tooLarge: return .silent(error.message)
            case .interrupted: throw error
            }
        }
    }

    private func ask(_ path: String, _ problem: (HTTPAnswer) -> String?) throws(HTTPFault) -> Outcome {
        do {
            let answer = try client.get(address + path, seconds: seconds)
            return problem(answer).map(Outcome.fails) ?? .serves
        } catch {
            switch error {
            // Between this host and a container a proxy may take connections that nobody serves yet.
            case .refused, .unknownHost, .closed: return .refused(error.message)
            case .timedOut: return .hangs(error.message)
            case .failed, .tooLarge: return .fails(error.message)
            case .interrupted: throw error
            }
        }
    }
}
