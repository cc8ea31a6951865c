import Census
import CopyFormat
import Crypto
import InfisicalData
import Secrets

/// Looks at the rows of one table: what each value opens with, what it holds, and what is written in its place.
final class TableRekeying: RowVisitor {
    /// A value with all that sealing it anew needs.
    private final class Slot {
        let place: TableCensus.Place
        /// The numbers of its columns among those that are written.
        let targets: [Int]
        /// Of the column that names the key's encoding.
        let encoding: Int?
        /// Of the column with the value's index.
        let index: Int?
        /// Whether it is one that is written by other means.
        let isApart: Bool
        /// Whether its contents are keys, for which others may stand in.
        let holdsKeys: Bool
        let tally: ColumnTally

        init(
            _ place: TableCensus.Place, targets: [Int], encoding: Int?, index: Int?, table: String, _ tally: ColumnTally
        ) {
            self.place = place
            self.targets = targets
            self.encoding = encoding
            self.index = index
            isApart = RekeyingWork.isApart(table)
            holdsKeys = RekeyingWork.holdsKeys(place.value)
            self.tally = tally
        }
    }

    private struct Target {
        let column: RowBatch.Column
        let place: Int
    }

    private let census: TableCensus
    private let rack: KeyRack
    private let work: RekeyingWork
    private var slots: [Slot] = []
    private var targets: [Target] = []
    /// What is written in a column of the present row, in the sealer's room; nil where it stays.
    private var changes: [Range<Int>?] = []
    private var isChanged = false
    private var sealer: ValueSealer
    private var batch: RowBatch?
    private let rowPlace: Int?
    private var rows = 0
    private let indexes = ValueIndex()

    /// - Parameter makingBatch: makes what takes the rows that change; nil where nothing is written.
    init(
        _ census: TableCensus, _ facts: CatalogFacts, _ rack: KeyRack, _ work: RekeyingWork,
        makingBatch: ([RowBatch.Column]) -> RowBatch?
    ) throws {
        self.census = census
        self.rack = rack
        self.work = work
        sealer = try ValueSealer()
        rowPlace = census.place(of: "ctid")
        let hasIndex = census.place(of: ValueIndex.column)
        for place in census.places {
            var numbers: [Int] = [], encoding: Int?, index: Int?
            let names: [String] =
                switch place.value.form {
                case .bytes(let column), .member(let column, _): [column]
                case .triple(let shape): [shape.ciphertext, shape.iv, shape.tag]
                }
            for (name, at) in zip(names, place.columns) { numbers.append(target(name, at, facts)) }
            if case .environment(let name) = place.value.sealing, let mark = place.mark {
                encoding = target(name, mark, facts)
            }
            if case .bytes(ValueIndex.ofColumn) = place.value.form, let hasIndex {
                index = target(ValueIndex.column, hasIndex, facts)
            }
            slots.append(
                Slot(
                    place, targets: numbers, encoding: encoding, index: index, table: census.name,
                    try work.tally(census.name, place.value.name)))
        }
        changes = Array(repeating: nil, count: targets.count)
        batch = makingBatch(targets.map(\.column))
    }

    private func target(_ name: String, _ place: Int, _ facts: CatalogFacts) -> Int {
        if let at = targets.firstIndex(where: { $0.column.name == name }) { return at }
        let type = facts.column(census.name, name)?.type ?? "text"
        let known = ["bytea", "json", "jsonb"].contains(type) ? type : "text"
        targets.append(Target(column: RowBatch.Column(name: name, type: known), place: place))
        return targets.count - 1
    }

    // MARK: - Rows

