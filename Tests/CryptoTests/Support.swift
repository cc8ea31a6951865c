import Crypto
import Secrets
import Testing

func secret(_ text: String) -> Secret {
    var bytes = Array(text.utf8)
    return Secret(consuming: &bytes)
}

func secret(_ bytes: [UInt8]) -> Secret { bytes.withUnsafeBytes { Secret(copying: $0) } }

func bytes(hex: String) throws -> [UInt8] { try #require(Hex.decode(hex)) }

func hex(_ secret: Secret) -> String { secret.withBytes { Hex.encode($0) } }
