import CLibPQ

/// The rows that a statement returned, in PostgreSQL's text form.
package struct Rows: RandomAccessCollection {
    fileprivate final class Storage {
        let result: OpaquePointer
        let columns: [String: Int32]

        init(owning result: OpaquePointer) {
            self.result = result
            var columns: [String: Int32] = [:]
            for index in 0..<PQnfields(result) {
                if let name = PQfname(result, index) { columns[String(cString: name)] = index }
            }
            self.columns = columns
        }

        deinit { PQclear(result) }
    }

    private let storage: Storage

    /// Takes the result over; it is cleared when the last row of it goes.
    init(owning result: OpaquePointer) { storage = Storage(owning: result) }

    package var startIndex: Int { 0 }
    package var endIndex: Int { Int(PQntuples(storage.result)) }
    package subscript(position: Int) -> Row { Row(storage: storage, index: Int32(position)) }

    /// How many rows a statement that returns none has changed.
    package var affected: Int64 { Int64(String(cString: PQcmdTuples(storage.result))) ?? 0 }

    /// The only row; for statements that return exactly one.
    package func only() throws(PostgresFault) -> Row {
        guard count == 1 else { throw .unexpectedAnswer("\(count) rows where one was expected") }
        return self[0]
    }

    /// One row; its values by column name.
    package struct Row {
        fileprivate let storage: Storage
        fileprivate let index: Int32

        /// The value as text; nil for NULL.
        ///
        /// - Throws: `notUnicode`, which a database in SQL_ASCII can come to.
        package func stringIfAny(_ column: String) throws(PostgresFault) -> String? {
            guard let number = storage.columns[column] else {
                throw .unexpectedAnswer("no column \(column) in the answer")
            }
            if PQgetisnull(storage.result, index, number) == 1 { return nil }
            guard let value = PQgetvalue(storage.result, index, number) else { return nil }
            let length = Int(PQgetlength(storage.result, index, number))
            let bytes = UnsafeRawBufferPointer(start: value, count: length)
            guard let text = String(validating: bytes, as: UTF8.self) else {
                throw .notUnicode(column: column)
            }
            return text
        }

        /// Lends the bytes of the value's text form; nil for NULL.
        package func withBytes<Result, Failure: Error>(
            _ column: String, _ body: (UnsafeRawBufferPointer?) throws(Failure) -> Result
        ) throws(Failure) -> Result {
            guard let number = storage.columns[column], PQgetisnull(storage.result, index, number) == 0,
                let value = PQgetvalue(storage.result, index, number)
            else { return try body(nil) }
            let length = Int(PQgetlength(storage.result, index, number))
            defer { withExtendedLifetime(storage) {} }
            return try body(UnsafeRawBufferPointer(start: value, count: length))
        }

        package func string(_ column: String) throws(PostgresFault) -> String {
            guard let value = try stringIfAny(column) else { throw .unexpectedAnswer("no value in \(column)") }
            return value
        }

        package func integer<Number: FixedWidthInteger>(
            _ column: String, as type: Number.Type = Number.self
        ) throws(PostgresFault) -> Number {
            let text = try string(column)
            guard let value = Number(text) else { throw .unexpectedAnswer("no number in \(column)") }
            return value
        }

        package func integerIfAny<Number: FixedWidthInteger>(
            _ column: String, as type: Number.Type = Number.self
        ) throws(PostgresFault) -> Number? {
            try stringIfAny(column) == nil ? nil : integer(column, as: type)
        }

        package func bool(_ column: String) throws(PostgresFault) -> Bool {
            switch try string(column) {
            case "t": true
            case "f": false
            default: throw .unexpectedAnswer("no truth value in \(column)")
            }
        }

        /// An array value that the statement turned into JSON-free text with `array_to_string(…, chr(31))`.
        package func list(_ column: String) throws(PostgresFault) -> [String] {
            let text = try stringIfAny(column) ?? ""
            return text.isEmpty
                ? [] : text.split(separator: "\u{1f}", omittingEmptySubsequences: false).map(String.init)
        }
    }
}
