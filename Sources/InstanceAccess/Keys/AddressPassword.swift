import Postgres
import Secrets

/// A password inside of connection URIs: given another one, and not a byte else is changed.
enum AddressPassword {
    /// Whose password is meant.
    struct Holder {
        let role: String
        let password: Secret
        /// Where the role is; nil for any server.
        var address: (host: String, port: Int)?
    }

    /// What became of a text.
    enum Outcome {
        /// It does not hold the password, or that of another role or server.
        case none
        case replaced(Secret)
        /// It holds it in a way that is not understood well enough to be changed.
        case unclear
    }

    /// One URI.
    static func replacing(_ holder: Holder, with new: Secret, in text: Secret) -> Outcome {
        let before: PostgresURL
        do throws(PostgresURL.Problem) { before = try PostgresURL(text, .node) } catch { return .none }
        guard before.password?.equals(holder.password) == true, before.user ?? "postgres" == holder.role else {
            return .none
        }
        if let address = holder.address,
            (before.host ?? "127.0.0.1", before.port ?? 5432) != (address.host, address.port)
        {
            return .none
        }
        guard let range = place(in: text) else { return .unclear }
        let changed = replaced(range, of: text, with: new)
        do throws(PostgresURL.Problem) {
            let after = try PostgresURL(changed, .node)
            // A parameter of the URI may say another password than its beginning.
            guard after.password?.equals(new) == true, after.text(mask: nil) == before.text(mask: nil) else {
                return .unclear
            }
        } catch { return .unclear }
        return .replaced(changed)
    }

    /// A list of URIs in JSON, whose strings are taken as they stand.
    static func replacingAll(_ holder: Holder, with new: Secret, inList text: Secret) -> Outcome {
        var parts: [Range<Int>] = []
        text.withBytes { bytes in
            var start = bytes.startIndex
            for index in bytes.indices where bytes[index] == UInt8(ascii: "\"") {
                parts.append(start..<index)
                start = index + 1
            }
            parts.append(start..<bytes.endIndex)
        }
        let result = SecretBuffer(capacity: text.count + 64)
        var isChanged = false
        for (number, range) in parts.enumerated() {
            let part = text.slice(range)
            if number > 0 { result.append(UInt8(ascii: "\"")) }
            // What is escaped is not what the driver reads.
            let isPlain = part.withBytes { !$0.contains(UInt8(ascii: "\\")) }
            switch replacing(holder, with: new, in: part) {
            case .replaced(let other) where isPlain:
                isChanged = true
                result.append(other)
            case .replaced, .unclear: return .unclear
            case .none: result.append(part)
            }
        }
        return isChanged ? .replaced(result.secret()) : .none
    }

    /// The bytes between the first colon behind the scheme and the last @ before the host.
    private static func place(in text: Secret) -> Range<Int>? {
        text.withBytes { bytes in
            guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")), bytes.count > colon + 3 else { return nil }
            let start = colon + 3
            let ends = [UInt8(ascii: "/"), UInt8(ascii: "?"), UInt8(ascii: "#")]
            let end = bytes[start...].firstIndex { ends.contains($0) } ?? bytes.endIndex
            guard let sign = bytes[start..<end].lastIndex(of: UInt8(ascii: "@")),
                let second = bytes[start..<sign].firstIndex(of: UInt8(ascii: ":"))
            else { return nil }
            return second + 1..<sign
        }
    }

    private static func replaced(_ range: Range<Int>, of text: Secret, with new: Secret) -> Secret {
        let result = SecretBuffer(capacity: text.count + new.count)
        result.append(text.slice(0..<range.lowerBound))
        result.append(new)
        result.append(text.slice(range.upperBound..<text.count))
        return result.secret()
    }
}
