import Secrets

/// Splits a connection URI into its pieces, by the rules of one dialect.
///
/// What cannot be meant is refused in both, also where a driver would take a part of a password for a host.
struct PostgresURLReader {
    typealias Bytes = Slice<UnsafeRawBufferPointer>

    /// What a percent sign means.
    private enum Percent {
        /// Two hexadecimal digits follow.
        case strict
        /// node-postgres encodes a text again that has a blank or a percent sign without its digits; afterwards only two
        /// decimal digits count as a code, and any other percent sign is itself.
        case decimal
    }

    private let dialect: PostgresURL.Dialect
    private var percent = Percent.strict
    private(set) var host: String?
    private(set) var port: Int?
    private(set) var name: String?
    private(set) var user: String?
    private(set) var password: Secret?
    /// The parameters that are none of these, the last of each name.
    private(set) var parameters: [PostgresURL.Parameter] = []

    init(_ dialect: PostgresURL.Dialect) { self.dialect = dialect }

    mutating func read(_ bytes: UnsafeRawBufferPointer) throws(PostgresURL.Problem) {
        if dialect == .node {
            if bytes.first == UInt8(ascii: "/") { return try readSocket(bytes[...]) }
            if PostgresURLReader.isEncodedAgain(bytes) { percent = .decimal }
        }
        guard let start = schemeEnd(bytes) else { throw .init(text: "it does not begin with postgresql://") }
        let ends: [UInt8] = [UInt8(ascii: "/"), UInt8(ascii: "?"), UInt8(ascii: "#")]
        let authorityEnd = bytes[start...].firstIndex { ends.contains($0) } ?? bytes.count
        let end =
            dialect == .node ? bytes[authorityEnd...].firstIndex(of: UInt8(ascii: "#")) ?? bytes.count : bytes.count
        let queryStart = bytes[authorityEnd..<end].firstIndex(of: UInt8(ascii: "?")) ?? end
        let at = bytes[start..<authorityEnd].lastIndex(of: UInt8(ascii: "@"))
        if let at {
            let colon = bytes[start..<at].firstIndex(of: UInt8(ascii: ":"))
            user = try text(bytes[start..<(colon ?? at)])
            if let colon { password = try secret(bytes[(colon + 1)..<at]) }
        }
        // Otherwise the end of a password would be taken for the database's name, which is shown.
        if bytes[authorityEnd..<queryStart].contains(UInt8(ascii: "@")) || bytes[end...].contains(UInt8(ascii: "@")) {
            throw .init(text: "an @ follows the host; in a password / is written %2F, ? %3F, and # %23")
        }
        try readHost(bytes[(at.map { $0 + 1 } ?? start)..<authorityEnd])
        if authorityEnd < queryStart { name = try path(bytes[(authorityEnd + 1)..<queryStart]) }
        if queryStart < end { try readQuery(bytes[(queryStart + 1)..<end]) }
    }

    private func schemeEnd(_ bytes: UnsafeRawBufferPointer) -> Int? {
        for scheme in ["postgresql://", "postgres://"] where bytes.count >= scheme.utf8.count {
            let isSame = zip(scheme.utf8, bytes).allSatisfy { wanted, found in
                // An upper-case letter, where the dialect does not mind.
                found == wanted || (dialect == .node && (65...90).contains(found) && found | 32 == wanted)
            }
            if isSame { return scheme.utf8.count }
        }
        return nil
    }

    /// node-postgres's other form: the folder of a socket, a blank, and the database.
    private mutating func readSocket(_ bytes: Bytes) throws(PostgresURL.Problem) {
        let words = bytes.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
        let plain = { (bytes: Bytes) throws(PostgresURL.Problem) -> String in
            guard let text = String(validating: bytes, as: UTF8.self) else { throw .init(text: "it is not UTF-8") }
            return text
        }
        host = try plain(words[0])
        if words.count > 1 { name = try plain(words[1]) }
    }

    private mutating func readHost(_ bytes: Bytes) throws(PostgresURL.Problem) {
        let rest: Bytes
        if bytes.first == UInt8(ascii: "[") {
            guard let end = bytes.firstIndex(of: UInt8(ascii: "]")) else { throw .init(text: "a [ is not closed") }
            try setHost(bytes[(bytes.startIndex + 1)..<end])
            rest = bytes[(end + 1)...]
        } else {
            if bytes.contains(UInt8(ascii: ",")) { throw .init(text: "it names several hosts") }
            let end = bytes.firstIndex(of: UInt8(ascii: ":")) ?? bytes.endIndex
            try setHost(bytes[..<end])
            rest = bytes[end...]
        }
        if rest.isEmpty { return }
        guard rest.first == UInt8(ascii: ":") else { throw .init(text: "something other than a port follows the host") }
        if rest.count > 1 { try readPort(rest.dropFirst()) }
    }

