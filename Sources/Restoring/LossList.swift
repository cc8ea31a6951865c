import Postgres
import Synchronization

/// What a restore goes on without, collected from all of its connections.
package final class LossList: Sendable {
    private struct State {
        var losses: [ObjectLoss] = []
        var notes: [String] = []
        /// Entries of the archive that are not there.
        var missing: Set<Int> = []
    }

    private let isStrict: Bool
    private let state = Mutex(State())

    /// - Parameter isStrict: whether the first loss ends the restore.
    package init(isStrict: Bool) { self.isStrict = isStrict }

    package var losses: [ObjectLoss] { state.withLock { $0.losses } }
    /// What was done otherwise and is no loss; one sentence without full stop each.
    package var notes: [String] { state.withLock { $0.notes } }

    /// - Throws: `RestoringFault.refused` where no loss is accepted.
    func add(_ loss: ObjectLoss, missing number: Int? = nil) throws {
        if isStrict { throw RestoringFault.refused(loss.text) }
        state.withLock {
            $0.losses.append(loss)
            if let number { $0.missing.insert(number) }
        }
    }

    /// Something that stays out because the one who restores said so, or because what it belongs to is not there.
    func leaveOut(_ number: Int, saying note: String? = nil) {
        state.withLock {
            $0.missing.insert(number)
            if let note { $0.notes.append(note) }
        }
    }

    /// Says something once.
    func note(_ text: String) {
        state.withLock { if !$0.notes.contains(text) { $0.notes.append(text) } }
    }

    func isMissing(_ number: Int) -> Bool { state.withLock { $0.missing.contains(number) } }
}