    func value(
        _ value: Int, _ judgement: Judgement, _ sealed: ValueOpener.Sealed, text: UnsafeRawBufferPointer?,
        _ row: borrowing RowFields, _ opener: inout ValueOpener
    ) throws {
        let slot = slots[value]
        switch judgement {
        case .none: return
        case .left(let reason): slot.tally.column.reasons[reason, default: 0] += 1
        case .closed(let reason), .residue(let reason):
            try work.close(name(slot, row), reason, encoding: stored(slot, row), slot.tally)
        case .opened(let key, _):
            slot.tally.column.opened += 1
            if work.isDead(key) { throw RekeyingFault.stillOpens(name(slot, row)) }
            try opener.withContent(of: sealed, rack.keys[key]) { content in
                try opened(content, key, sealed, text, slot, row)
            }
        }
    }

    func end(of row: borrowing RowFields) throws {
        rows += 1
        guard isChanged else { return }
        if let batch, let rowPlace, let place = row.bytes(rowPlace) {
            batch.begin(place)
            for (at, target) in targets.enumerated() {
                if let change = changes[at] {
                    batch.field(UnsafeRawBufferPointer(rebasing: sealer.room[change]))
                } else {
                    batch.field(row.bytes(target.place))
                }
            }
            try batch.end()
        }
        isChanged = false
        sealer.removeAll()
        for at in changes.indices { changes[at] = nil }
    }

    /// After a failure.
    func abandon() { batch?.abandon() }

    /// After the last row.
    func finish() throws {
        work.rows[census.name, default: 0] += Int64(rows)
        try batch?.finish()
    }

    private func name(_ slot: Slot, _ row: borrowing RowFields) -> ValueName {
        ValueName(
            table: census.name, column: slot.place.value.name, row: census.name(of: row, number: rows + 1))
    }

    /// The encoding that the row names.
    private func stored(_ slot: Slot, _ row: borrowing RowFields) throws -> KeyEncoding? {
        guard slot.encoding != nil, let mark = slot.place.mark else { return nil }
        return try row.text(mark).flatMap(KeyEncoding.init)
    }

    // MARK: - One value

    private func opened(
        _ content: UnsafeRawBufferPointer, _ key: Int, _ sealed: ValueOpener.Sealed, _ text: UnsafeRawBufferPointer?,
        _ slot: Slot, _ row: borrowing RowFields
    ) throws {
        if slot.isApart { return }
        let id = census.namesRows ? row.bytes(0) : nil
        guard let keys = work.keys else {
            slot.tally.add(content, of: id)
            try check(content, key, slot, row)
            return
        }
        let substitute = slot.holdsKeys ? keys.substitutes[SHA256.hash(content)] : nil
        if let substitute {
            try substitute.withBytes { content in
                slot.tally.add(content, of: id)
                try seal(content, key, sealed, text, slot, row, isForced: true)
            }
        } else {
            slot.tally.add(content, of: id)
            try seal(content, key, sealed, text, slot, row, isForced: false)
        }
    }

    /// Whether a value that was read back is under the key that its row names, and the index beside it is its own.
    private func check(
        _ content: UnsafeRawBufferPointer, _ key: Int, _ slot: Slot, _ row: borrowing RowFields
    ) throws {
        if let stored = try stored(slot, row) {
            let named = work.target(stored)
            guard named.source.encoding == stored, named.key.equals(rack.keys[key].secret) else {
                throw RekeyingFault.otherKey(name(slot, row))
            }
        }
        guard work.checksIndexes, let index = slot.index, let found = row.bytes(targets[index].place) else { return }
        let fits = try indexes.withIndex(of: content, key: key, rack.keys[key].secret) { $0.elementsEqual(found) }
        if !fits { throw RekeyingFault.otherIndex(name(slot, row)) }
    }

    private func seal(
        _ content: UnsafeRawBufferPointer, _ number: Int, _ sealed: ValueOpener.Sealed, _ text: UnsafeRawBufferPointer?,
        _ slot: Slot, _ row: borrowing RowFields, isForced: Bool
    ) throws {
        guard let keys = work.keys else { return }
        switch keys.fates[number] {
        case .keeps:
            if isForced { try write(content, rack.keys[number], number, sealed, text, slot, row) }
        case .becomes(let successor):
            try write(content, rack.keys[successor], successor, sealed, text, slot, row)
        case .environment: try environment(content, number, sealed, text, slot, row, isForced: isForced)
        }
    }

