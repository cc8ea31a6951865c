import Age
import Crypto
import Glibc
import Repository
import Secrets
import TestSupport

extension ZooKind {
    /// Damage to the files in `escrow/`.
    static let escrows: [ZooKind] = [
        escrow("escrow missing", "missing-file") { cage, name in try cage.remove(name) },
        escrow("escrow truncated", "malformed") { cage, name in
            let keep = 1 + cage.number(below: try cage.read(name).count - 1)
            try cage.edit(name) { $0 = Array($0[..<keep]) }
        },
        escrow("escrow extended", "malformed") { cage, name in try cage.edit(name) { $0.append(10) } },
        escrow("escrow empty", "malformed") { cage, name in try cage.write([], to: name) },
        escrow("escrow with a bit flipped", "malformed") { cage, name in
            try cage.flip(name, at: cage.number(below: try cage.read(name).count))
        },
        escrow("escrow of an attacker for the same recipients", "malformed") { cage, name in
            let recipients = try cage.manifests[0].escrow?.recipients.map { try AgeRecipient($0) } ?? []
            try cage.write(
                try Array("{}".utf8).withUnsafeBytes { try Age.seal($0, to: recipients, armored: true) }, to: name)
        },
        escrow("escrow replaced by a folder", "malformed") { cage, name in
            try shell("rm \"$0\"; mkdir \"$0\"", cage.path(name))
        },
        escrow("escrow replaced by a link to a whole copy", "malformed") { cage, name in
            try shell("mv \"$0\" \"$1\"; ln -s \"$1\" \"$0\"", cage.path(name), cage.state + "/whole")
        },
        escrow("escrow replaced by a pipe", "malformed") { cage, name in
            try cage.remove(name)
            mkfifo(cage.path(name), 0o600)
        },
        ZooKind("escrow files of two backups exchanged", then: .incomplete) { cage in
            let one = cage.anyBackup, other = (one + 1) % 3
            try cage.exchange(cage.escrow(one), cage.escrow(other))
            return .damage("malformed", cage.escrow(one), cage.escrow(other))
        },
    ]

    private static func escrow(
        _ description: String, _ code: String, _ harm: @escaping @Sendable (ZooCage, String) throws -> Void
    ) -> ZooKind {
        ZooKind(description, then: .incomplete) { cage in
            let name = cage.escrow(cage.anyBackup)
            try harm(cage, name)
            return .damage(code, name)
        }
    }

    private static let sealedKeyFiles = [
        "identity-1.age", "identity-2.age", "id-key-1.age", "id-key-2.age", "signing-key-1.age",
    ]

    /// Damage to the sealed files in `keys/`: nothing is lost on this host, all of it on the day when only the
    /// repository is left.
    static let sealedKeys: [ZooKind] =
        sealedKeyFiles.flatMap { file in
            [
                key("\(file) missing", file, "missing-file") { cage, name in try cage.remove(name) },
                key("\(file) with a bit flipped", file, "malformed") { cage, name in
                    try cage.flip(name, at: cage.number(below: try cage.read(name).count))
                },
            ]
        } + [
            key("sealed key empty", "identity-2.age", "malformed") { cage, name in try cage.write([], to: name) },
            key("sealed key garbage", "id-key-2.age", "malformed") { cage, name in
                try cage.write(Array("garbage".utf8), to: name)
            },
            key("sealed key replaced by a pipe", "identity-1.age", "malformed") { cage, name in
                try cage.remove(name)
                mkfifo(cage.path(name), 0o600)
            },
            key("identity of an attacker, sealed for the right recipients", "identity-2.age", "malformed") {
                cage, name in
                let recipient = try AgeRecipient(cage.manifests[0].escrow?.recipients.first ?? "")
                let planted = try AgeIdentityFile.render(try .generate())
                try cage.write(try Age.seal(planted, to: [recipient], armored: true), to: name)
            },
            key("one sealed key in place of another", "id-key-2.age", "malformed") { cage, name in
                try cage.write(try cage.read("keys/id-key-1.age"), to: name)
            },
        ]

    private static func key(
        _ description: String, _ file: String, _ code: String,
        _ harm: @escaping @Sendable (ZooCage, String) throws -> Void
    ) -> ZooKind {
        ZooKind(description) { cage in
            try harm(cage, "keys/" + file)
            return .damage(code, "keys/" + file)
        }
    }

