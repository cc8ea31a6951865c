import Crypto
import Testing

/// Which certificates of a file count. What node.js 20 makes of each text was tried, with `NODE_EXTRA_CA_CERTS` and as the
/// authority of one connection.
@Suite struct CertificateFileTests {
    private static let body = """
        MIIBQjCB9aADAgECAhR1oFuhEIY3bfRoVpbp2chOtSuFWTAFBgMrZXAwFjEUMBIG
        A1UEAwwLYXV0aG9yaXR5IGUwIBcNMjYxMTI4MTkyNzIwWhgPMjEyNjExMDQxOTI3
        MjBaMBYxFDASBgNVBAMMC2F1dGhvcml0eSBlMCowBQYDK2VwAyEA3RGv6mTfnQlB
        /4/F5ud0z3z+8csecQBYQc8e43KdD8KjUzBRMB0GA1UdDgQWBBR3OwgzD1twNO8t
        sZ4S4QAj84NHdzAfBgNVHSMEGDAWgBR3OwgzD1twNO8tsZ4S4QAj84NHdzAPBgNV
        HRMBAf8EBTADAQH/MAUGAytlcANBANxC+fvW//g15AyJImw5zdWmwnM6YPBMluoY
        PHenjb57umnY7BdeKbdoy9z6psoNBwHs5pXRLEMK4eH11h1YiQs=
        """
    private static let good = block(body)

    private static func block(_ body: String, _ label: String = "CERTIFICATE") -> String {
        "-----BEGIN \(label)-----\n\(body)\n-----END \(label)-----\n"
    }

    private func read(_ text: String, withTrust: Bool = false) -> CertificateFile {
        CertificateFile(Array(text.utf8), withTrust: withTrust)
    }

    @Test(arguments: [
        ("not base64!", "bad base64 decode"), ("YQ==", "header too long"), ("MAowADAAAwQAQUJD", "field missing"),
        // The version of a certificate that is right otherwise is a text.
        (body.replacing("MIIBQjCB9aADAgEC", with: "MIIBQjCB9aADDAEC"), "wrong tag"),
    ])
    func `the first block that cannot be read ends the file`(bad: String, reason: String) {
        for withTrust in [false, true] {
            let before = read(Self.good + Self.block(bad) + Self.good, withTrust: withTrust)
            #expect(before.certificates.count == 1 && before.fault == reason, "\(before.fault ?? "")")
            #expect(String(decoding: before.pem, as: UTF8.self) == Self.good)
            let first = read(Self.block(bad) + Self.good, withTrust: withTrust)
            #expect(first.certificates.isEmpty && first.pem.isEmpty && first.fault != nil)
        }
    }

    @Test func `words, other blocks and other line ends are passed over`() {
        let texts = [
            "words\n\n" + Self.good + "words\n", Self.block("MAowADAAAwQAQUJD", "PRIVATE KEY") + Self.good,
            Self.good.replacing("\n", with: "\r\n"), Self.block(Self.body, "X509 CERTIFICATE"),
            Self.block(Self.body.replacing("\n", with: "")), String(Self.good.dropLast()),
        ]
        for text in texts {
            let file = read(text)
            #expect(String(decoding: file.pem, as: UTF8.self) == Self.good && file.fault == nil, "\(text)")
        }
        for text in ["", "words\n", Self.block(Self.body, "X509 CRL")] {
            let file = read(text)
            #expect(file.certificates.isEmpty && file.fault == nil, "\(text)")
        }
    }

    @Test func `a trusted certificate counts for one connection, and not among the extra ones`() {
        let text = Self.block(Self.body, "TRUSTED CERTIFICATE")
        #expect(read(text).certificates.isEmpty && read(text, withTrust: true).certificates.count == 1)
        // An encrypted one asks nobody for a passphrase.
        let sealed = Self.good.replacing(
            "-----BEGIN CERTIFICATE-----\n",
            with: "-----BEGIN CERTIFICATE-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,"
                + "00112233445566778899AABBCCDDEEFF\n\n")
        #expect(read(sealed).certificates.isEmpty && read(sealed).fault != nil)
    }
}
