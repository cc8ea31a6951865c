/// The process exit codes; stable, documented in `docs/scripting.md`.
package enum ExitCode: Int32, Sendable, CaseIterable {
    case done = 0
    /// Failed; nothing changed, or all changes were undone.
    case failed = 1
    /// Done, but something that the output names is left.
    case partial = 2
    /// Refused before anything changed.
    case refused = 3
    /// No repository, or no such backup.
    case notFound = 10
    /// Another run holds the lock.
    case locked = 11
    /// The key does not open this data.
    case keyMismatch = 12
    case damaged = 13
    case unfinishedRotation = 14
    case unhealthy = 15
    /// Older than `status --max-age` allows.
    case stale = 16
    case usage = 64
    case interrupted = 130
    case terminated = 143

    /// The code to leave with when several apply: 14, 12, 13, 15, 16, 2 in this order; any other failure comes first.
    package static func mostImportant(_ codes: some Sequence<ExitCode>) -> ExitCode {
        let order: [ExitCode] = [.unfinishedRotation, .keyMismatch, .damaged, .unhealthy, .stale, .partial, .done]
        let rank = { (code: ExitCode) in order.firstIndex(of: code) ?? -1 }
        return codes.min { rank($0) < rank($1) } ?? .done
    }
}
