package import Secrets

/// A PostgreSQL connection URI, taken apart: `postgresql://user:password@host:port/name?parameter=value`.
package struct PostgresURL: Sendable {
    /// Whose reader of such a text counts.
    package enum Dialect: Sendable {
        /// PostgreSQL's own programs, for what people write for this program.
        case libpq
        /// node-postgres, for what they write for Infisical. Its parameters are translated into libpq's.
        case node
    }

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
    /// The parameters that are not one of the above, such as `sslmode`, by libpq's names and in their order.
    package let parameters: [Parameter]
    /// Whether the URI asks for a server's certificate without saying who may have signed it: node-postgres then trusts
    /// the public authorities, libpq those of a file in the user's home folder.
    package let trustsPublicAuthorities: Bool
    /// What stands in it and is not used here, one sentence each; never a value.
    package let notes: [String]

    /// Why a text is not such a URI.
    package struct Problem: Error, Sendable, Equatable {
        package let text: String

        package init(text: String) { self.text = text }
    }

    package init(_ text: Secret, _ dialect: Dialect = .libpq) throws(Problem) {
        var reader = PostgresURLReader(dialect)
        try text.withBytes { (bytes) throws(Problem) in try reader.read(bytes) }
        let present = { (text: String?) in text.flatMap { $0.isEmpty ? nil : $0 } }
        host = present(reader.host)
        port = reader.port
        name = present(reader.name)
        user = present(reader.user)
        password = reader.password.flatMap { $0.count == 0 ? nil : $0 }
        switch dialect {
        case .libpq:
            parameters = try ConnectionParameters.checked(reader.parameters)
            (trustsPublicAuthorities, notes) = (false, [])
        case .node:
            let translated = try NodeParameters(reader.parameters)
            parameters = translated.parameters
            (trustsPublicAuthorities, notes) = (translated.trustsPublicAuthorities, translated.notes)
        }
    }
}

extension PostgresURL: CustomStringConvertible {
    /// The URI with its password masked.
    package var description: String { text(mask: "••••") }

    /// The URI, percent-encoded; in place of a password `mask`, or nothing.
    package func text(mask: String?) -> String {
        let credentials = PostgresURL.encoded(user ?? "") + (password == nil ? "" : mask.map { ":" + $0 } ?? "")
        let query = parameters.map { PostgresURL.encoded($0.name) + "=" + PostgresURL.encoded($0.value) }
        return "postgresql://" + (credentials.isEmpty ? "" : credentials + "@") + PostgresURL.address(host, port) + "/"
            + PostgresURL.encoded(name ?? "") + (query.isEmpty ? "" : "?" + query.joined(separator: "&"))
    }

    package static func address(_ host: String?, _ port: Int?) -> String {
        (host.map { $0.contains(":") ? "[\($0)]" : encoded($0) } ?? "") + (port.map { ":\($0)" } ?? "")
    }

    /// `text` with every byte percent-encoded that could mean something in a URI.
    package static func encoded(_ text: String) -> String {
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
