import Crypto
import Secrets

extension AgeHeader {
    /// The header for `stanzas`, with its code.
    static func render(_ stanzas: [AgeStanza], fileKey: Secret) throws(CryptoFault) -> [UInt8] {
        var text = Array("\(versionLine)\n".utf8)
        for stanza in stanzas {
            text += Array("-> \(([stanza.kind] + stanza.arguments).joined(separator: " "))\n".utf8)
            let body = Array(Base64.encode(stanza.body, padded: false).utf8)
            // A stanza ends with a short line, so that a body of full lines is followed by an empty one.
            for start in stride(from: 0, through: body.count, by: columns) {
                text += body[start..<min(start + columns, body.count)]
                text.append(10)
            }
        }
        text += Array("---".utf8)
        let code = try text.withUnsafeBytes { bytes in
            Result { () throws(CryptoFault) in try authenticate(bytes, fileKey: fileKey) }
        }.get()
        text += Array(" \(code.withBytes { Base64.encode($0, padded: false) })\n".utf8)
        return text
    }

    /// The code that the holder of the file key makes over the covered part of a header.
    static func authenticate(_ covered: UnsafeRawBufferPointer, fileKey: Secret) throws(CryptoFault) -> Digest32 {
        var code = HMACSHA256(key: try HKDF.sha256(key: fileKey, info: "header", count: 32))
        return code.authenticate(covered)
    }
}
