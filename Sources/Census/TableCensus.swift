import CopyFormat
import Crypto
import InfisicalData
import InfisicalTables

/// Tries all values of one table, part by part.
struct TableCensus: Sendable {
    /// A value of the table with what its row is asked.
    private struct Reading: Sendable {
        let value: CensusPlan.Value
        /// Where in a row the value's columns lie.
        let places: [Int]
        /// Leads to the owner.
        var way: (first: Place, second: Place?)?
        /// Of the column that names the key's encoding, or the strategy of a wrap.
        var mark: Int?
        /// Of the column that says that a wrap is no longer in force.
        var superseded: Int?
        var census: ColumnCensus
    }

    private struct Place: Sendable {
        let at: Int
        let isUUID: Bool
        let owners: [RowID: Int32]
        let otherwise: Int32?

        /// Whose key seals the values of a row; nil where the column is NULL.
        func owner(_ row: borrowing RowFields) -> ColumnCensus.Owner? {
            guard let id = row.rowID(at, isUUID: isUUID) else { return nil }
            return (owners[id] ?? otherwise).map { .of($0) } ?? .gone
        }
    }

    let name: String
    private let rack: KeyRack
    private var readings: [Reading] = []
    private var columns: [String] = []
    private let names: RowNames

    init(
        _ table: CensusPlan.Table, _ source: any TableSource, _ rack: KeyRack, _ index: OwnerIndex
    ) throws {
        name = table.name
        self.rack = rack
        names = RowNames(source.facts.column(name, "id")?.type)
        if names.column != nil { columns = ["id"] }
        for value in table.values { readings.append(try reading(value, source, index)) }
    }

    /// - Parameters:
    ///   - part: of the table, from 0.
    ///   - progress: gets how many values were tried since the last call, now and then.
    func take(_ part: Int, of source: any TableSource, _ progress: (Int) -> Void) throws -> [CensusColumn] {
        // Out of the way, so that they can be changed while the closure runs.
        var readings = self.readings, opener = try ValueOpener(), room = TripleRoom()
        var rows = 0, failure: CryptoFault?
        try source.read(name, columns, part: part) { [rack, names] (row) throws(CopyFault) in
            rows += 1
            if rows % 4096 == 0 { progress(4096 * readings.count) }
            for at in readings.indices where failure == nil {
                do {
                    try TableCensus.judge(row, &readings[at], rack, names, rows, &opener, &room)
                } catch let fault as CopyFault {
                    throw fault
                } catch {
                    failure = error as? CryptoFault
                }
            }
        }
        if let failure { throw failure }
        progress(rows % 4096 * readings.count)
        return readings.map { $0.census.finished() }
    }

    // MARK: - What is read

    private mutating func place(_ column: String) -> Int {
        if let at = columns.firstIndex(of: column) { return at }
        columns.append(column)
        return columns.count - 1
    }

    private mutating func reading(
        _ value: CensusPlan.Value, _ source: any TableSource, _ index: OwnerIndex
    ) throws -> Reading {
        let root = source.rootName(of: name)
        var places: [Int], isTriple = false, residue: String?
        switch value.form {
        case .bytes(let column), .member(let column, _): places = [place(column)]
        case .triple(let shape):
            isTriple = true
            places = [place(shape.ciphertext), place(shape.iv), place(shape.tag)]
            residue = CensusPlan.residue(root, shape, source.facts)
        }
        var way: OwnerIndex.Way?, mark: Int?, superseded: Int?
        switch value.sealing {
        case .wrappingKey:
            if source.facts.has(name, "encryptionStrategy") { mark = place("encryptionStrategy") }
            if source.facts.has(name, "supersededAt") { superseded = place("supersededAt") }
        case .environment(let encoding): mark = place(encoding)
        case .kmsKey(let column): way = index.kmsKey(column, of: name)
        case .owner(let paths): way = try index.way(paths, from: name)
        case .legacyProject(let path?): way = try index.way([path], from: name, legacy: true)
        case .organizationBot(let owner): way = try index.organizationBot(owner, of: name)
        case .rootKey, .anyKey, .legacyProject(nil), .unprovable, .notCiphertext, .unknown: break
        }
        let column = CensusColumn(table: name, column: value.name, kind: value.kind)
        return Reading(
            value: value, places: places,
            way: way.map { (way) in
                (first: place(way.first), second: way.second.map { place($0) })
            }, mark: mark, superseded: superseded,
            census: ColumnCensus(
                column, rack, sealsTriples: isTriple, residue: residue,
                outlivesOwner: CensusPlan.outliveOwner.contains(root)))
    }

