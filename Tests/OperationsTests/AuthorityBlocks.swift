/// Blocks of a file of certificate authorities, none of which has signed anything.
enum AuthorityBlocks {
    /// The least that has the form of a certificate: two empty sequences and a string of bits.
    static let first = block("MAowADAAAwQAQUJD")
    static let second = block("MAowADAAAwQAWFla")

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
