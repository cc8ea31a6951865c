package import Crypto

extension TrustedSigners {
    /// One line of `keys/allowed_signers`.
    package struct Line: Sendable, Equatable {
        /// From 1, empty lines counted.
        package let number: Int
        /// Without its line feed; what an introduction signs.
        package let bytes: [UInt8]
        package let key: SSHKey

        /// Reads a line in the one form that the format gives it: principal, algorithm, key and at most one more word,
        /// each after one space.
        ///
        /// OpenSSH reads more: options, quotes, tabs, comments. A line with any of them could have one key for it and
        /// another one for us, so it is none.
        init?(number: Int, bytes: [UInt8]) {
            let words = bytes.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
            guard (3...4).contains(words.count), words[0].elementsEqual(signerPrincipal.utf8),
                words[1].elementsEqual(SSHKey.algorithm.utf8),
                words.count == 3 || (!words[3].isEmpty && words[3].allSatisfy(Line.isOfComment))
            else { return nil }
            // What is no base64 is no key, and why does not matter.
            guard let key = try? SSHKey(base64: String(decoding: words[2], as: UTF8.self)) else { return nil }
            self.number = number
            self.bytes = bytes
            self.key = key
        }

        private static func isOfComment(_ byte: UInt8) -> Bool {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default: ":._@+-".utf8.contains(byte)
            }
        }
    }

    /// The lines of an allowed signers file that hold a key.
    ///
    /// - Throws: `malformed` for a line that is neither empty nor a signer's.
    package static func lines(_ bytes: [UInt8], name: String) throws -> [Line] {
        // By bytes, as recover.sh does: for Swift CR LF would be one character, and no line feed.
        let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        return try lines.enumerated().compactMap { index, line in
            if line.isEmpty { return nil }
            guard let line = Line(number: index + 1, bytes: Array(line)) else {
                throw RepositoryFault.malformed(path: name, reason: "line \(index + 1) is not an allowed signer")
            }
            return line
        }
    }
}