    private mutating func setHost(_ bytes: Bytes) throws(PostgresURL.Problem) {
        let found = try text(bytes)
        if found.contains(",") { throw .init(text: "it names several hosts") }
        host = found
    }

    private mutating func readPort(_ bytes: Bytes) throws(PostgresURL.Problem) {
        guard bytes.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            let number = Int(String(decoding: bytes, as: UTF8.self)), (1...65535).contains(number)
        else { throw .init(text: "the port is not a number from 1 to 65535") }
        port = number
    }

    private mutating func readQuery(_ bytes: Bytes) throws(PostgresURL.Problem) {
        for pair in bytes.split(separator: UInt8(ascii: "&")) {
            let equals = pair.firstIndex(of: UInt8(ascii: "="))
            guard let equals else { throw .init(text: "a parameter has no value") }
            let key = try text(pair[..<equals], isQuery: true), value = pair[(equals + 1)...]
            switch key {
            // An empty one leaves what stands elsewhere.
            case "password" where !value.isEmpty: password = try secret(value, isQuery: true)
            case "user" where !value.isEmpty: user = try text(value, isQuery: true)
            case "host" where !value.isEmpty: try setHost(value)
            case "port" where !value.isEmpty: try readPort(value)
            // node-postgres takes the database only from the path.
            case "dbname" where dialect == .libpq: name = try text(value)
            case "password", "user", "host", "port": break
            case "sslpassword": throw .init(text: "the parameter sslpassword is not supported")
            default:
                parameters.removeAll { $0.name == key }
                parameters.append(.init(name: key, value: try text(value, isQuery: true)))
            }
        }
    }

    // MARK: - Percent signs

    /// Whether node-postgres encodes the text again: it has a blank, or a percent sign without its digits before the end.
    private static func isEncodedAgain(_ bytes: UnsafeRawBufferPointer) -> Bool {
        for (index, byte) in bytes.enumerated() {
            if byte == UInt8(ascii: " ") { return true }
            guard byte == UInt8(ascii: "%"), index + 1 < bytes.count else { continue }
            if digit(bytes[index + 1]) == nil { return true }
            if index + 2 < bytes.count, digit(bytes[index + 2]) == nil { return true }
        }
        return false
    }

    private func text(
        _ bytes: Bytes, isQuery: Bool = false, keeping kept: [UInt8] = []
    ) throws(PostgresURL.Problem) -> String {
        let decoded = try decoded(bytes, isQuery: isQuery, keeping: kept)
        guard let text = decoded.withBytes({ String(validating: $0, as: UTF8.self) })
        else { throw .init(text: "a part of it is not UTF-8") }
        return text
    }

    private func secret(_ bytes: Bytes, isQuery: Bool = false) throws(PostgresURL.Problem) -> Secret {
        let decoded = try decoded(bytes, isQuery: isQuery)
        if dialect == .node, decoded.withBytes({ String(validating: $0, as: UTF8.self) }) == nil {
            throw .init(text: "a part of it is not UTF-8")
        }
        return decoded
    }

    /// A database's name. node-postgres leaves the codes of characters that mean something in a URI as they are.
    private func path(_ bytes: Bytes) throws(PostgresURL.Problem) -> String {
        try text(bytes, keeping: dialect == .node ? Array(";/?:@&=+$,#".utf8) : [])
    }

    /// The bytes with `%XX` replaced, and in node-postgres's query `+` by a blank.
    private func decoded(
        _ bytes: Bytes, isQuery: Bool, keeping kept: [UInt8] = []
    ) throws(PostgresURL.Problem) -> Secret {
        let result = SecretBuffer(capacity: bytes.count)
        var index = bytes.startIndex
        while index < bytes.endIndex {
            let byte = bytes[index]
            index += 1
            guard byte == UInt8(ascii: "%") else {
                result.append(isQuery && dialect == .node && byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
                continue
            }
            let digits = bytes[index...].prefix(2).compactMap(PostgresURLReader.digit)
            let isCode = digits.count == 2 && (percent == .strict || digits.allSatisfy { $0 < 10 })
            guard isCode else {
                if percent == .decimal {
                    result.append(byte)
                    continue
                }
                throw .init(text: "a percent sign is not followed by two hexadecimal digits")
            }
            let code = digits[0] << 4 | digits[1]
            if code == 0 { throw .init(text: "it has a NUL character (%00)") }
            if kept.contains(code) {
                result.append(byte)
                continue
            }
            result.append(code)
            index += 2
        }
        return result.secret()
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
