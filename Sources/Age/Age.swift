package import Secrets

/// Seals and opens small files in one call: keys, escrow, identities.
package enum Age {
    package static func seal(
        _ plaintext: UnsafeRawBufferPointer, to recipients: [AgeRecipient], armored: Bool = false
    ) throws(AgeFault) -> [UInt8] {
        let sealer = try AgeSealer(recipients)
        var fault: AgeFault?
        let file = [UInt8](unsafeUninitializedCapacity: sealer.sealedSize(plaintextCount: plaintext.count)) {
            target, filled in
            do throws(AgeFault) {
                filled = try sealer.seal(plaintext, into: UnsafeMutableRawBufferPointer(target))
            } catch {
                fault = error
            }
        }
        if let fault { throw fault }
        return armored ? file.withUnsafeBytes { AgeArmor.encode($0) } : file
    }

    package static func seal(
        _ plaintext: Secret, to recipients: [AgeRecipient], armored: Bool = false
    ) throws(AgeFault) -> [UInt8] {
        try plaintext.withBytes { (bytes) throws(AgeFault) in try seal(bytes, to: recipients, armored: armored) }
    }

    /// Opens a file, armored or not.
    package static func open(_ file: UnsafeRawBufferPointer, identities: [AgeIdentity]) throws(AgeFault) -> Secret {
        let opener = try AgeOpener(identities)
        guard AgeArmor.isArmored(file) else { return try open(file, opener) }
        // What is inside is binary: armor within armor is no age file.
        return try AgeArmor.decode(file).withUnsafeBytes { (file) in
            Result { () throws(AgeFault) in try open(file, opener) }
        }.get()
    }

    package static func open(_ file: [UInt8], identities: [AgeIdentity]) throws(AgeFault) -> Secret {
        try file.withUnsafeBytes { (file) in
            Result { () throws(AgeFault) in try open(file, identities: identities) }
        }.get()
    }

    private static func open(_ file: UnsafeRawBufferPointer, _ opener: AgeOpener) throws(AgeFault) -> Secret {
        let header = try AgeHeader(file)
        let sealed = max(0, file.count - header.size - AgePayload.nonceSize)
        return try Secret(count: AgePayload.plaintextSize(sealedCount: sealed)) { (target) throws(AgeFault) in
            _ = try opener.open(file, header, into: target)
        }
    }
}
