import CCrypto

/// The certificates in a text in PEM form, as far as node.js takes them: libcrypto reads one after the other, and neither
/// the first that it cannot read nor any behind it counts. A server's certificate that one of those signed is refused there.
package struct CertificateFile: Sendable {
    /// Those that count, in DER.
    package let certificates: [[UInt8]]
    /// Why the reading ended before the end of the text, in libcrypto's words; nil where it did not.
    package let fault: String?

    /// - Parameter withTrust: whether `TRUSTED CERTIFICATE` is read as well, which node.js does for the authorities of one
    ///   connection and not for those of `NODE_EXTRA_CA_CERTS`.
    package init(_ text: [UInt8], withTrust: Bool) {
        var found: [[UInt8]] = []
        let error = text.withUnsafeBytes { bytes -> UInt in
            guard let base = bytes.baseAddress, let memory = BIO_new_mem_buf(base, Int32(clamping: bytes.count)) else {
                return 0
            }
            defer { BIO_free(memory) }
            ERR_clear_error()
            while let certificate = CertificateFile.next(memory, withTrust: withTrust) {
                found.append(CertificateFile.encoded(certificate))
                X509_free(certificate)
            }
            return ERR_peek_error()
        }
        Library.forgetErrors()
        certificates = found
        let isEnd = ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE
        fault = error == 0 || isEnd ? nil : ERR_reason_error_string(error).map { String(cString: $0) } ?? "not readable"
    }

    /// The certificates that count, in PEM form.
    package var pem: [UInt8] {
        certificates.flatMap { certificate in
            let text = Array(Base64.encode(certificate).utf8)
            let lines = stride(from: 0, to: text.count, by: 64).flatMap { text[$0..<min($0 + 64, text.count)] + [10] }
            return Array("-----BEGIN CERTIFICATE-----\n".utf8) + lines + Array("-----END CERTIFICATE-----\n".utf8)
        }
    }

    /// Nobody is asked for the passphrase of an encrypted one.
    private static func next(_ memory: OpaquePointer, withTrust: Bool) -> OpaquePointer? {
        withTrust
            ? PEM_read_bio_X509_AUX(memory, nil, { _, _, _, _ in 0 }, nil)
            : PEM_read_bio_X509(memory, nil, { _, _, _, _ in 0 }, nil)
    }

    private static func encoded(_ certificate: OpaquePointer) -> [UInt8] {
        let length = Int(i2d_X509(certificate, nil))
        Library.must(length > 0)
        return [UInt8](unsafeUninitializedCapacity: length) { buffer, count in
            var end = buffer.baseAddress
            count = Int(i2d_X509(certificate, &end))
        }
    }
}
