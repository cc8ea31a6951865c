import Crypto
import InfisicalData

/// Tries the values of one column: each with its own row's key first, then with the keys that opened others of the
/// column, and the first values that stay closed with every key there is.
struct ColumnCensus: Sendable {
    /// How many values that stay closed are tried with all keys. One key of many may fit a value whose row does not say
    /// whose it is, but trying all on each would take hours where a column holds something else.
    static let most = 200

    private var column: CensusColumn
    /// How many values each kind of key opened, in the order of `KeyClass.allCases`.
    private var kinds = [Int](repeating: 0, count: KeyClass.allCases.count)
    private let rack: KeyRack
    /// Those that may open a value of this form, whoever's they are.
    private let others: [Int]
    /// Those that opened a value that did not say whose it is, the last one first.
    private var openers: [Int] = []
    private var searches = 0
    /// Why nothing is proven by a value that stays closed: no server reads the column any more.
    private let residue: String?
    private let outlivesOwner: Bool
    /// Why a value may stay closed although it is sound, where its row does not say whose it is.
    private let doubt: String?

    /// - Parameters:
    ///   - residue: why nothing is proven by a value that stays closed; nil where something is.
    ///   - outlivesOwner: whether rows stay when what they belong to is deleted.
    init(_ column: CensusColumn, _ rack: KeyRack, sealsTriples: Bool, residue: String?, outlivesOwner: Bool) {
        self.column = column
        self.rack = rack
        self.residue = residue
        self.outlivesOwner = outlivesOwner
        // Nobody knows which key seals a column that nobody knows.
        others = rack.keys.indices.filter {
            column.kind == .unknown || rack.keys[$0].sealsTriples == sealsTriples
        }
        doubt = rack.doubt(sealsTriples: sealsTriples)
    }

    /// A value that is there, and is nothing to try.
    mutating func count() -> Judgement {
        column.rows += 1
        return .none
    }

    mutating func leave(_ reason: String) -> Judgement {
        column.rows += 1
        return leaveCounted(reason)
    }

    /// What is said of the row of a value that did not open as it should.
    mutating func name(_ row: String, _ reason: String) { column.name(row, reason) }

    /// What came of the column.
    func finished() -> CensusColumn {
        var column = column
        for (kind, count) in zip(KeyClass.allCases, kinds) where count > 0 { column.keys[kind] = count }
        return column
    }

    /// Tries the keys of a list and no other.
    ///
    /// - Parameter missing: why it stays closed where the list is empty.
    mutating func judge(
        _ sealed: ValueOpener.Sealed, keys: [Int], missing: @autoclosure () -> String, with opener: inout ValueOpener
    ) throws(CryptoFault) -> Judgement {
        column.rows += 1
        for key in keys where try opener.opens(sealed, rack.keys[key]) { return note(key) }
        return close(keys.isEmpty ? missing() : "none of the keys that were given opens it")
    }

    /// Tries the keys of a list on a value that proves nothing where it stays closed.
    ///
    /// - Parameter otherwise: why it does.
    mutating func judge(
        _ sealed: ValueOpener.Sealed, keys: [Int], otherwise: String, with opener: inout ValueOpener
    ) throws(CryptoFault) -> Judgement {
        column.rows += 1
        for key in keys where try opener.opens(sealed, rack.keys[key]) { return note(key) }
        return leaveCounted(otherwise)
    }

    /// Whose key should open a value.
    enum Owner {
        /// By its number on the rack.
        case of(Int32)
        /// The row does not say.
        case unsaid
        /// The row names one that is not there.
        case gone
    }

    /// Tries the key of the value's owner, then others.
    mutating func judge(
        _ sealed: ValueOpener.Sealed, owner: Owner, with opener: inout ValueOpener
    ) throws(CryptoFault) -> Judgement {
        column.rows += 1
        var isOwned = false, isStale = false
        if case .of(let owner) = owner {
            isStale = rack.stale.contains(owner)
            switch rack.owners[Int(owner)] {
            case .keys(let keys):
                isOwned = !keys.isEmpty
                for key in keys where try opener.opens(sealed, rack.keys[key]) { return note(key) }
            case .closed(let reason):
                if !rack.insistent.isEmpty, let key = try search(sealed, with: &opener) { return note(key) }
                return isStale ? leaveCounted(KeyRack.staleText) : close(reason)
            case .unprovable(let reason): return leaveCounted(isStale ? KeyRack.staleText : reason)
            }
        }
        if let key = try search(sealed, with: &opener) {
            if isOwned { column.misplaced += 1 }
            return note(key, remark: isOwned ? "another key than its row's opens it" : nil)
        }
        if isStale { return leaveCounted(KeyRack.staleText) }
        if case .gone = owner {
            return outlivesOwner
                ? leaveCounted(rack.ownerlessText)
                : close("what its row belongs to is not there, and no key opens it")
        }
        if !isOwned, let doubt { return leaveCounted(doubt) }
        return close(isOwned ? "the key of its row does not open it" : "no key opens it")
    }

    private mutating func note(_ key: Int, remark: String? = nil) -> Judgement {
        column.opened += 1
        kinds[rack.keys[key].ordinal] += 1
        return .opened(key: key, remark: remark)
    }

    private mutating func leaveCounted(_ reason: String) -> Judgement {
        column.leave(reason)
        return .left(reason)
    }

    private mutating func close(_ reason: String) -> Judgement {
        if let residue {
            column.leave(residue)
            return .residue(residue)
        }
        if column.kind == .unknown { return leaveCounted("no key opens it, and the column is none that is known") }
        column.failed += 1
        return .closed(reason)
    }

    private mutating func search(
        _ sealed: ValueOpener.Sealed, with opener: inout ValueOpener
    ) throws(CryptoFault) -> Int? {
        for (place, key) in openers.enumerated() where try opener.opens(sealed, rack.keys[key]) {
            if place > 0 {
                openers.remove(at: place)
                openers.insert(key, at: 0)
            }
            return key
        }
        let isPatient = searches < ColumnCensus.most
        for key in isPatient ? others : rack.insistent where !openers.contains(key) {
            guard try opener.opens(sealed, rack.keys[key]) else { continue }
            openers.insert(key, at: 0)
            return key
        }
        searches += 1
        return nil
    }
}
