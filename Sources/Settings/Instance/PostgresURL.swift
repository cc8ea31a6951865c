package import Secrets

/// A PostgreSQL connection URI, taken apart: `postgresql://user:password@host:port/name?parameter=value`.
package struct PostgresURL: Sendable {
    package struct Parameter: Sendable, Equatable {
        package let name: String
        package let value: String

        package init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    /// A name, an address, or the folder of a socket; nil where the URI leaves it to the driver.
    package let host: String?
    package let port: Int?
    package let name: String?
    package let user: String?
    package let password: Secret?
    /// The parameters that are not one of the above, such as `sslmode`, in their order.
    package let parameters: [Parameter]

    /// Why a text is not such a URI.
    package struct Problem: Error, Sendable, Equatable {
        package let text: String
    }

    package init(_ text: Secret) throws(Problem) {
        self = try text.withBytes { (bytes) throws(Problem) in try PostgresURL(bytes) }
    }

    private init(_ bytes: UnsafeRawBufferPointer) throws(Problem) {
        let schemes = ["postgresql://", "postgres://"]
        guard let scheme = schemes.first(where: { bytes.starts(with: $0.utf8) })
        else { throw Problem(text: "it does not begin with postgresql://") }
        let start = scheme.utf8.count
        let ends: [UInt8] = [UInt8(ascii: "/"), UInt8(ascii: "?"), UInt8(ascii: "#")]
        let authorityEnd = bytes[start...].firstIndex { ends.contains($0) } ?? bytes.count
        let queryStart = bytes[authorityEnd...].firstIndex(of: UInt8(ascii: "?")) ?? bytes.count
        let at = bytes[start..<authorityEnd].lastIndex(of: UInt8(ascii: "@"))
        var parts = Parts()
        if let at {
            let colon = bytes[start..<at].firstIndex(of: UInt8(ascii: ":"))
            parts.user = try Parts.text(bytes[start..<(colon ?? at)])
            if let colon { parts.password = try Parts.decoded(bytes[(colon + 1)..<at]) }
        }
        // Otherwise the end of a password would be taken for the database's name, which is shown.
        if at == nil, bytes[authorityEnd..<queryStart].contains(UInt8(ascii: "@")) {
            throw Problem(text: "an @ stands behind the host; a slash in a password is written %2F")
        }
        try parts.readHost(bytes[(at.map { $0 + 1 } ?? start)..<authorityEnd])
        if authorityEnd < queryStart { parts.name = try Parts.text(bytes[(authorityEnd + 1)..<queryStart]) }
        if queryStart < bytes.count { try parts.readQuery(bytes[(queryStart + 1)...]) }
        host = parts.host.flatMap { $0.isEmpty ? nil : $0 }
        port = parts.port
        name = parts.name.flatMap { $0.isEmpty ? nil : $0 }
        user = parts.user.flatMap { $0.isEmpty ? nil : $0 }
        password = parts.password.flatMap { $0.count == 0 ? nil : $0 }
        parameters = parts.parameters
    }
}

/// The pieces of a URI while it is read.
private struct Parts {
    typealias Bytes = Slice<UnsafeRawBufferPointer>

    var host: String?
    var port: Int?
    var name: String?
    var user: String?
    var password: Secret?
    var parameters: [PostgresURL.Parameter] = []

    mutating func readHost(_ bytes: Bytes) throws(PostgresURL.Problem) {
        if bytes.contains(UInt8(ascii: ",")) { throw .init(text: "it names several hosts") }
        let rest: Bytes
        if bytes.first == UInt8(ascii: "[") {
            guard let end = bytes.firstIndex(of: UInt8(ascii: "]")) else { throw .init(text: "a [ is not closed") }
            host = try Parts.text(bytes[(bytes.startIndex + 1)..<end])
            rest = bytes[(end + 1)...]
        } else {
            let end = bytes.firstIndex(of: UInt8(ascii: ":")) ?? bytes.endIndex
            host = try Parts.text(bytes[..<end])
            rest = bytes[end...]
        }
        if rest.isEmpty { return }
        guard rest.first == UInt8(ascii: ":") else { throw .init(text: "something stands after the host") }
        if rest.count > 1 { try readPort(try Parts.text(rest.dropFirst())) }
    }

    private mutating func readPort(_ text: String) throws(PostgresURL.Problem) {
        guard let number = Int(text), (1...65535).contains(number)
        else { throw .init(text: "the port is not a number from 1 to 65535") }
        port = number
    }

    mutating func readQuery(_ bytes: Bytes) throws(PostgresURL.Problem) {
        for pair in bytes.split(separator: UInt8(ascii: "&")) {
            guard let equals = pair.firstIndex(of: UInt8(ascii: "="))
            else { throw .init(text: "a parameter has no value") }
            let key = try Parts.text(pair[..<equals])
            let value = pair[(equals + 1)...]
            switch key {
            case "password": password = try Parts.decoded(value)
            case "sslpassword": throw .init(text: "the parameter sslpassword is not supported")
            case "user": user = try Parts.text(value)
            case "host": host = try Parts.text(value)
            case "port": try readPort(try Parts.text(value))
            case "dbname": name = try Parts.text(value)
            default: parameters.append(.init(name: key, value: try Parts.text(value)))
            }
        }
    }

    static func text(_ bytes: Bytes) throws(PostgresURL.Problem) -> String {
        let decoded = try decoded(bytes)
        guard let text = decoded.withBytes({ String(validating: $0, as: UTF8.self) })
        else { throw .init(text: "a part of it is not UTF-8") }
        return text
    }

    /// The bytes with `%XX` replaced.
    static func decoded(_ bytes: Bytes) throws(PostgresURL.Problem) -> Secret {
        let result = SecretBuffer(capacity: bytes.count)
        var index = bytes.startIndex
        while index < bytes.endIndex {
            if bytes[index] != UInt8(ascii: "%") {
                result.append(bytes[index])
                index += 1
                continue
            }
            guard index + 2 < bytes.endIndex, let high = digit(bytes[index + 1]), let low = digit(bytes[index + 2]),
                high != 0 || low != 0
            else { throw .init(text: "a percent sign is not followed by two hexadecimal digits other than 00") }
            result.append(high << 4 | low)
            index += 3
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

extension PostgresURL: CustomStringConvertible {
    /// The URI with its password masked.
    package var description: String { text(mask: "••••") }

    /// The URI, percent-encoded; in place of a password `mask`, or nothing.
    func text(mask: String?) -> String {
        let credentials = PostgresURL.encoded(user ?? "") + (password == nil ? "" : mask.map { ":" + $0 } ?? "")
        let query = parameters.map { PostgresURL.encoded($0.name) + "=" + PostgresURL.encoded($0.value) }
        return "postgresql://" + (credentials.isEmpty ? "" : credentials + "@") + PostgresURL.address(host, port) + "/"
            + PostgresURL.encoded(name ?? "") + (query.isEmpty ? "" : "?" + query.joined(separator: "&"))
    }

    static func address(_ host: String?, _ port: Int?) -> String {
        (host.map { $0.contains(":") ? "[\($0)]" : encoded($0) } ?? "") + (port.map { ":\($0)" } ?? "")
    }

    /// `text` with every byte percent-encoded that could mean something in a URI.
    static func encoded(_ text: String) -> String {
        var result = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."),
                UInt8(ascii: "~"):
                result.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                result += digits.utf8.count == 1 ? "%0" + digits : "%" + digits
            }
        }
        return result
    }
}
