/// Blocks of a file of certificate authorities, none of which has signed anything.
enum AuthorityBlocks {
    static let first = block(
        """
        MIIBQjCB9aADAgECAhR1oFuhEIY3bfRoVpbp2chOtSuFWTAFBgMrZXAwFjEUMBIG
        A1UEAwwLYXV0aG9yaXR5IGUwIBcNMjYxMTI4MTkyNzIwWhgPMjEyNjExMDQxOTI3
        MjBaMBYxFDASBgNVBAMMC2F1dGhvcml0eSBlMCowBQYDK2VwAyEA3RGv6mTfnQlB
        /4/F5ud0z3z+8csecQBYQc8e43KdD8KjUzBRMB0GA1UdDgQWBBR3OwgzD1twNO8t
        sZ4S4QAj84NHdzAfBgNVHSMEGDAWgBR3OwgzD1twNO8tsZ4S4QAj84NHdzAPBgNV
        HRMBAf8EBTADAQH/MAUGAytlcANBANxC+fvW//g15AyJImw5zdWmwnM6YPBMluoY
        PHenjb57umnY7BdeKbdoy9z6psoNBwHs5pXRLEMK4eH11h1YiQs=
        """)
    static let second = block(
        """
        MIIBQjCB9aADAgECAhQ+VHTNuBQSyCVRdaMESG4Maf7xNjAFBgMrZXAwFjEUMBIG
        A1UEAwwLYXV0aG9yaXR5IGYwIBcNMjYxMTI4MTkyNzIwWhgPMjEyNjExMDQxOTI3
        MjBaMBYxFDASBgNVBAMMC2F1dGhvcml0eSBmMCowBQYDK2VwAyEAxa3V4kXRjeYb
        h9kgUSFA1S/5mtZyE3qO5Gkz1SHYd4ujUzBRMB0GA1UdDgQWBBTi23oJIf2sk7QN
        XeFL68FU4r/l9DAfBgNVHSMEGDAWgBTi23oJIf2sk7QNXeFL68FU4r/l9DAPBgNV
        HRMBAf8EBTADAQH/MAUGAytlcANBAJUS07rUBGN6DeUvdPOGG/tVGe8S45SteglO
        olEfUwiCBYGuo6cSqzDRgkSNMvB86+cjMfcWUzvGFdSNK0ajmg8=
        """)
    /// What has the outer form of a certificate, two sequences and a string of bits, and nothing of one inside.
    static let rubbish = block("MAowADAAAwQAQUJD")

    static func block(_ body: String, _ label: String = "CERTIFICATE") -> String {
        "-----BEGIN \(label)-----\n\(body)\n-----END \(label)-----\n"
    }

    /// What follows the public authorities of this host; nil without any.
    static func added(_ pem: [UInt8]?) -> String? {
        guard let pem else { return nil }
        let parts = String(decoding: pem, as: UTF8.self).split(separator: "\n\n")
        return parts.last.map { part in String(part.drop { $0 == "\n" }) }
    }
}
