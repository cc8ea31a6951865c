package import Faults

/// What is wrong with bytes that should be a COPY stream.
package enum CopyFault: Fault, Equatable {
    /// The first eleven bytes are not the signature of the binary format.
    case badSignature
    /// The header asks for something that the format's first version does not have.
    case unknownFlags(UInt32)
    case badExtensionLength(Int32)
    /// `row` counts from 1.
    case badFieldCount(row: UInt64, Int)
    /// A row whose number of fields differs from that of the first row.
    case unequalFieldCount(row: UInt64, Int, expected: Int)
    case badFieldLength(row: UInt64, Int32)
    /// A field whose bytes are no value of the type that its reader expects; `field` counts from 1.
    case unreadableField(row: UInt64, field: Int, type: String)
    /// The stream ends inside its header or a row, or has no trailer.
    case truncated(afterRows: UInt64)
    case bytesAfterTrailer
    /// A row of more bytes than the reader accepts.
    case rowTooLarge(row: UInt64, limit: Int)
    /// The digest's key is not `DigestKey.length` bytes long.
    case badKeyLength(Int)
    case outOfMemory

    package var code: String {
        switch self {
        case .badSignature: "copy.bad-signature"
        case .unknownFlags: "copy.unknown-flags"
        case .badExtensionLength: "copy.bad-extension-length"
        case .badFieldCount: "copy.bad-field-count"
        case .unequalFieldCount: "copy.unequal-field-count"
        case .badFieldLength: "copy.bad-field-length"
        case .unreadableField: "copy.unreadable-field"
        case .truncated: "copy.truncated"
        case .bytesAfterTrailer: "copy.bytes-after-trailer"
        case .rowTooLarge: "copy.row-too-large"
        case .badKeyLength: "copy.bad-key-length"
        case .outOfMemory: "copy.out-of-memory"
        }
    }

    package var message: String {
        switch self {
        case .badSignature: "the table data does not begin like PostgreSQL's binary COPY format"
        case .unknownFlags(let flags): "the table data has the header flags \(flags), which this version does not know"
        case .badExtensionLength(let length): "the table data has a header extension of \(length) bytes"
        case .badFieldCount(let row, let count): "row \(row) of the table data claims to have \(count) fields"
        case .unequalFieldCount(let row, let count, let expected):
            "row \(row) of the table data has \(count) fields where the rows before it have \(expected)"
        case .badFieldLength(let row, let length):
            "row \(row) of the table data has a field of \(length) bytes"
        case .unreadableField(let row, let field, let type):
            "field \(field) of row \(row) of the table data is no \(type)"
        case .truncated(let rows): "the table data ends too early, after \(rows) complete rows"
        case .bytesAfterTrailer: "the table data goes on after its end mark"
        case .rowTooLarge(let row, let limit): "row \(row) of the table data is larger than \(limit) bytes"
        case .badKeyLength(let length): "the key of a content digest has \(length) bytes"
        case .outOfMemory: "there is no memory left for a content digest"
        }
    }

    package var hints: [Hint] {
        switch self {
        case .outOfMemory: [.check("look at the memory limit of this process")]
        case .badKeyLength: [.check("the repository's id key must be the one that `init` made")]
        case .rowTooLarge: [.check("the limit is there to keep memory small; the data itself may be sound")]
        default: [.command(["infisical-ops", "verify", "--all", "--level", "readable"])]
        }
    }

    package var exit: ExitCode {
        switch self {
        case .outOfMemory, .badKeyLength, .rowTooLarge: .failed
        default: .damaged
        }
    }
}
