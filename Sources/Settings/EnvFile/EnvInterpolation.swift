import Secrets

/// Replaces the variable references of a value: `$NAME`, `${NAME}`, `${NAME:-default}`, `${NAME-default}`,
/// `${NAME:?text}`, `${NAME?text}`, `${NAME:+other}`, `${NAME+other}`, and `$$` for a dollar sign. References may be
/// nested in what follows an operator. A dollar sign before anything else stays.
struct EnvInterpolation {
    private static let depthLimit = 32

    let environment: [String: Secret]
    let earlier: [String: Secret]
    /// Whether a reference without a default named a variable that is not set.
    private(set) var sawUnset = false

    init(environment: [String: Secret], earlier: [String: Secret]) {
        self.environment = environment
        self.earlier = earlier
    }

    mutating func expand(_ raw: UnsafeRawBufferPointer) throws(EnvFileProblem) -> Secret {
        let result = SecretBuffer(capacity: raw.count)
        try expand(raw, into: result, depth: 0)
        return result.secret()
    }

    private mutating func expand(
        _ raw: UnsafeRawBufferPointer, into result: SecretBuffer, depth: Int
    ) throws(EnvFileProblem) {
        if depth > EnvInterpolation.depthLimit { throw .deepReference }
        let dollar = UInt8(ascii: "$")
        var index = 0
        while index < raw.count {
            let next = index + 1 < raw.count ? raw[index + 1] : 0
            if raw[index] != dollar {
                result.append(raw[index])
                index += 1
            } else if next == dollar {
                result.append(dollar)
                index += 2
            } else if next == UInt8(ascii: "{") {
                guard let end = closing(raw, index) else { throw .badReference }
                try braced(UnsafeRawBufferPointer(rebasing: raw[index + 2..<end]), into: result, depth: depth)
                index = end + 1
            } else {
                let end = nameEnd(raw, index + 1)
                if end == index + 1 {
                    result.append(dollar)
                } else {
                    append(String(decoding: raw[index + 1..<end], as: UTF8.self), to: result)
                }
                index = end
            }
        }
    }

    /// One `${…}`, without its braces.
    private mutating func braced(
        _ content: UnsafeRawBufferPointer, into result: SecretBuffer, depth: Int
    ) throws(EnvFileProblem) {
        let end = nameEnd(content, 0)
        if end == 0 { throw .badReference }
        let name = String(decoding: content[..<end], as: UTF8.self)
        if end == content.count { return append(name, to: result) }
        let isStrict = content[end] == UInt8(ascii: ":")
        let sign = isStrict ? end + 1 : end
        guard sign < content.count else { throw .badReference }
        let operand = UnsafeRawBufferPointer(rebasing: content[(sign + 1)...])
        let value = value(name).flatMap { isStrict && $0.count == 0 ? nil : $0 }
        switch content[sign] {
        case UInt8(ascii: "-"):
            if let value { result.append(value) } else { try expand(operand, into: result, depth: depth + 1) }
        case UInt8(ascii: "+"):
            if value != nil { try expand(operand, into: result, depth: depth + 1) }
        case UInt8(ascii: "?"):
            guard let value else { throw .requiredUnset }
            result.append(value)
        default: throw .badReference
        }
    }

    private mutating func append(_ name: String, to result: SecretBuffer) {
        if let value = value(name) { result.append(value) } else { sawUnset = true }
    }

    private func value(_ name: String) -> Secret? { environment[name] ?? earlier[name] }

    /// Where a name that begins at `start` ends; `start` when none begins there.
    private func nameEnd(_ raw: UnsafeRawBufferPointer, _ start: Int) -> Int {
        var index = start
        while index < raw.count {
            switch raw[index] {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"): break
            case UInt8(ascii: "0")...UInt8(ascii: "9") where index > start: break
            default: return index
            }
            index += 1
        }
        return index
    }

    /// The brace that closes the reference whose dollar sign is at `start`.
    ///
    /// As in Compose every brace is counted, also one without a dollar sign, and the byte behind an opening one is not
    /// looked at; where the braces do not come out even, the last of the value closes.
    private func closing(_ raw: UnsafeRawBufferPointer, _ start: Int) -> Int? {
        var open = 0, index = start, last: Int?
        while index < raw.count {
            switch raw[index] {
            case UInt8(ascii: "{"):
                open += 1
                index += 1
            case UInt8(ascii: "}"):
                open -= 1
                if open == 0 { return index }
            default: break
            }
            index += 1
        }
        for index in start..<raw.count where raw[index] == UInt8(ascii: "}") { last = index }
        return last
    }
}
