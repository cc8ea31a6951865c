import Recovering

/// A part of a recovery with the time it took.
package struct RecoverPhase: Encodable, Sendable {
    /// Such as `restore`.
    package let name: String
    package let seconds: Double

    init(_ phase: RecoveryPhases.Phase) {
        name = phase.name
        seconds = phase.seconds
    }
}
