import CopyFormat
import LiveSupport
import Postgres
import TestSupport
import Testing

/// What the field reader finds is what the server says that it sent, in both formats.
@Suite struct RowFieldsServerTests {
    /// A row of every type that has a reader, as the tests compare it.
    private struct Values: Equatable {
        var text: String?
        var flag: Bool?
        var numbers: [Int64?]
        var id: String?
        var json: String?
        var bytes: [UInt8]?
    }

    @Test(arguments: [CopyEncoding.binary, .text])
    func `values of both formats are those of the server`(_ encoding: CopyEncoding) throws {
        try LiveServer.withDatabase { connection, _ in
            try connection.query(
                """
                CREATE TABLE public.t (a text, b boolean, c smallint, d integer, e bigint, f uuid, g jsonb, h bytea, i text)
                """)
            // Every character of one byte, and every byte.
            try connection.query(
                """
                INSERT INTO public.t
                SELECT string_agg(chr(i), '' ORDER BY i), true, 32767, -2147483648, 9223372036854775807,
                       '0f1e2d3c-4b5a-4978-8796-a5b4c3d2e1f0', '{"k": "\\\\tab\\t"}',
                       decode(string_agg(lpad(to_hex(i), 2, '0'), '' ORDER BY i), 'hex'), 'ünï ' || chr(9) || chr(10) || '\\N'
                FROM generate_series(1, 127) i
                """)
            try connection.query("INSERT INTO public.t VALUES ('', false, -1, 0, -9, NULL, 'null', '', '\\.')")
            try connection.query("INSERT INTO public.t DEFAULT VALUES")
            let characters = String(String.UnicodeScalarView((1...127).compactMap { UnicodeScalar($0 as Int) }))
            let expected = [
                Values(
                    text: characters, flag: true, numbers: [32767, -2_147_483_648, .max],
                    id: "0f1e2d3c-4b5a-4978-8796-a5b4c3d2e1f0", json: #"{"k": "\\tab\t"}"#,
                    bytes: (1...127).map { $0 }),
                Values(text: "", flag: false, numbers: [-1, 0, -9], id: nil, json: "null", bytes: []),
                Values(text: nil, flag: nil, numbers: [nil, nil, nil], id: nil, json: nil, bytes: nil),
            ]
            var last: [String?] = []
            #expect(try Self.read(connection, encoding, last: &last) == expected)
            #expect(last == ["ünï \t\n\\N", "\\.", nil])
        }
    }

    private static func read(
        _ connection: Connection, _ encoding: CopyEncoding, last: inout [String?]
    ) throws -> [Values] {
        let found = Found()
        var walker = StreamWalker(encoding) { (row: UnsafeRawBufferPointer) throws(CopyFault) in try found.take(row) }
        found.fields = RowFields(encoding, columns: 9)
        _ = try connection.copyOut("COPY public.t TO STDOUT (FORMAT \(encoding.rawValue))") { message in
            try walker.feed(message)
        }
        try walker.finish()
        last = found.last
        return found.values
    }

    /// Walks a stream of either format.
    private struct StreamWalker: ~Copyable {
        private let encoding: CopyEncoding
        private var binary = BinaryCopyWalker()
        private var text = TextCopyWalker()
        private var rows: RowAssembler

        init(_ encoding: CopyEncoding, _ body: @escaping (UnsafeRawBufferPointer) throws(CopyFault) -> Void) {
            self.encoding = encoding
            rows = RowAssembler(limit: 1 << 20, body)
        }

        mutating func feed(_ piece: UnsafeRawBufferPointer) throws(CopyFault) {
            switch encoding {
            case .binary: try binary.feed(piece, into: &rows)
            case .text: try text.feed(piece, into: &rows)
            }
        }

        func finish() throws(CopyFault) {
            switch encoding {
            case .binary: try binary.finish()
            case .text: try text.finish()
            }
        }
    }

    private final class Found {
        var fields = RowFields(.text, columns: 1)
        var values: [Values] = []
        var last: [String?] = []

        func take(_ row: UnsafeRawBufferPointer) throws(CopyFault) {
            try fields.read(row)
            var room: [UInt8] = []
            let bytes = try fields.byteString(7, into: &room) ? room : nil
            values.append(
                Values(
                    text: try fields.text(0), flag: try fields.boolean(1),
                    numbers: [try fields.integer(2), try fields.integer(3), try fields.integer(4)],
                    id: try fields.identifier(5),
                    json: try fields.json(6).map { String(decoding: $0, as: UTF8.self) }, bytes: bytes))
            last.append(try fields.text(8))
        }
    }
}
