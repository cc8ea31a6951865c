import BackupTables
import Census
import Effects
import InstanceData

/// Tries the backup's ciphertexts while its server is made, which leaves this program idle.
///
/// They are read from the backup's chunks, so nothing of it needs the copy: what came of it counts when the copy has been
/// found to equal them. All of it is over before the copy is filled, which needs the memory.
final class CiphertextTrial {
    private let cancellation: Cancellation
    private let threads: Int
    private let prepare: () throws -> DrillOperation.Keyed
    private var prepared: Result<DrillOperation.Keyed, any Error>?
    private var census: Result<CensusReport, any Error>?

    /// - Parameter prepare: finds the data and the keys that belong to it.
    init(cancellation: Cancellation, threads: Int, prepare: @escaping () throws -> DrillOperation.Keyed) {
        self.cancellation = cancellation
        self.threads = threads
        self.prepare = prepare
    }

    /// Tries them beside `body`; where that fails, it ends at once.
    ///
    /// What fails in the trial itself is told by `outcome`.
    ///
    /// - Returns: what `body` made.
    func perform<Value>(_ timer: PhaseTimer, beside body: () throws -> Value) throws -> Value {
        prepared = Result { try prepare() }
        guard case .success(.data(let data)) = prepared, data.hasKeys else { return try body() }
        let stop = Cancellation(), ended = Cancellation()
        let (made, census) = try Threads.both(
            {
                do {
                    let made = try body()
                    // A signal ends the wait because it ends the trial.
                    try timer.measure("ciphertexts") {
                        while !ended.isCancelled { _ = try stop.wait(for: ended.descriptor, events: 1) }
                    }
                    return made
                } catch {
                    stop.cancel()
                    throw error
                }
            },
            beside: { [cancellation, threads] in
                defer { ended.cancel() }
                return Result {
                    try Census.take(
                        sharing: data.tables, with: data.keys.holders, threads: threads,
                        check: {
                            try stop.check()
                            try cancellation.check()
                        })
                }
            })
        data.tables.freeReaders()
        self.census = census
        return made
    }

    /// - Parameter unchecked: gets why nothing was tried, where there is a reason.
    /// - Returns: nil where nothing was tried; without a census where there is no key to try.
    func outcome(_ unchecked: inout [String]) throws -> (data: DrillOperation.KeyedData, census: CensusReport?)? {
        switch try prepared?.get() {
        case .data(let data): return (data, try census?.get())
        case .unchecked(let reason): unchecked.append(reason)
        case nil: break
        }
        return nil
    }
}
