import Census
import CopyFormat
import InfisicalData
import Secrets

/// What one pass over the tables shares: the keys, the counts of each column, and what stays closed.
final class RekeyingWork {
    /// How many closed values are named at most.
    static let mostClosed = 100_000

    /// What becomes of values; nil where they are only read back.
    let keys: RekeyingKeys?
    let new: EnvironmentKeys
    let wrapping: KeyCandidate
    let writing: KeyCandidate
    /// Whether the index beside each value must be its own.
    var checksIndexes = false
    /// Numbers of keys that may open nothing.
    var dead: Set<Int> = []
    /// Numbers of keys of an environment that is neither in force nor the new one.
    private var older: Set<Int> = []
    private let utf8: KeyCandidate?
    private let base64: KeyCandidate?
    private let leaves: Set<ValueName>
    private let digestKey: DigestKey
    /// Rows that were read, by table.
    var rows: [String: Int64] = [:]
    private var tallies: [[String]: ColumnTally] = [:]
    private(set) var closed: [ValueName: String] = [:]
    private(set) var left: Set<ValueName> = []
    /// Values whose row names a key of an encoding that nobody gave.
    private(set) var withoutKey: [KeyEncoding: (count: Int, example: ValueName)] = [:]
    private let given: Set<KeyEncoding>

    init(
        _ keys: RekeyingKeys?, new: EnvironmentKeys, old: [EnvironmentKeys], leaves: Set<ValueName>,
        _ digestKey: DigestKey
    ) throws {
        guard let wrapping = new.rootCandidate, let writing = new.writingCandidate else {
            throw RekeyingFault.unusableKey(new.problems.map(\.message))
        }
        self.keys = keys
        self.new = new
        self.wrapping = wrapping
        self.writing = writing
        self.leaves = leaves
        self.digestKey = digestKey
        utf8 = new.candidates(for: .utf8).first
        base64 = new.candidates(for: .base64).first
        let inForce = (old.first?.candidates ?? []).map(\.key) + new.candidates.map(\.key)
        for (number, key) in (keys?.rack.keys ?? []).enumerated()
        where RekeyingKeys.isOfEnvironment(key.kind) && !inForce.contains(where: key.secret.equals) {
            older.insert(number)
        }
        let all = old + [new] + [keys?.snapshot?.current, keys?.snapshot?.original].compactMap(\.self)
        given = Set(all.flatMap(\.candidates).map(\.source.encoding))
    }

    /// Reads back what another wrote, and sums it up in the same way.
    init(readingBack written: RekeyingWork) {
        keys = nil
        new = written.new
        wrapping = written.wrapping
        writing = written.writing
        leaves = written.leaves
        digestKey = written.digestKey
        utf8 = written.utf8
        base64 = written.base64
        given = []
    }

    /// Values that are written by other means than row by row.
    static func isApart(_ table: String) -> Bool { ["kms_root_config", "kms_legacy_encryption_keys"].contains(table) }

    /// Whether what a value holds is a key.
    static func holdsKeys(_ value: CensusPlan.Value) -> Bool {
        switch value.sealing {
        case .kmsKey, .rootKey: true
        case .environment: value.name == "encryptedSymmetricKey"
        default: false
        }
    }

    func tally(_ table: String, _ column: String) throws -> ColumnTally {
        if let known = tallies[[table, column]] { return known }
        let made = try ColumnTally(RekeyedColumn(table: table, column: column), digestKey)
        tallies[[table, column]] = made
        return made
    }

    /// Takes in a value that no key opens.
    func close(_ name: ValueName, _ reason: String, encoding: KeyEncoding?, _ tally: ColumnTally) {
        if leaves.contains(name) {
            left.insert(name)
            tally.column.left += 1
            return
        }
        tally.column.closed += 1
        if closed.count < RekeyingWork.mostClosed { closed[name] = reason }
        if keys != nil, let encoding, !given.contains(encoding) {
            let known = withoutKey[encoding]
            withoutKey[encoding] = ((known?.count ?? 0) + 1, known?.example ?? name)
        }
    }

    func isDead(_ key: Int) -> Bool { dead.contains(key) }

    func isOlder(_ key: Int) -> Bool { older.contains(key) }

    /// The new key for values whose row names an encoding: the one of that encoding where there is one, else the one that a
    /// server writes with.
    func target(_ encoding: KeyEncoding?) -> KeyCandidate {
        switch encoding {
        case .utf8: utf8 ?? writing
        case .base64: base64 ?? writing
        case nil: writing
        }
    }

    var columns: [RekeyedColumn] {
        tallies.values.map(\.column).filter { $0.opened + $0.closed + $0.left + $0.reasons.count > 0 }
            .sorted { ($0.table, $0.column) < ($1.table, $1.column) }
    }

    /// Throws where values stay closed that nobody said to leave.
    func refuseClosed() throws {
        try refuseMissing()
        let count = tallies.values.reduce(0) { $0 + $1.column.closed }
        guard count > 0 else { return }
        let names = closed.sorted { $0.key < $1.key }
        throw RekeyingFault.closed(
            count: count, examples: names.prefix(5).map { "\($0.key.text): \($0.value)" },
            settings: names.count { $0.key.endsTheStart })
    }

    /// Throws where rows name a key that nobody gave.
    func refuseMissing() throws {
        if let (encoding, found) = withoutKey.sorted(by: { $0.key.rawValue < $1.key.rawValue }).first {
            throw RekeyingFault.keyNotGiven(
                variable: encoding == .utf8 ? "ENCRYPTION_KEY" : "ROOT_ENCRYPTION_KEY", values: found.count,
                example: found.example)
        }
    }

    /// Compares what was read back with what was written.
    func compare(with written: RekeyingWork) throws {
        for (name, before) in written.tallies.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) })
        where !RekeyingWork.isApart(name[0]) {
            let column = name.joined(separator: "."), after = tallies[name]
            guard after?.column.opened ?? 0 == before.column.opened else {
                throw RekeyingFault.notReadBack(
                    column: column, opened: after?.column.opened ?? 0, expected: before.column.opened)
            }
            guard after?.content ?? ContentDigest() == before.content else {
                throw RekeyingFault.otherContent(column: column)
            }
        }
    }
}
