/// What is the matter with one part of the instance; the words are those that people and scripts see.
package enum Condition: String, Sendable, Equatable {
    case healthy
    /// It was started a moment ago, and has not come up yet.
    case starting
    /// It runs and does not do its work.
    case unhealthy
    /// It ends again and again after being started.
    case crashLoop = "crash loop"
    case stopped
    case paused
    case missing
    case outOfMemory = "out of memory"
    case wrongKey = "wrong key"
    /// There is none, where one is needed.
    case missingKey = "missing key"
    /// The key is the right one, but something below it does not open.
    case brokenKeys = "broken keys"
    case wrongPassword = "wrong password"
    case diskFull = "disk full"
    case unreachable
    /// Nothing here can tell.
    case notKnown = "not known"
    /// A step before it failed, or nothing says how it is reached.
    case notChecked = "not checked"

    /// Whether it is about the key, so that a run ends with 12.
    package var isOfKey: Bool { self == .wrongKey || self == .missingKey || self == .brokenKeys }

    /// Whether waiting may help.
    package var mayPass: Bool {
        switch self {
        case .starting, .unhealthy, .unreachable, .stopped, .notChecked, .crashLoop: true
        default: false
        }
    }
}
