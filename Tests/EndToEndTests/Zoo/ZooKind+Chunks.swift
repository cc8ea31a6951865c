import Age
import Crypto
import Glibc
import Repository
import TestSupport

extension ZooKind {
    /// Damage to the files in `chunks/` that needs no key to be found.
    static let chunks: [ZooKind] = [
        one("chunk truncated", "wrong-size") { cage, name, size in
            try shell("truncate -s \(1 + cage.number(below: size - 1)) \"$0\"", cage.path(name))
        },
        one("chunk extended", "wrong-size") { cage, name, _ in
            let more = 1 + cage.number(below: 5000)
            try cage.edit(name) { $0 += [UInt8](repeating: 0, count: more) }
        },
        one("chunk of a terabyte", "wrong-size") { cage, name, _ in try shell("truncate -s 1T \"$0\"", cage.path(name))
        },
        one("chunk with zeros for its data, as after a power cut", "wrong-hash") { cage, name, size in
            try cage.write([UInt8](repeating: 0, count: size), to: name)
        },
        one("chunk with zero length", "empty") { cage, name, _ in try cage.write([], to: name) },
        one("chunk missing", "missing") { cage, name, _ in try cage.remove(name) },
        one("chunk flipped in the version line", "wrong-hash") { cage, name, _ in
            try cage.flip(name, at: cage.number(below: 21))
        },
        one("chunk flipped in the recipient's stanza", "wrong-hash") { cage, name, _ in
            try cage.flip(name, at: 22 + cage.number(below: 95))
        },
        one("chunk flipped in the header's code", "wrong-hash") { cage, name, _ in
            let start = try cage.read(name).firstRange(of: Array("\n--- ".utf8))?.upperBound ?? 0
            try cage.flip(name, at: start + cage.number(below: 43))
        },
        one("chunk flipped in the nonce", "wrong-hash") { cage, name, _ in
            try cage.flip(name, at: try cage.payload(name) + cage.number(below: 16))
        },
        one("chunk flipped in the body", "wrong-hash") { cage, name, size in
            let body = try cage.payload(name) + 16
            try cage.flip(name, at: body + cage.number(below: size - body))
        },
        one("chunk flipped in the last byte", "wrong-hash") { cage, name, _ in try cage.flip(name, at: -1) },
        one("chunk replaced by a folder", "not-a-file") { cage, name, _ in
            try shell("rm \"$0\"; mkdir \"$0\"; echo x >\"$0/x\"", cage.path(name))
        },
        one("chunk replaced by a link to a whole copy", "not-a-file") { cage, name, _ in
            try shell("mv \"$0\" \"$1\"; ln -s \"$1\" \"$0\"", cage.path(name), cage.state + "/whole")
        },
        one("chunk replaced by a link to nowhere", "not-a-file") { cage, name, _ in
            try shell("ln -sf nowhere \"$0\"", cage.path(name))
        },
        one("chunk replaced by a pipe", "not-a-file") { cage, name, _ in
            try cage.remove(name)
            mkfifo(cage.path(name), 0o600)
        },
        one("chunk replaced by a device", "not-a-file", needsDisk: true) { cage, name, _ in
            try shell("rm \"$0\"; mknod \"$0\" c 1 5", cage.path(name))
        },
        one("chunk replaced by one of an attacker for the same recipient", "wrong-hash") { cage, name, size in
            let key = try AgeRecipient(cage.manifests[2].key.recipient)
            let sealer = try AgeSealer([key]), empty = sealer.sealedSize(plaintextCount: 0)
            let content = [UInt8](repeating: 1, count: max(size - empty, 1))
            try cage.write(try content.withUnsafeBytes { try Age.seal($0, to: [key]) }, to: name)
        },
        ZooKind("two chunks exchanged", then: .either) { cage in
            let one = try cage.chunk()
            var other = try cage.chunk()
            while cage.bytes(of: other) == cage.bytes(of: one) { other = try cage.chunk() }
            try cage.exchange(cage.name(of: one), cage.name(of: other))
            return .damage("chunk-wrong-size", cage.name(of: one), cage.name(of: other))
        },
        ZooKind("chunk of another repository with the same content") { cage in
            // Streams of a table that did not change have the same place in both manifests.
            let ours = cage.manifests[2].databases[0].tables, theirs = cage.pristine.foreignManifest.databases[0].tables
            let tables = ours.indices.filter { !ours[$0].ranges.isEmpty }
            let table = tables[cage.number(below: tables.count)]
            let name = cage.name(of: ours[table].ranges[0][0])
            let foreign = RepositoryLayout(root: cage.pristine.foreign).chunk(theirs[table].ranges[0][0])
            try cage.copy(foreign, to: name)
            return .damage("chunk-wrong-hash", name)
        },
        ZooKind("a whole chunk folder missing", then: .either) { cage in
            let folder = String(try cage.chunk().hex.prefix(2))
            try shell("rm -r \"$0\"", cage.path("chunks/" + folder))
            return cage.missing(folder)
        },
        ZooKind("a file in place of a chunk folder", then: .either) { cage in
            let folder = String(try cage.chunk().hex.prefix(2))
            try shell("rm -r \"$0\"; echo >\"$0\"", cage.path("chunks/" + folder))
            return cage.missing(folder)
        },
        ZooKind("chunk in another chunk's folder", then: .either) { cage in
            let name = try cage.chunk(), folder = name.hex.hasPrefix("ff") ? "00" : "ff"
            try shell("mv \"$0\" \"$1\"", cage.path(cage.name(of: name)), cage.path("chunks/" + folder))
            return .damage("chunk-missing", cage.name(of: name))
        },
        ZooKind("all chunks missing", then: .incomplete) { cage in
            try shell("rm -r \"$0\"", cage.path("chunks"))
            return .damage(
                cage.pristine.chunks.map { ZooFinding(code: "repository.chunk-missing", subject: cage.name(of: $0)) })
        },
        ZooKind("chunk that only old data has, missing", then: .incomplete) { cage in
            let name = cage.name(of: try cage.chunk(.old))
            try cage.remove(name)
            return .damage("chunk-missing", name)
        },
    ]

