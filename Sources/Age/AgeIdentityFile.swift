package import Secrets

/// A file of identities as `age-keygen` writes it: one a line, blank lines, comments behind `#`.
package enum AgeIdentityFile {
    /// Whether the file is itself an age file, so that a passphrase must be asked for.
    package static func isSealed(_ file: Secret) -> Bool {
        file.withBytes { AgeHeader.isAge($0) || AgeArmor.isArmored($0) }
    }

    /// The identities in `file`, in its order, at least one.
    ///
    /// - Parameter passphrase: opens a file that is sealed; unused for others.
    package static func parse(_ file: Secret, passphrase: Secret? = nil) throws(AgeFault) -> [AgeIdentity] {
        guard isSealed(file) else { return try parsePlain(file) }
        guard let passphrase else { throw .identityNeedsPassphrase }
        let plain = try file.withBytes { (bytes) throws(AgeFault) in
            try Age.open(bytes, identities: [.passphrase(passphrase)])
        }
        return try parsePlain(plain)
    }

    /// The file for one identity; `created` is the time, or nil.
    package static func render(_ identity: AgeIdentity, created: String? = nil) throws(AgeFault) -> Secret {
        var head = created.map { "# created: \($0)\n" } ?? ""
        if let recipient = try identity.recipient().text { head += "# public key: \(recipient)\n" }
        let text = identity.text, start = head.utf8.count
        return Secret(count: start + text.count + 1) { target in
            target.copyBytes(from: head.utf8)
            text.withBytes { UnsafeMutableRawBufferPointer(rebasing: target[start...]).copyMemory(from: $0) }
            target[target.count - 1] = UInt8(ascii: "\n")
        }
    }

    private static func parsePlain(_ file: Secret) throws(AgeFault) -> [AgeIdentity] {
        try file.withBytes { (bytes) throws(AgeFault) in
            var identities: [AgeIdentity] = [], number = 0, start = 0
            while start < bytes.count {
                number += 1
                var end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
                let next = end + 1
                if end > start, bytes[end - 1] == UInt8(ascii: "\r") { end -= 1 }
                let line = UnsafeRawBufferPointer(rebasing: bytes[start..<end])
                if !line.isEmpty, line[0] != UInt8(ascii: "#"), !line.allSatisfy({ $0 == 32 || $0 == 9 }) {
                    identities.append(try AgeIdentity(line, line: number))
                }
                start = next
            }
            guard !identities.isEmpty else { throw .noIdentity }
            return identities
        }
    }
}
