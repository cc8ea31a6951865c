extension Manifest.Database.Sequence: Codable {
    private enum CodingKeys: String, CodingKey {
        case schema, name, last, called
        /// `last` once more, as a text: many readers of JSON, `jq` among them, round numbers above 2^53.
        case value
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        schema = try container.decode(String.self, forKey: .schema)
        name = try container.decode(String.self, forKey: .name)
        last = try container.decode(Int64.self, forKey: .last)
        called = try container.decode(Bool.self, forKey: .called)
        // Absent in manifests of 0.1.
        guard let value = try container.decodeIfPresent(String.self, forKey: .value) else { return }
        guard value == String(last) else {
            throw DecodingError.dataCorruptedError(
                forKey: .value, in: container, debugDescription: "not the same as last")
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(schema, forKey: .schema)
        try container.encode(name, forKey: .name)
        try container.encode(last, forKey: .last)
        try container.encode(called, forKey: .called)
        try container.encode(String(last), forKey: .value)
    }
}
