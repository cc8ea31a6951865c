import BackupTables
import Census
import InstanceData
import Operations
import Repository
import Synchronization

/// Tries the backup's ciphertexts while they are loaded into the copy: the chunks are opened once for both.
///
/// What came of it counts when the copy has been found to equal the backup, and so does what went wrong in it.
final class CiphertextTrial: Sendable {
    private let data: Result<DrillOperation.Keyed, any Error>
    private let census: Result<SharedCensus, any Error>?
    private let failure = Mutex<(any Error)?>(nil)

    /// - Parameter prepare: finds the data and the keys that belong to it.
    init(_ prepare: () throws -> DrillOperation.Keyed) {
        data = Result { try prepare() }
        guard case .success(.data(let data)) = data, data.hasKeys else {
            census = nil
            return
        }
        census = Result { try SharedCensus(data.tables, with: data.keys.holders) }
        // Whoever loads needs the memory.
        data.tables.freeReaders()
    }

    /// Reads along with the restore of the database that has ciphertexts.
    var companion: RestoreOperation.Companion {
        guard case .success(.data(let data)) = data, case .success(let census) = census else {
            return { _, _, load in try load { _ in } }
        }
        return { [self] table, part, load in
            guard table.schema == "public", census.tries(table.name, part: part) else { return try load { _ in } }
            var isLoaded: Bool?
            do {
                try withoutActuallyEscaping(load) { load in
                    let tables = LoadedTables(data.tables) { piece in
                        isLoaded = false
                        try load(piece)
                        isLoaded = true
                    }
                    try census.take(table.name, part: part, of: tables)
                }
            } catch {
                if isLoaded == false { throw error }
                failure.withLock { $0 = $0 ?? error }
                if isLoaded == nil { try load { _ in } }
            }
        }
    }

    /// - Parameter unchecked: gets why nothing was tried, where that is so.
    /// - Returns: nil where nothing was tried; without a census where there is no key to try.
    func outcome(
        threads: Int, _ unchecked: inout [String]
    ) throws -> (data: DrillOperation.KeyedData, census: CensusReport?)? {
        switch try data.get() {
        case .unchecked(let reason):
            unchecked.append(reason)
            return nil
        case .data(let data):
            if let failure = failure.withLock(\.self) { throw failure }
            return (data, try census?.get().finish(data.tables, threads: threads))
        }
    }
}