    private func write(
        _ content: UnsafeRawBufferPointer, _ key: KeyRack.Key, _ number: Int, _ sealed: ValueOpener.Sealed,
        _ text: UnsafeRawBufferPointer?, _ slot: Slot, _ row: borrowing RowFields
    ) throws {
        switch sealed {
        case .blob(let bytes):
            // The mark of its layout stays: data keys seal with one layout, and keys of users are not exchanged.
            let layout = key.isVersioned ? VersionedBlob(bytes) : nil
            let mark = UnsafeRawBufferPointer(rebasing: bytes[(layout?.blobLength ?? bytes.count)...])
            let made = try sealer.blob(content, key: key.secret, mark: mark)
            if let text {
                try put(made, over: text, slot, row)
            } else {
                change(slot.targets[0], made)
            }
            if let index = slot.index, row.bytes(targets[index].place) != nil {
                try indexes.withIndex(of: content, key: number, key.secret) { digits in
                    let start = sealer.append(digits)
                    change(index, start..<start + digits.count)
                }
            }
        case .triple(_, let iv, _):
            let parts = try sealer.triple(content, key: key.secret, ivSize: iv.count)
            change(slot.targets[0], parts.ciphertext)
            change(slot.targets[1], parts.iv)
            change(slot.targets[2], parts.tag)
        }
        slot.tally.column.rewritten += 1
    }

    private func change(_ target: Int, _ part: Range<Int>) {
        changes[target] = part
        isChanged = true
    }

    /// Writes a member of JSON, which keeps its length, over the one that stood there.
    private func put(
        _ made: Range<Int>, over text: UnsafeRawBufferPointer, _ slot: Slot, _ row: borrowing RowFields
    ) throws {
        let target = slot.targets[0]
        guard let json = row.bytes(targets[target].place), let start = json.baseAddress, let member = text.baseAddress
        else { return }
        if changes[target] == nil {
            let copied = sealer.append(json)
            change(target, copied..<copied + json.count)
        }
        guard let whole = changes[target] else { return }
        let at = whole.lowerBound + (member - start)
        guard sealer.encode(made, over: at..<at + text.count) else {
            throw RekeyingFault.otherContent(column: "\(census.name).\(slot.place.value.name)")
        }
    }

    /// A value under a key of the environment: which of the new ones seals it, its row says, as long as there is such a key.
    private func environment(
        _ content: UnsafeRawBufferPointer, _ number: Int, _ sealed: ValueOpener.Sealed,
        _ text: UnsafeRawBufferPointer?, _ slot: Slot, _ row: borrowing RowFields, isForced: Bool
    ) throws {
        let used = rack.keys[number]
        if work.isOlder(number) { slot.tally.column.older += 1 }
        guard case .triple(_, let iv, _) = sealed else {
            // Of no known column: a wrap like that of the root key.
            if used.secret.equals(work.wrapping.key) { return }
            let key = KeyRack.Key(secret: work.wrapping.key, kind: used.kind)
            return try write(content, key, number, sealed, text, slot, row)
        }
        let stored = try stored(slot, row)
        let wanted = stored ?? (slot.encoding == nil ? sealed.encodingByIV : nil)
        let target = work.target(wanted)
        let size = target.source.encoding == .utf8 ? 16 : KMSBlob.ivSize
        let names = slot.encoding == nil || stored == target.source.encoding
        // The column of a value that was left behind may say nothing.
        if used.secret.equals(target.key), iv.count == size, names || stored == nil, !isForced { return }
        let parts = try sealer.triple(content, key: target.key, ivSize: size)
        change(slot.targets[0], parts.ciphertext)
        change(slot.targets[1], parts.iv)
        change(slot.targets[2], parts.tag)
        if let encoding = slot.encoding, !names {
            change(encoding, target.source.encoding == .utf8 ? sealer.append("utf8") : sealer.append("base64"))
        }
        slot.tally.column.rewritten += 1
    }
}
