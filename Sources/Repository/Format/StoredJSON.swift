import FoundationEssentials

/// The JSON of the repository: UTF-8, members sorted by name, no white space, one line feed at the end.
///
/// Only that form is read. Where a member comes twice this decoder takes the first and `jq`, in `recover.sh`, the last;
/// and this one also reads UTF-16.
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
        let value: Value
        do { value = try JSONDecoder().decode(type, from: Data(bytes)) } catch let error as DecodingError {
            throw RepositoryFault.malformed(path: path, reason: StoredJSON.reason(error))
        }
        if let reason = bytes.withUnsafeBytes({ JSONForm.fault($0) }) {
            throw RepositoryFault.malformed(path: path, reason: reason)
        }
        return value
    }

    private static func reason(_ error: DecodingError) -> String {
        switch error {
        case .keyNotFound(let key, let context): "member \"\(place(context.codingPath + [key]))\" is missing"
        case .typeMismatch(_, let context) where context.codingPath.isEmpty: "it is not an object"
        case .typeMismatch(_, let context), .valueNotFound(_, let context):
            "member \"\(place(context.codingPath))\" has the wrong type"
        case .dataCorrupted(let context) where !context.codingPath.isEmpty:
            "member \"\(place(context.codingPath))\" is not valid"
        default: "it is not JSON (truncated or overwritten)"
        }
    }

    /// Such as `databases[0].name`.
    private static func place(_ path: [any CodingKey]) -> String {
        path.reduce("") { place, key in
            if let index = key.intValue { return "\(place)[\(index)]" }
            return place.isEmpty ? key.stringValue : "\(place).\(key.stringValue)"
        }
    }
}
