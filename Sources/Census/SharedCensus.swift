import Effects
package import InfisicalData
package import InfisicalTables
import Synchronization

/// A census whose parts are taken one by one: those that somebody reads for another purpose while he does, all others at
/// the end.
package final class SharedCensus: Sendable {
    private let work: CensusWork
    /// By unit, in the order of the work.
    private let found: Mutex<[[CensusColumn]?]>
    /// The units of each table by its part.
    private let numbers: [String: [Int: Int]]

    /// - Throws: what the source throws.
    package init(_ source: any TableSource, with holders: [KeyHolder]) throws {
        let work = try CensusWork(source, holders)
        var numbers: [String: [Int: Int]] = [:]
        for (number, unit) in work.units.enumerated() { numbers[work.name(of: unit), default: [:]][unit.part] = number }
        self.work = work
        self.numbers = numbers
        found = Mutex(Array(repeating: nil, count: work.units.count))
    }

    /// Whether anything is to be tried in a part of a table.
    package func tries(_ table: String, part: Int) -> Bool { numbers[table]?[part] != nil }

    /// Tries the values of one part as `source` hands its rows over; when it comes again, the last time counts.
    package func take(_ table: String, part: Int, of source: any TableSource) throws {
        guard let number = numbers[table]?[part] else { return }
        let columns = try work.take(work.units[number], of: source) { _ in }
        found.withLock { $0[number] = columns }
    }

    /// Tries all that is left, on several threads.
    package func finish(
        _ source: some TableSource & Sendable, threads: Int, progress: @escaping @Sendable (Int) -> Void = { _ in }
    ) throws -> CensusReport {
        let next = Atomic<Int>(0), isOver = Atomic<Bool>(false)
        let left = found.withLock { found in found.indices.filter { found[$0] == nil } }
        try Threads.run(
            min(threads, max(1, left.count)), onFirstFailure: { isOver.store(true, ordering: .relaxed) }
        ) { [self] _ in
            while !isOver.load(ordering: .relaxed) {
                let place = next.add(1, ordering: .relaxed).oldValue
                guard place < left.count else { return }
                let columns = try work.take(work.units[left[place]], of: source, progress)
                found.withLock { $0[left[place]] = columns }
            }
        }
        return try work.report(found.withLock { $0.compactMap(\.self) }, source)
    }
}