    /// Damage to what everything else stands on: without it nothing can be trusted, and so nothing can be opened.
    static let foundations: [ZooKind] = [
        unopened("keyring edited", "bad-signature") { cage in
            try cage.flip("keys/keyring-2.json", at: cage.number(below: try cage.read("keys/keyring-2.json").count))
        },
        unopened("keyring rolled back", "malformed") { cage in
            for suffix in ["", ".sig"] {
                try cage.remove("keys/keyring-2.json" + suffix)
                try cage.copy(
                    cage.pristine.instance.folder.path("keyring-1.json") + suffix, to: "keys/keyring-1.json" + suffix)
            }
        },
        unopened("keyring missing", "missing-file") { cage in
            for suffix in ["", ".sig"] { try cage.remove("keys/keyring-2.json" + suffix) }
        },
        unopened("keyring's signature missing", "missing-file") { cage in try cage.remove("keys/keyring-2.json.sig") },
        unopened("keyring empty", "malformed") { cage in try cage.write([], to: "keys/keyring-2.json") },
        unopened("keyring of an attacker", "bad-signature") { cage in
            try cage.sign(
                try cage.read("keys/keyring-2.json"), at: "keys/keyring-2.json", as: .keyring,
                by: Signer(seed: try Random.secret(count: 32)))
        },
        unopened("a higher keyring that nobody signed", "missing-file") { cage in
            try cage.write(Array("{}".utf8), to: "keys/keyring-999.json")
        },
        unopened("keyring of another repository", "bad-signature") { cage in
            for suffix in ["", ".sig"] {
                try cage.copy(
                    cage.pristine.foreign + "/keys/keyring-1.json" + suffix, to: "keys/keyring-2.json" + suffix)
            }
        },
        unopened("list of signers missing", "missing-file") { cage in try cage.remove("keys/allowed_signers") },
        unopened("list of signers garbage", "malformed") { cage in
            try cage.write(Array("garbage\n".utf8), to: "keys/allowed_signers")
        },
        unopened("list of signers replaced by a pipe", "malformed") { cage in
            try cage.remove("keys/allowed_signers")
            mkfifo(cage.path("keys/allowed_signers"), 0o600)
        },
        // These look like a mistake in what the operator pinned, so they are refusals.
        unopened("list of signers empty", "unknown-signer", exit: 3) { cage in
            try cage.write([], to: "keys/allowed_signers")
        },
        unopened("list of signers of another repository", "unknown-signer", exit: 3) { cage in
            try cage.copy(cage.pristine.foreign + "/keys/allowed_signers", to: "keys/allowed_signers")
        },
        unopened("folder of keys missing", "missing-file") { cage in try shell("rm -r \"$0\"", cage.path("keys")) },
        unopened("description truncated", "malformed", then: .inOrder) { cage in
            try cage.edit("repository.json") { $0.removeLast(1 + cage.number(below: $0.count - 2)) }
        },
        unopened("description empty", "malformed", then: .inOrder) { cage in try cage.write([], to: "repository.json")
        },
        unopened("description replaced by a pipe", "malformed", then: .inOrder) { cage in
            try cage.remove("repository.json")
            mkfifo(cage.path("repository.json"), 0o600)
        },
        unopened("description missing", "remains", exit: 3, then: .inOrder) { cage in
            try cage.remove("repository.json")
        },
        unopened("description of another repository", "signer-not-pinned", exit: 3) { cage in
            try cage.copy(cage.pristine.foreign + "/repository.json", to: "repository.json")
        },
        unopened("whole repository exchanged for another", "signer-not-pinned", exit: 3, then: .none) { cage in
            try shell("rm -r \"$0\"; cp -a \"$1\" \"$0\"", cage.root, cage.pristine.foreign)
        },
        unopened("repository of a newer format", "newer-format", exit: 3, then: .none) { cage in
            try shell("jq -c '.format = 2' \"$0\" >\"$0.new\"; mv \"$0.new\" \"$0\"", cage.path("repository.json"))
        },
    ]

    private static func unopened(
        _ description: String, _ code: String, exit: Int32 = 13, then aftermath: Aftermath = .needsCopy,
        _ harm: @escaping @Sendable (ZooCage) throws -> Void
    ) -> ZooKind {
        ZooKind(description, then: aftermath) { cage in
            try harm(cage)
            return .fault(code: "repository." + code, exit: exit)
        }
    }
}
