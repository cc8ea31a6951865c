import Glibc
import Postgres

/// Hands the entries of an archive to several workers: each after those it depends on, and never two at once that lock the
/// same table, which could wait for each other for ever.
final class EntrySchedule: @unchecked Sendable {
    // The mutex guards everything below it.
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    /// Those that nothing stands before any more, the heaviest first.
    private var ready: [Int] = []
    private var waitsFor: [Int]
    private var left: Int
    private var isStopped = false
    /// By table: how many that may run side by side do so now; -1 for one that must be alone.
    private var users: [Int: Int] = [:]

    private let followers: [[Int]]
    private let tables: [Set<Int>]
    private let isShared: [Bool]
    /// The place in which an entry is taken, from 0.
    private let rank: [Int]

    /// - Parameters:
    ///   - tables: numbers of the entries that are tables.
    ///   - weights: how much there is in a table, by its entry's number.
    init(_ entries: [ArchiveContents.Entry], tables: Set<Int>, weights: [Int: Int]) {
        let place = Dictionary(zip(entries.map(\.number), entries.indices)) { first, _ in first }
        var followers = [[Int]](repeating: [], count: entries.count), waitsFor = followers.map { _ in 0 }
        for (index, entry) in entries.enumerated() {
            // What is in no other part is there already. One that names a later entry would wait in a circle.
            for before in Set(entry.dependencies.compactMap { place[$0] }) where before < index {
                followers[before].append(index)
                waitsFor[index] += 1
            }
        }
        self.followers = followers
        self.waitsFor = waitsFor
        self.tables = entries.map { Set($0.dependencies).intersection(tables) }
        isShared = entries.map { $0.description == "INDEX" }
        var weight = entries.map { $0.dependencies.compactMap { weights[$0] }.max() ?? 0 }
        // What a heavy entry waits for is as urgent as that: the key that a large table refers to, before other indexes.
        for index in entries.indices.reversed() {
            weight[index] = followers[index].reduce(weight[index]) { max($0, weight[$1]) }
        }
        var rank = entries.indices.map { $0 }
        for (place, index) in entries.indices.sorted(by: { (-weight[$0], $0) < (-weight[$1], $1) }).enumerated() {
            rank[index] = place
        }
        self.rank = rank
        left = entries.count
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(changed, nil)
        for index in entries.indices where waitsFor[index] == 0 { insert(index) }
    }

    deinit {
        pthread_cond_destroy(changed)
        pthread_mutex_destroy(mutex)
        changed.deallocate()
        mutex.deallocate()
    }

    /// Waits for an entry that can be made now.
    ///
    /// - Returns: its place among the entries; nil when all are made, or the work was stopped.
    func next() -> Int? {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while left > 0, !isStopped {
            if let at = ready.firstIndex(where: isFree) {
                let index = ready.remove(at: at)
                for table in tables[index] {
                    if isShared[index] { users[table, default: 0] += 1 } else { users[table] = -1 }
                }
                return index
            }
            pthread_cond_wait(changed, mutex)
        }
        return nil
    }

    /// Says that an entry is made, or left out.
    func done(_ index: Int) {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        for table in tables[index] {
            let others = isShared[index] ? (users[table] ?? 1) - 1 : 0
            users[table] = others == 0 ? nil : others
        }
        for follower in followers[index] {
            waitsFor[follower] -= 1
            if waitsFor[follower] == 0 { insert(follower) }
        }
        left -= 1
        pthread_cond_broadcast(changed)
    }

    /// Lets everybody who waits go.
    func stop() {
        pthread_mutex_lock(mutex)
        isStopped = true
        pthread_cond_broadcast(changed)
        pthread_mutex_unlock(mutex)
    }

    private func isFree(_ index: Int) -> Bool {
        tables[index].allSatisfy { table in users[table].map { isShared[index] && $0 > 0 } ?? true }
    }

    private func insert(_ index: Int) {
        let at = ready.firstIndex { rank[$0] > rank[index] } ?? ready.endIndex
        ready.insert(index, at: at)
    }
}
