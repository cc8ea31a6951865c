import FoundationEssentials

/// The JSON of the repository: UTF-8, members sorted by name, no white space, one line feed at the end.
package enum StoredJSON {
    package static func encode(_ value: some Encodable) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(value)) + [UInt8(ascii: "\n")]
    }

    /// - Throws: `RepositoryFault.malformed` that names `path` and the member at fault.
    package static func decode<Value: Decodable>(_ type: Value.Type, from bytes: [UInt8], path: String) throws -> Value
    {
        guard !bytes.isEmpty else { throw RepositoryFault.malformed(path: path, reason: "it is empty") }
        do { return try JSONDecoder().decode(type, from: Data(bytes)) } catch let error as DecodingError {
            throw RepositoryFault.malformed(path: path, reason: StoredJSON.reason(error))
        }
    }

    private static func reason(_ error: DecodingError) -> String {
        let place = { (context: DecodingError.Context) in
            context.codingPath.map(\.stringValue).joined(separator: ".")
        }
        return switch error {
        case .keyNotFound(let key, let context):
            "member \"\((context.codingPath + [key]).map(\.stringValue).joined(separator: "."))\" is missing"
        case .typeMismatch(_, let context), .valueNotFound(_, let context):
            "member \"\(place(context))\" has the wrong type"
        case .dataCorrupted(let context) where !context.codingPath.isEmpty:
            "member \"\(place(context))\" is not valid"
        default: "it is not JSON (truncated or overwritten)"
        }
    }
}
