package import Census
package import Secrets

/// KMS, data and project keys that were replaced, each with the one in its place.
///
/// A server that went on running beside a rotation writes with the old ones: with these at hand a later call finds such
/// values and seals them anew. The keys of the environment are not among them; they are given by themselves.
package struct RetiredKeys: Sendable {
    package struct Pair: Sendable {
        package let kind: KeyClass
        package let old: Secret
        package let new: Secret

        package init(kind: KeyClass, old: Secret, new: Secret) {
            self.kind = kind
            self.old = old
            self.new = new
        }
    }

    package var pairs: [Pair]

    package init(_ pairs: [Pair] = []) { self.pairs = pairs }

    package var isEmpty: Bool { pairs.isEmpty }

    /// Length of one key in `secret`; shorter ones do not exist among what is replaced.
    private static let keySize = 32

    /// All of them as bytes that can be sealed and kept: per pair the number of its kind, the old key and the new one.
    package var secret: Secret {
        Secret(count: pairs.count * (1 + 2 * RetiredKeys.keySize)) { target in
            var at = 0
            for pair in pairs {
                target[at] = UInt8(RetiredKeys.kinds.firstIndex(of: pair.kind) ?? 0)
                at += 1
                for key in [pair.old, pair.new] {
                    key.withBytes { bytes in
                        for offset in 0..<min(bytes.count, RetiredKeys.keySize) { target[at + offset] = bytes[offset] }
                    }
                    at += RetiredKeys.keySize
                }
            }
        }
    }

    /// Reads what `secret` writes; nil for anything else.
    package init?(_ secret: Secret) {
        let size = 1 + 2 * RetiredKeys.keySize
        guard secret.count.isMultiple(of: size) else { return nil }
        pairs = []
        for start in stride(from: 0, to: secret.count, by: size) {
            let kind = secret.withBytes { Int($0[start]) }
            guard RetiredKeys.kinds.indices.contains(kind) else { return nil }
            let middle = start + 1 + RetiredKeys.keySize
            pairs.append(
                Pair(
                    kind: RetiredKeys.kinds[kind], old: secret.slice(start + 1..<middle),
                    new: secret.slice(middle..<start + size)))
        }
    }

    /// In the order of their numbers, which never changes.
    private static let kinds: [KeyClass] = [
        .root, .kms, .organizationData, .projectData, .legacyProject, .organizationBot,
    ]
}