    private mutating func place(_ column: OwnerIndex.Way.Column) -> Place {
        Place(
            at: place(column.name), isUUID: column.isUUID, owners: column.owners, otherwise: column.otherwise)
    }

    // MARK: - One value

    private static func judge(
        _ row: borrowing RowFields, _ reading: inout Reading, _ rack: KeyRack, _ names: RowNames, _ number: Int,
        _ opener: inout ValueOpener, _ room: inout TripleRoom
    ) throws {
        let at = reading.places[0]
        switch reading.value.form {
        case .bytes:
            guard let bytes = try room.bytes(row, at) else { return }
            // No server writes one: what is empty in a column that it reads was lost.
            if bytes.isEmpty, reading.value.kind == .unknown { return reading.census.leave("it is empty") }
            try judge(.blob(bytes), row, &reading, rack, names, number, &opener)
        case .triple:
            switch room.triple(row, at, reading.places[1], reading.places[2]) {
            case .absent: return
            case .malformed: try judge(TripleRoom.nothing, row, &reading, rack, names, number, &opener)
            case .sealed(let sealed): try judge(sealed, row, &reading, rack, names, number, &opener)
            }
        case .member(_, let name):
            guard let json = try row.json(at) else { return }
            var rest = json[...]
            while let text = JSONMembers.next(name, in: &rest) {
                let sealed = room.decoded(text).map { ValueOpener.Sealed.blob($0) } ?? TripleRoom.nothing
                try judge(sealed, row, &reading, rack, names, number, &opener)
            }
        }
    }

    private static func judge(
        _ sealed: ValueOpener.Sealed, _ row: borrowing RowFields, _ reading: inout Reading, _ rack: KeyRack,
        _ names: RowNames, _ number: Int, _ opener: inout ValueOpener
    ) throws {
        let remark: String?
        switch reading.value.sealing {
        case .notCiphertext: return reading.census.count()
        case .unprovable(let reason): return reading.census.leave(reason)
        case .wrappingKey:
            if let mark = reading.mark, try row.text(mark) == "HSM" {
                return reading.census.leave("a hardware security module (HSM) keeps its key")
            }
            let role = RootWrap.role(
                id: try row.identifier(0) ?? "", isSuperseded: reading.superseded.map { row.bytes($0) != nil } ?? false)
            if role == .sentinel {
                remark = try reading.census.judge(
                    sealed, keys: rack.wrappingKeys, missing: "no ENCRYPTION_KEY was given", with: &opener)
            } else {
                remark = try reading.census.judge(
                    sealed, keys: rack.knownWrappingKeys,
                    otherwise: "it is a \(role.rawValue) wrap of the root key, whose own key is not at hand",
                    with: &opener)
            }
        case .environment:
            let text = if let mark = reading.mark { try row.text(mark) } else { String?.none }
            let encoding = text.flatMap(KeyEncoding.init) ?? sealed.encodingByIV
            remark = try reading.census.judge(
                sealed, keys: rack.environmentKeys[encoding] ?? [],
                missing: "no \(encoding == .utf8 ? "ENCRYPTION_KEY" : "ROOT_ENCRYPTION_KEY") was given", with: &opener)
        case .rootKey: remark = try reading.census.judge(sealed, owner: .of(rack.root), with: &opener)
        case .kmsKey, .owner, .anyKey, .legacyProject, .organizationBot, .unknown:
            let owner = reading.way?.first.owner(row) ?? reading.way?.second?.owner(row) ?? .unsaid
            remark = try reading.census.judge(sealed, owner: owner, with: &opener)
        }
        if let remark { reading.census.name(names.name(of: row, number: number), remark) }
    }
}
