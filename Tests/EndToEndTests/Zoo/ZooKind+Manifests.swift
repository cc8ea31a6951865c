import Age
import Crypto
import Effects
import FoundationEssentials
import Glibc
import Repository
import TestSupport

extension ZooKind {
    /// Damage to the documents in `backups/`.
    static let manifests: [ZooKind] = [
        one("manifest truncated", "bad-signature") { cage, name in
            let keep = 1 + cage.number(below: try cage.read(name).count - 1)
            try cage.edit(name) { $0 = Array($0[..<keep]) }
        },
        one("manifest with a count changed", "bad-signature") { cage, name in
            try cage.edit(name) { $0.replaceFirst("\"rows\":", with: "\"rows\":1") }
        },
        one("manifest with its members in another order", "bad-signature") { cage, name in
            // The same document for everybody who parses it; the signature is over bytes.
            try shell(
                "jq -c 'to_entries | reverse | from_entries' \"$0\" >\"$0.new\"; mv \"$0.new\" \"$0\"", cage.path(name))
        },
        one("manifest with a bit flipped", "bad-signature") { cage, name in
            try cage.flip(name, at: cage.number(below: try cage.read(name).count))
        },
        one("manifest without its line feed", "bad-signature") { cage, name in try cage.edit(name) { $0.removeLast() }
        },
        one("manifest empty", "malformed") { cage, name in try cage.write([], to: name) },
        one("manifest replaced by a pipe", "malformed") { cage, name in
            try cage.remove(name)
            mkfifo(cage.path(name), 0o600)
        },
        one("manifest replaced by a link to a whole copy", "malformed") { cage, name in
            try shell("mv \"$0\" \"$1\"; ln -s \"$1\" \"$0\"", cage.path(name), cage.state + "/whole")
        },
        one("manifest replaced by a folder", "malformed") { cage, name in
            try shell("rm \"$0\"; mkdir \"$0\"", cage.path(name))
        },
        gone("first manifest missing", [0]), gone("manifest missing in the middle", [1]),
        gone("newest manifest missing", [2]), gone("first two manifests missing", [0, 1]),
        gone("newest two manifests missing", [1, 2]), gone("all manifests missing", [0, 1, 2]),
        ZooKind("folder of manifests missing") { cage in
            try shell("rm -r \"$0\"", cage.path("backups"))
            return .damage(cage.chain(without: [0, 1, 2]))
        },
        ZooKind("manifest doubled under another id") { cage in
            let other = BackupID(started: Timestamp(seconds: 1_900_000_000), random: 7).text
            let name = cage.manifest(cage.anyBackup)
            for suffix in ["", ".sig"] {
                try cage.write(try cage.read(name + suffix), to: "backups/\(other).json" + suffix)
            }
            return .damage("malformed", "backups/\(other).json")
        },
        ZooKind("contents of two manifests exchanged") { cage in
            let one = cage.anyBackup, other = (one + 1) % 3
            for suffix in ["", ".sig"] { try cage.exchange(cage.manifest(one) + suffix, cage.manifest(other) + suffix) }
            return cage.lost([one, other], "malformed")
        },
        ZooKind("manifest of another repository") { cage in
            let name = "backups/\(cage.pristine.foreignManifest.id.text).json"
            for suffix in ["", ".sig"] { try cage.copy(cage.pristine.foreign + "/" + name + suffix, to: name + suffix) }
            return .damage("bad-signature", name)
        },
        ZooKind("manifest signed by the host for another repository") { cage in
            var manifest = cage.manifests[2]
            manifest.repository = String(repeating: "0", count: 32)
            try cage.sign(manifest, by: cage.signer())
            return cage.lost([2], "malformed")
        },
        ZooKind("two manifests with the same number", then: .stays) { cage in
            // Two hosts that both believed to have the newest state.
            var manifest = cage.manifests[2]
            manifest.id = BackupID(started: Timestamp(seconds: 4_000_000_000), random: 7)
            manifest.escrow = nil
            try cage.sign(manifest, by: cage.signer())
            return .damage("broken-chain", "backups/\(manifest.id.text).json")
        },
        ZooKind("manifest that names another one before it", then: .stays) { cage in
            var manifest = cage.manifests[2]
            manifest.previous = Manifest.Link(id: cage.manifests[0].id, sha256: String(repeating: "0", count: 64))
            try cage.sign(manifest, by: cage.signer())
            return .damage("broken-chain", cage.manifest(2))
        },
        ZooKind("an attacker's manifest with his content for one of our chunks", then: .either) { cage in
            let name = try cage.chunk(), attacker = try Signer(seed: try Random.secret(count: 32))
            let key = try AgeRecipient(cage.manifests[2].key.recipient)
            let file = try Array("evil".utf8).withUnsafeBytes { try Age.seal($0, to: [key]) }
            try cage.write(file, to: cage.name(of: name))
            var manifest = cage.manifests[2]
            manifest.id = BackupID(started: Timestamp(seconds: 1_900_000_000), random: 7)
            manifest.sequence = 4
            manifest.chunks[name] = ChunkRecord(bytes: file.count, plain: 4, sha256: SHA256.hash(file).hex)
            try cage.sign(manifest, by: attacker)
            return .damage([
                ZooFinding(code: "repository.bad-signature", subject: "backups/\(manifest.id.text).json"),
                ZooFinding(code: "repository.chunk-wrong-size", subject: cage.name(of: name)),
            ])
        },
    ]

