import CopyFormat
import Testing

@Suite struct RowFieldsTests {
    /// Reads one row and gives its fields as bytes.
    private static func fields(_ encoding: CopyEncoding, _ row: [UInt8], columns: Int) throws -> [[UInt8]?] {
        var fields = RowFields(encoding, columns: columns)
        return try row.withUnsafeBytes { row in
            try fields.read(row)
            return (0..<columns).map { fields.bytes($0).map { Array($0) } }
        }
    }

    private static func lines(_ text: String, columns: Int) throws -> [String?] {
        try fields(.text, Array(text.utf8), columns: columns).map { $0.map { String(decoding: $0, as: UTF8.self) } }
    }

    @Test func `binary fields are what was sent, NULL apart from empty`() throws {
        let values: [[UInt8]?] = [[1, 2, 3], nil, [], Array(repeating: 9, count: 300)]
        #expect(try Self.fields(.binary, Streams.row(values), columns: 4) == values)
    }

    @Test func `a binary row that is cut, too long or of another shape is refused`() throws {
        let row = Streams.row([[1, 2, 3], nil, []])
        for length in 0..<row.count {
            #expect(throws: CopyFault.self) { try Self.fields(.binary, Array(row[..<length]), columns: 3) }
        }
        #expect(throws: CopyFault.badFieldLength(row: 1, 1)) { try Self.fields(.binary, row + [0], columns: 3) }
        #expect(throws: CopyFault.unequalFieldCount(row: 1, 3, expected: 2)) {
            try Self.fields(.binary, row, columns: 2)
        }
        let negative = Streams.row([]).dropLast(2) + [0, 1, 0xff, 0xff, 0xff, 0xfe]
        #expect(throws: CopyFault.badFieldLength(row: 1, -2)) { try Self.fields(.binary, Array(negative), columns: 1) }
        let huge = Streams.row([]).dropLast(2) + [0, 1, 0x7f, 0xff, 0xff, 0xff]
        #expect(throws: CopyFault.truncated(afterRows: 0)) { try Self.fields(.binary, Array(huge), columns: 1) }
    }

    @Test func `the escapes of the text format are undone`() throws {
        let lines = try Self.lines(#"a\tb\#t\N\#t\#t\\N\#t\b\f\n\r\t\v\\"#, columns: 5)
        #expect(lines == ["a\tb", nil, "", "\\N", "\u{8}\u{c}\n\r\t\u{b}\\"])
        #expect(try Self.lines(#"\x41\x7\101\60\q\x"#, columns: 1) == ["A\u{7}A0qx"])
        #expect(try Self.lines(#"\N\N"#, columns: 1) == ["NN"])
        // A backslash at the end stands for itself; the server never sends one.
        #expect(try Self.lines(#"a\"#, columns: 1) == [#"a\"#])
    }

    @Test func `a text row of another number of fields is refused`() {
        for (text, count) in [("a", 1), ("a\tb\tc", 3), ("\t\t\t", 4)] {
            #expect(throws: CopyFault.unequalFieldCount(row: 1, count, expected: 2)) {
                try Self.lines(text, columns: 2)
            }
        }
    }

    @Test func `a value of another type than its reader expects is refused, and not guessed`() throws {
        var fields = RowFields(.binary, columns: 3)
        let row = Streams.row([[1, 2, 3], [0xff, 0xfe], [2]])
        try row.withUnsafeBytes { row in
            try fields.read(row)
            let fault = { (field: Int, type: String) in CopyFault.unreadableField(row: 1, field: field, type: type) }
            #expect(throws: fault(1, "integer")) { try fields.integer(0) }
            #expect(throws: fault(2, "text")) { try fields.text(1) }
            #expect(throws: fault(3, "boolean")) { try fields.boolean(2) }
            #expect(throws: fault(1, "timestamp")) { try fields.binaryTimestamp(0) }
        }
        var text = RowFields(.text, columns: 1)
        for odd in [#"\\x0"#, #"\\xzz"#, "00", #"\\xAB"#] {
            try Array(odd.utf8).withUnsafeBytes { row in
                try text.read(row)
                var room: [UInt8] = []
                #expect(throws: CopyFault.self) { try text.byteString(0, into: &room) }
            }
        }
    }

    @Test func `an identifier is a uuid or text`() throws {
        var fields = RowFields(.binary, columns: 2)
        let uuid: [UInt8] = [
            0x0f, 0x1e, 0x2d, 0x3c, 0x4b, 0x5a, 0x49, 0x78, 0x87, 0x96, 0xa5, 0xb4, 0xc3, 0xd2, 0xe1, 0xf0,
        ]
        try Streams.row([uuid, Array("sixteen letters!".utf8)]).withUnsafeBytes { row in
            try fields.read(row)
            #expect(try fields.identifier(0) == "0f1e2d3c-4b5a-4978-8796-a5b4c3d2e1f0")
            #expect(try fields.identifier(1) == "sixteen letters!")
        }
    }
}
