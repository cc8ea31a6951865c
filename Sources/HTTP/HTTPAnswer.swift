import FoundationEssentials

/// What a server answered.
package struct HTTPAnswer: Sendable {
    package let status: Int
    /// As the server wrote it, such as `application/json; charset=utf-8`; empty when it wrote none.
    package let contentType: String
    /// Never longer than the limit that was given.
    package let body: [UInt8]

    /// The body as JSON of a type; nil when it is not that, whatever the server called it.
    package func decoded<Value: Decodable>(_ type: Value.Type) -> Value? {
        try? JSONDecoder().decode(type, from: Data(body))
    }

    /// Whether the body is a JSON document at all. A page that a proxy puts in front is not.
    package var isJSON: Bool { decoded(AnyJSON.self) != nil }
}

/// Any JSON document; what is in it does not matter.
private struct AnyJSON: Decodable {
    init(from decoder: any Decoder) throws {
        // A mapping or a list; a bare word or number is what an error page may consist of as well.
        if (try? decoder.container(keyedBy: Name.self)) == nil { _ = try decoder.unkeyedContainer() }
    }

    private struct Name: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init?(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }
}

extension HTTPAnswer: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    // A body may hold secrets.
    package var description: String { "status \(status), \(body.count) bytes of \(contentType)" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: ["status": status], displayStyle: .struct) }
}
