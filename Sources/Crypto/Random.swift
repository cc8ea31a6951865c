import CCrypto
package import Secrets

/// Random bytes for keys, nonces and salts, from libcrypto's generator. There is no second source to fall back to.
package enum Random {
    /// Fills `target` with bytes that may become public, such as nonces and salts.
    package static func fill(_ target: UnsafeMutableRawBufferPointer) throws(CryptoFault) {
        guard target.count <= Int32.max else { throw .wrongLength(of: "random data", count: target.count) }
        guard target.isEmpty || RAND_bytes(target.octets, Int32(target.count)) == 1 else { throw .noRandomness }
    }

    /// `count` bytes that may become public.
    package static func bytes(count: Int) throws(CryptoFault) -> [UInt8] {
        var fault: CryptoFault?
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { target, filled in
            do throws(CryptoFault) {
                try fill(UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(target)[..<count]))
                filled = count
            } catch { fault = error }
        }
        if let fault { throw fault }
        return bytes
    }

    /// `count` bytes that stay secret, from the generator that libcrypto keeps apart for them.
    package static func secret(count: Int) throws(CryptoFault) -> Secret {
        try Secret(count: count) { (target) throws(CryptoFault) in
            guard target.isEmpty || RAND_priv_bytes(target.octets, Int32(target.count)) == 1 else {
                throw .noRandomness
            }
        }
    }
}
