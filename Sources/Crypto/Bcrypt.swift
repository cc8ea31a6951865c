import CCrypt
import Glibc
package import Secrets

/// bcrypt password hashes as libcrypt writes them: `$2b$10$` and 53 characters.
package enum Bcrypt {
    /// - Parameters:
    ///   - password: only its first 72 bytes count; a NUL in it is refused.
    ///   - cost: 4...31; each step doubles the time.
    package static func hash(_ password: Secret, cost: Int = 10) throws(CryptoFault) -> String {
        guard (4...31).contains(cost) else { throw .malformed(what: "a bcrypt cost", why: "out of range") }
        let salt = try Random.bytes(count: 16).map { CChar(bitPattern: $0) }
        var setting = [CChar](repeating: 0, count: Int(CRYPT_GENSALT_OUTPUT_SIZE))
        guard crypt_gensalt_rn("$2b$", UInt(cost), salt, Int32(salt.count), &setting, Int32(setting.count)) != nil
        else {
            throw .unavailable(algorithm: "bcrypt")
        }
        return try run(password, text(setting))
    }

    /// Whether `password` is the one behind `hash` (`$2a$`, `$2b$` or `$2y$`).
    package static func verify(_ password: Secret, hash: String) throws(CryptoFault) -> Bool {
        guard hash.utf8.count == 60, ["$2a$", "$2b$", "$2y$"].contains(hash.prefix(4)) else {
            throw .malformed(what: "a bcrypt hash", why: "it does not have the form $2b$10$ and 53 characters")
        }
        let computed = Array(try run(password, hash).utf8)
        return computed.withUnsafeBytes { computed in
            Array(hash.utf8).withUnsafeBytes { ConstantTime.equal(computed, $0) }
        }
    }

    private static func run(_ password: Secret, _ setting: String) throws(CryptoFault) -> String {
        guard !password.withBytes({ $0.contains(0) }) else {
            throw .malformed(what: "a password", why: "it contains a NUL")
        }
        let work = UnsafeMutableRawBufferPointer.allocate(byteCount: MemoryLayout<crypt_data>.size, alignment: 16)
        work.initializeMemory(as: UInt8.self, repeating: 0)
        defer {
            Secret.zero(work)
            work.deallocate()
        }
        let result = password.withCString { password -> String? in
            crypt_rn(password, setting, work.baseAddress, Int32(work.count)).map { String(cString: $0) }
        }
        guard let result else { throw .malformed(what: "a bcrypt hash", why: "libcrypt does not take its setting") }
        return result
    }

    private static func text(_ characters: [CChar]) -> String {
        String(decoding: characters.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
