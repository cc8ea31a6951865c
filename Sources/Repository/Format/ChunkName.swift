package import Crypto

/// The name of a chunk: HMAC-SHA-256 of its plaintext under the repository's id key.
///
/// Equal data has equal names, so it is stored once; without the id key a name says nothing about the data. The name is
/// also the digest that proves the plaintext.
package struct ChunkName: Hashable, Sendable, Comparable {
    package let digest: Digest32
    package init(_ digest: Digest32) { self.digest = digest }

    /// 64 lower-case hex digits.
    package init?(hex: some StringProtocol) {
        guard let digest = Digest32(hex: String(hex)), digest.hex == hex else { return nil }
        self.digest = digest
    }

    /// Accepts a chunk's file name, `<64 hex digits>.zst.age`.
    package init?(fileName: String) {
        guard fileName.hasSuffix(ChunkName.suffix) else { return nil }
        self.init(hex: fileName.dropLast(ChunkName.suffix.utf8.count))
    }

    package var hex: String { digest.hex }
    package static func < (left: ChunkName, right: ChunkName) -> Bool { left.hex < right.hex }

    private static let suffix = ".zst.age"
}

extension ChunkName: Codable, CodingKeyRepresentable {
    package var codingKey: any CodingKey { Key(stringValue: hex) }

    package init?<T: CodingKey>(codingKey: T) { self.init(hex: codingKey.stringValue) }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let name = ChunkName(hex: try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not a chunk name")
        }
        self = name
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(hex)
    }

    private struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }
}

/// What a manifest records of a chunk.
package struct ChunkRecord: Hashable, Sendable, Codable {
    /// Size of the file in bytes.
    package let bytes: Int
    /// Size of the plaintext in bytes, 1 to `ChunkFormat.maximalPlaintext`.
    package let plain: Int
    /// SHA-256 of the file, 64 hex digits.
    package let sha256: String

    package init(bytes: Int, plain: Int, sha256: String) {
        self.bytes = bytes
        self.plain = plain
        self.sha256 = sha256
    }
}

/// Limits of the chunk format, version 1.
package enum ChunkFormat {
    /// Most plaintext bytes in one chunk: 4 MiB.
    package static let maximalPlaintext = 4 << 20
}