    /// Damage to one chunk somewhere.
    private static func one(
        _ description: String, _ damage: String, needsDisk: Bool = false,
        _ harm: @escaping @Sendable (ZooCage, String, Int) throws -> Void
    ) -> ZooKind {
        var kind = ZooKind(description, then: .either) { cage in
            let chunk = try cage.chunk(atLeast: 220), name = cage.name(of: chunk)
            try harm(cage, name, cage.bytes(of: chunk))
            return .damage("chunk-" + damage, name)
        }
        kind.needsDisk = needsDisk
        return kind
    }

    /// Chunks whose bytes are as a signed manifest records them, and whose content is not what it should be: made by a
    /// writer with broken memory, or by somebody with the host's signing key.
    static let chunkContents: [ZooKind] = [
        recorded("chunk that is recorded and holds other data", "wrong-content") { cage in
            var compressor = try ZstandardCompressor(level: 1)
            let packed = try Array("other data".utf8).withUnsafeBytes { source in
                var target = [UInt8](repeating: 0, count: ZstandardCompressor.bound(source.count))
                let count = try target.withUnsafeMutableBytes { try compressor.compress(source, into: $0) }
                return Array(target[..<count])
            }
            return (packed, try AgeRecipient(cage.manifests[2].key.recipient))
        },
        recorded("chunk that is recorded and no zstd frame", "does-not-decompress") { cage in
            (Array("not a frame".utf8), try AgeRecipient(cage.manifests[2].key.recipient))
        },
        recorded("chunk that is recorded and sealed for somebody else", "does-not-decrypt") { _ in
            (Array("x".utf8), try AgeIdentity.generate().recipient())
        },
    ]

    private static func recorded(
        _ description: String, _ damage: String,
        _ content: @escaping @Sendable (ZooCage) throws -> (packed: [UInt8], recipient: AgeRecipient)
    ) -> ZooKind {
        ZooKind(description, level: .readable, then: .inOrder) { cage in
            // One of the newest backup alone, so that its manifest is the one to be signed anew.
            let others = Set(cage.manifests[0...1].flatMap(\.chunks.keys))
            let own = cage.pristine.current.subtracting(others).sorted()
            let name = own[cage.number(below: own.count)]
            let (packed, recipient) = try content(cage)
            let file = try packed.withUnsafeBytes { try Age.seal($0, to: [recipient]) }
            try cage.write(file, to: cage.name(of: name))
            var manifest = cage.manifests[2]
            manifest.chunks[name] = ChunkRecord(
                bytes: file.count, plain: packed.count, sha256: file.withUnsafeBytes { SHA256.hash($0).hex })
            try cage.sign(manifest, by: cage.signer())
            return .damage("chunk-" + damage, cage.name(of: name))
        }
    }
}

extension ZooCage {
    /// Where the part behind the age header begins.
    fileprivate func payload(_ name: String) throws -> Int {
        let bytes = try read(name)
        guard let code = bytes.firstRange(of: Array("\n--- ".utf8)),
            let end = bytes[code.upperBound...].firstIndex(of: 10)
        else { throw TestProblem("\(name) is no age file") }
        return end + 1
    }

    fileprivate func missing(_ folder: String) -> ZooKind.Verdict {
        .damage(
            pristine.chunks.filter { $0.hex.hasPrefix(folder) }.map {
                ZooFinding(code: "repository.chunk-missing", subject: name(of: $0))
            })
    }
}
