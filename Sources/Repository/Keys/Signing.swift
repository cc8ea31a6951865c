package import Crypto
package import Secrets

/// What a signature is for; one made for one purpose never passes for another.
package enum SignaturePurpose: String, Sendable, CaseIterable {
    case manifest = "infisical-ops-manifest"
    case keyring = "infisical-ops-keyring"
    case signer = "infisical-ops-signer"
    case proof = "infisical-ops-proof"
    case removal = "infisical-ops-removal"
    case acceptance = "infisical-ops-acceptance"
    case rotation = "infisical-ops-rotation"
}

/// The name that every signer has in `allowed_signers`, which is also what `ssh-keygen -Y verify -I` is given.
package let signerPrincipal = "infisical-ops"

/// A host's signing key.
package struct Signer: Sendable {
    private let seed: Secret
    package let publicKey: SSHKey

    package init(seed: Secret) throws {
        self.seed = seed
        publicKey = try SSHKey(publicKey: try Ed25519.publicKey(seed: seed))
    }

    package var fingerprint: String { publicKey.fingerprint }

    /// An armored OpenSSH signature, as `ssh-keygen -Y sign` makes it.
    package func sign(_ bytes: [UInt8], for purpose: SignaturePurpose) throws -> [UInt8] {
        let signature = try bytes.withUnsafeBytes {
            try SSHSignature(signing: $0, namespace: purpose.rawValue, seed: seed)
        }
        return Array(signature.armored.utf8)
    }

    /// This signer's line in `allowed_signers`, without line feed.
    package func allowedSignersLine(comment: String) -> String {
        "\(signerPrincipal) \(publicKey.line(comment: comment))"
    }
}
