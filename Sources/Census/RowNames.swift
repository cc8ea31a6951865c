import CopyFormat

/// How the rows of a table are named: by their id, whatever its type is, else by their number.
struct RowNames {
    private enum Form {
        case uuid
        case text
        case integer
    }

    /// A longer id is cut.
    private static let longest = 100

    private let form: Form?

    /// - Parameter type: of the column `id`; nil where the table has none.
    init(_ type: String?) {
        switch type {
        case "uuid"?: form = .uuid
        case "integer"?, "bigint"?, "smallint"?: form = .integer
        case let type? where type == "text" || type.hasPrefix("character"): form = .text
        default: form = nil
        }
    }

    /// The place of the id in a row; nil where it cannot name one.
    var column: Int? { form == nil ? nil : 0 }

    /// - Parameter number: of the row, from 1.
    func name(of row: borrowing RowFields, number: Int) -> String {
        let byNumber = "number \(number)"
        do throws(CopyFault) {
            switch form {
            case nil: return byNumber
            case .integer?: return try row.integer(0).map { "\($0)" } ?? byNumber
            case .uuid?: return try row.identifier(0) ?? byNumber
            case .text?:
                // Lossy: an id in another encoding must not end the census.
                guard let bytes = row.bytes(0) else { return byNumber }
                return String(decoding: bytes.prefix(RowNames.longest), as: UTF8.self)
            }
        } catch {
            // An id that cannot be read is no reason not to say which row it was.
            return byNumber
        }
    }
}
