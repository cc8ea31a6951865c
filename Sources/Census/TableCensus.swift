package import CopyFormat
import Crypto
import InfisicalData
package import InfisicalTables

/// Tries all values of one table, part by part.
package struct TableCensus: Sendable {
    /// Where in a row the columns of a value lie.
    package struct Place: Sendable {
        package let value: CensusPlan.Value
        /// Of its bytes, of the three texts of a triple, or of its JSON.
        package let columns: [Int]
        /// Of the column that names the key's encoding, where there is one.
        package let mark: Int?
    }

    /// A value of the table with what its row is asked.
    private struct Reading: Sendable {
        let value: CensusPlan.Value
        /// Where in a row the value's columns lie.
        let places: [Int]
        /// Leads to the owner.
        var way: (first: Link, second: Link?)?
        /// Of the column that names the key's encoding, or the strategy of a wrap.
        var mark: Int?
        /// Of the column that says that a wrap is no longer in force.
        var superseded: Int?
        var census: ColumnCensus
    }

    private struct Link: Sendable {
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

    package let name: String
    private let rack: KeyRack
    private var readings: [Reading] = []
    private var columns: [String] = []
    private let names: RowNames

    /// - Parameter more: columns that a visitor wants to see, beside those that the values need.
    package init(
        _ table: CensusPlan.Table, _ source: any TableSource, _ rack: KeyRack, _ index: OwnerIndex, more: [String] = []
    ) throws {
        name = table.name
        self.rack = rack
        names = RowNames(source.facts.column(name, "id")?.type)
        if names.column != nil { columns = ["id"] }
        for value in table.values { readings.append(try reading(value, source, index)) }
        for column in more { _ = place(column) }
    }

    /// Whether rows begin with their id.
    package var namesRows: Bool { names.column != nil }

    /// Where each value lies, in the order of the plan.
    package var places: [Place] { readings.map { Place(value: $0.value, columns: $0.places, mark: $0.mark) } }

    /// Where in a row a column lies that is read.
    package func place(of column: String) -> Int? { columns.firstIndex(of: column) }

    /// The name of a row: its id, or its number.
    package func name(of row: borrowing RowFields, number: Int) -> String { names.name(of: row, number: number) }

    /// - Parameters:
    ///   - part: of the table, from 0.
    ///   - progress: gets how many values were tried since the last call, now and then.
    package func take(
        _ part: Int, of source: any TableSource, visitor: (any RowVisitor)? = nil, _ progress: (Int) -> Void
    ) throws -> [CensusColumn] {
        // Out of the way, so that they can be changed while the closure runs.
        var readings = self.readings, opener = try ValueOpener(), room = TripleRoom()
        var rows = 0, failure: (any Error)?
        do {
            try source.read(name, columns, part: part) { [rack, names] (row) throws(CopyFault) in
                rows += 1
                if rows % 4096 == 0 { progress(4096 * readings.count) }
                do {
                    for at in readings.indices {
                        try TableCensus.judge(row, at, &readings[at], rack, names, rows, &opener, &room, visitor)
                    }
                    try visitor?.end(of: row)
                } catch let fault as CopyFault {
                    throw fault
                } catch {
                    // The reader of a stream knows no other failure; this one ends the reading.
                    failure = error
                    throw .truncated(afterRows: UInt64(rows))
                }
            }
        } catch { throw failure ?? error }
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
                (first: leading(way.first), second: way.second.map { leading($0) })
            }, mark: mark, superseded: superseded,
            census: ColumnCensus(
                column, rack, sealsTriples: isTriple, residue: residue,
                outlivesOwner: CensusPlan.outliveOwner.contains(root)))
    }

    private mutating func leading(_ column: OwnerIndex.Way.Column) -> Link {
        Link(
            at: place(column.name), isUUID: column.isUUID, owners: column.owners, otherwise: column.otherwise)
    }

    // MARK: - One value

    private static func judge(
        _ row: borrowing RowFields, _ number: Int, _ reading: inout Reading, _ rack: KeyRack, _ names: RowNames,
        _ rowNumber: Int, _ opener: inout ValueOpener, _ room: inout TripleRoom, _ visitor: (any RowVisitor)?
    ) throws {
        let at = reading.places[0]
        switch reading.value.form {
        case .bytes:
            guard let bytes = try room.bytes(row, at) else { return }
            // No server writes one: what is empty in a column that it reads was lost.
            if bytes.isEmpty, reading.value.kind == .unknown {
                _ = reading.census.leave("it is empty")
                return
            }
            try tell(.blob(bytes), nil, row, number, &reading, rack, names, rowNumber, &opener, visitor)
        case .triple:
            switch room.triple(row, at, reading.places[1], reading.places[2]) {
            case .absent: return
            case .malformed:
                try tell(TripleRoom.nothing, nil, row, number, &reading, rack, names, rowNumber, &opener, visitor)
            case .sealed(let sealed):
                try tell(sealed, nil, row, number, &reading, rack, names, rowNumber, &opener, visitor)
            }
        case .member(_, let name):
            guard let json = try row.json(at) else { return }
            var rest = json[...]
            while let text = JSONMembers.next(name, in: &rest) {
                let sealed = room.decoded(text).map { ValueOpener.Sealed.blob($0) } ?? TripleRoom.nothing
                try tell(sealed, text, row, number, &reading, rack, names, rowNumber, &opener, visitor)
            }
        }
    }

    private static func tell(
        _ sealed: ValueOpener.Sealed, _ text: UnsafeRawBufferPointer?, _ row: borrowing RowFields, _ number: Int,
        _ reading: inout Reading, _ rack: KeyRack, _ names: RowNames, _ rowNumber: Int, _ opener: inout ValueOpener,
        _ visitor: (any RowVisitor)?
    ) throws {
        let judgement = try judge(sealed, row, &reading, rack, &opener)
        if let remark = judgement.remark { reading.census.name(names.name(of: row, number: rowNumber), remark) }
        try visitor?.value(number, judgement, sealed, text: text, row, &opener)
    }

    private static func judge(
        _ sealed: ValueOpener.Sealed, _ row: borrowing RowFields, _ reading: inout Reading, _ rack: KeyRack,
        _ opener: inout ValueOpener
    ) throws -> Judgement {
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
                return try reading.census.judge(
                    sealed, keys: rack.wrappingKeys, missing: "no ENCRYPTION_KEY was given", with: &opener)
            }
            return try reading.census.judge(
                sealed, keys: rack.knownWrappingKeys,
                otherwise: "it is a \(role.rawValue) wrap of the root key, whose own key is not at hand",
                with: &opener)
        case .environment:
            let text = if let mark = reading.mark { try row.text(mark) } else { String?.none }
            let encoding = text.flatMap(KeyEncoding.init) ?? sealed.encodingByIV
            return try reading.census.judge(
                sealed, keys: rack.environmentKeys[encoding] ?? [],
                missing: "no \(encoding == .utf8 ? "ENCRYPTION_KEY" : "ROOT_ENCRYPTION_KEY") was given", with: &opener)
        case .rootKey: return try reading.census.judge(sealed, owner: .of(rack.root), with: &opener)
        case .kmsKey, .owner, .anyKey, .legacyProject, .organizationBot, .unknown:
            let owner = reading.way?.first.owner(row) ?? reading.way?.second?.owner(row) ?? .unsaid
            return try reading.census.judge(sealed, owner: owner, with: &opener)
        }
    }
}