    /// Damage to the signatures of manifests.
    static let signatures: [ZooKind] = [
        one("signature missing", "missing-file") { cage, name in try cage.remove(name + ".sig") },
        one("signature empty", "bad-signature") { cage, name in try cage.write([], to: name + ".sig") },
        one("signature garbage", "bad-signature") { cage, name in
            try cage.write(Array("garbage".utf8), to: name + ".sig")
        },
        one("signature of a megabyte", "malformed") { cage, name in
            try cage.write([UInt8](repeating: 45, count: 1 << 20), to: name + ".sig")
        },
        one("signature replaced by a pipe", "malformed") { cage, name in
            try cage.remove(name + ".sig")
            mkfifo(cage.path(name + ".sig"), 0o600)
        },
        one("signature with a bit flipped", "bad-signature") { cage, name in
            let start = "-----BEGIN SSH SIGNATURE-----\n".utf8.count
            try cage.flip(name + ".sig", at: start + cage.number(below: 200))
        },
        one("manifest signed by somebody unknown", "bad-signature") { cage, name in
            try cage.sign(
                try cage.read(name), at: name, as: .manifest, by: Signer(seed: try Random.secret(count: 32)))
        },
        one("manifest signed for another purpose", "bad-signature") { cage, name in
            try cage.sign(try cage.read(name), at: name, as: .proof, by: cage.signer())
        },
        ZooKind("signature of another manifest") { cage in
            let index = cage.anyBackup
            let other = cage.manifest((index + 1) % 3) + ".sig"
            try cage.write(try cage.read(other), to: cage.manifest(index) + ".sig")
            return cage.lost([index], "bad-signature")
        },
    ]

    /// Damage to one manifest, which its backup does not survive.
    private static func one(
        _ description: String, _ code: String, _ harm: @escaping @Sendable (ZooCage, String) throws -> Void
    ) -> ZooKind {
        ZooKind(description) { cage in
            let index = cage.anyBackup
            try harm(cage, cage.manifest(index))
            return cage.lost([index], code)
        }
    }

    private static func gone(_ description: String, _ indices: Set<Int>) -> ZooKind {
        ZooKind(description) { cage in
            for index in indices {
                for suffix in ["", ".sig"] { try cage.remove(cage.manifest(index) + suffix) }
            }
            return .damage(cage.chain(without: indices))
        }
    }
}

extension ZooCage {
    /// What is said of the chain when these manifests do not count.
    func chain(without indices: Set<Int>) -> [ZooFinding] {
        let present = (0..<3).filter { !indices.contains($0) }
        var findings = present.filter { $0 > 0 && indices.contains($0 - 1) }.map {
            ZooFinding(code: "repository.broken-chain", subject: manifest($0))
        }
        if indices.contains(2) { findings.append(ZooFinding(code: "repository.went-back", subject: "backups")) }
        return findings
    }

    /// What is said of manifests that do not count, and of the chain.
    func lost(_ indices: Set<Int>, _ code: String) -> ZooKind.Verdict {
        .damage(
            indices.map { ZooFinding(code: "repository." + code, subject: manifest($0)) } + chain(without: indices))
    }
}

extension [UInt8] {
    fileprivate mutating func replaceFirst(_ old: String, with new: String) {
        if let range = firstRange(of: Array(old.utf8)) { replaceSubrange(range, with: Array(new.utf8)) }
    }
}
