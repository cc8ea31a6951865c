import Effects
import Operations
import Synchronization

/// Measures the parts of a drill, and tells the progress which one it is in.
final class PhaseTimer {
    let progress: BackupProgress
    private let clock: any Clock
    private let start: UInt64
    private(set) var phases: [DrillReport.Phase] = []

    init(_ clock: any Clock, _ progress: BackupProgress) {
        self.clock = clock
        self.progress = progress
        start = clock.monotonic()
    }

    /// Seconds since the beginning.
    var total: Double { Double(clock.monotonic() - start) / 1e9 }

    /// What belongs to no part, so that the parts come to the whole.
    var rest: [DrillReport.Phase] {
        let seconds = total - phases.reduce(0) { $0 + $1.seconds }
        return seconds < 0.005 ? [] : [DrillReport.Phase(name: "other", seconds: seconds)]
    }

    /// Runs a part; one of the same name as before counts together with it.
    func measure<Value>(_ name: String, _ body: () throws -> Value) rethrows -> Value {
        let begin = clock.monotonic()
        progress.phase.withLock { $0 = name == "restore" || name == "content" ? nil : name }
        defer {
            progress.phase.withLock { $0 = nil }
            let seconds = Double(clock.monotonic() - begin) / 1e9
            if let index = phases.firstIndex(where: { $0.name == name }) {
                phases[index] = DrillReport.Phase(name: name, seconds: phases[index].seconds + seconds)
            } else {
                phases.append(DrillReport.Phase(name: name, seconds: seconds))
            }
        }
        return try body()
    }
}
