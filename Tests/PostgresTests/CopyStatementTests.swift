import Testing

@testable import Postgres

@Suite struct CopyStatementTests {
    private func relation(
        _ columns: [Relation.Column], name: String = "t", condition: String = "", hasForeignCode: Bool = false
    ) -> Relation {
        Relation(
            oid: 1, fileNode: 1, kind: .table, persistence: .permanent, schema: "s", name: name, isPartition: false,
            hasRowSecurity: false, isReadable: true, isPopulated: true, isExtensionMember: false,
            condition: condition, hasForeignCode: hasForeignCode, columns: columns)
    }

    private func column(_ name: String, _ oid: UInt32 = 25, generated: Bool = false) -> Relation.Column {
        Relation.Column(
            name: name, typeOID: oid, typeName: "any", typeKind: "b", isGenerated: generated, collation: nil)
    }

    @Test(
        arguments: [
            (0, 512, [0]), (1, 512, [0]), (512, 512, [0]), (513, 512, [0, 512]), (1024, 512, [0, 512]),
            (1025, 512, [0, 512, 1024]), (3, 1, [0, 1, 2]), (3, 0, [0, 1, 2]),
        ] as [(UInt32, UInt32, [UInt32])])
    func `a heap is cut at fixed places, and the last range is open`(
        blocks: UInt32, size: UInt32, starts: [UInt32]
    ) {
        let ranges = CopyStatement.ranges(blocks: blocks, blocksPerRange: size)
        #expect(ranges.map(\.from) == starts)
        #expect(ranges.map(\.to) == starts.dropFirst().map { $0 } + [nil])
    }

    @Test func `the largest heap there can be is cut too`() {
        let ranges = CopyStatement.ranges(blocks: .max, blocksPerRange: 1 << 30)
        #expect(ranges.map(\.from) == [0, 1 << 30, 2 << 30, 3 << 30] && ranges.last?.to == nil)
    }

    @Test func `rows that are frozen at once are asked for in either format, and in no other statement`() {
        for (columns, binary) in [([column("a")], true), ([column("a")], false), ([], false)] {
            let plain = CopyStatement(relation(columns), isBinary: binary).fromStandardInput
            let options = binary ? "(FORMAT binary, FREEZE)" : "(FREEZE)"
            let start = plain.replacing(" (FORMAT binary)", with: "")
            #expect(CopyStatement.frozen(plain) == "\(start) \(options)")
        }
        #expect(CopyStatement.frozen("COPY t FROM STDIN WITH (NULL 'x')") == nil)
    }

    @Test func `statements name the columns and the format`() {
        let binary = CopyStatement(relation([column("a"), column("q\"x"), column("g", generated: true)]))
        #expect(binary.isBinary)
        #expect(binary.toStandardOutput == "COPY \"s\".\"t\" (\"a\", \"q\"\"x\") TO STDOUT (FORMAT binary)")
        #expect(binary.fromStandardInput == "COPY \"s\".\"t\" (\"a\", \"q\"\"x\") FROM STDIN (FORMAT binary)")
        let text = CopyStatement(relation([column("a"), column("x", 142)]))
        #expect(!text.isBinary && text.toStandardOutput == "COPY \"s\".\"t\" (\"a\", \"x\") TO STDOUT")
        #expect(!CopyStatement(relation([column("a")]), isBinary: false).isBinary)
    }

    @Test func `a generated column does not decide the format`() {
        #expect(CopyStatement(relation([column("a"), column("x", 142, generated: true)])).isBinary)
    }

    @Test func `a range names its blocks, the whole table does not`() {
        let statement = CopyStatement(relation([column("a")], name: "t\"x"))
        #expect(statement.isDivisible)
        #expect(statement.toStandardOutput(.init(from: 0, to: nil)) == statement.toStandardOutput)
        #expect(
            statement.toStandardOutput(.init(from: 0, to: 512))
                == "COPY (SELECT \"a\" FROM ONLY \"s\".\"t\"\"x\" WHERE ctid >= '(0,0)' AND ctid < '(512,0)')"
                + " TO STDOUT (FORMAT binary)")
        #expect(
            statement.toStandardOutput(.init(from: 512, to: nil))
                == "COPY (SELECT \"a\" FROM ONLY \"s\".\"t\"\"x\" WHERE ctid >= '(512,0)') TO STDOUT (FORMAT binary)")
    }

    @Test func `of an extension's configuration only the rows are read that are not its own`() {
        let statement = CopyStatement(relation([column("a")], condition: "WHERE a <> 'own'"))
        #expect(
            statement.toStandardOutput
                == "COPY (SELECT \"a\" FROM ONLY \"s\".\"t\" WHERE a <> 'own') TO STDOUT (FORMAT binary)")
        #expect(!statement.isDivisible)
    }

    @Test func `a table without columns has no list of them`() {
        let statement = CopyStatement(relation([]))
        #expect(!statement.isDivisible)
        #expect(statement.toStandardOutput == "COPY \"s\".\"t\" TO STDOUT (FORMAT binary)")
        #expect(statement.fromStandardInput == "COPY \"s\".\"t\" FROM STDIN (FORMAT binary)")
    }
}
