package import Age
import Crypto
import DurableFiles
import FoundationEssentials
package import Secrets

/// The env and compose files of the instance, sealed beside each backup: what a new host needs besides the data.
///
/// An escrow file is one age file, sealed directly to the escrow recipients, around one JSON document. It is not a
/// chunk and never shared between backups, so who could read it is decided once and for all when it is written.
package enum Escrow {
    package static let schema = "infisical-ops/escrow/1"
    /// Most bytes of all files together, before encoding.
    package static let limit = 4 << 20
    /// Most bytes of an escrow file: base64 twice over, names, and room for many recipients.
    static let fileLimit = limit * 4

    /// A file to keep.
    package struct File: Sendable {
        /// Where it lay on the host.
        package let path: String
        /// Permission bits.
        package let mode: UInt32
        package let content: Secret
        package init(path: String, mode: UInt32, content: Secret) {
            self.path = path
            self.mode = mode
            self.content = content
        }
    }

    private struct Document: Codable {
        var schema = Escrow.schema
        var files: [Entry]
        struct Entry: Codable {
            /// Name to restore it under; unique in the document, without a slash.
            var name: String
            var path: String
            var mode: String
            /// Standard base64.
            var content: String
        }
    }

    /// An escrow file that has no name yet.
    package struct Sealed: Sendable {
        package let record: Manifest.EscrowRecord
        let bytes: [UInt8]
    }

    package static func seal(_ kept: [File], to recipients: [AgeRecipient]) throws -> Sealed {
        let size = kept.reduce(0) { $0 + $1.content.count }
        guard size <= limit else { throw RepositoryFault.tooLarge(what: "the escrow", bytes: size) }
        let names = uniqueNames(kept.map(\.path))
        let document = Document(
            files: zip(names, kept).map { name, file in
                Document.Entry(
                    name: name, path: file.path, mode: String(file.mode & 0o777, radix: 8),
                    content: file.content.withBytes { Base64.encode($0) })
            })
        var plain = try StoredJSON.encode(document)
        let sealed = try Age.seal(Secret(consuming: &plain), to: recipients, armored: true)
        let record = Manifest.EscrowRecord(
            bytes: sealed.count, sha256: SHA256.hash(sealed).hex, names: names,
            recipients: recipients.compactMap(\.text))
        return Sealed(record: record, bytes: sealed)
    }

    /// Opens the escrow file of a backup after comparing it with the signed manifest.
    ///
    /// - Throws: `missing`, `malformed`, or `identityOpensNothing`.
    package static func open(
        _ entry: InventoryEntry, identities: [AgeIdentity], source: String, repository: Repository
    ) throws -> [(name: String, file: File)] {
        let path = repository.layout.escrow(entry.id), name = repository.layout.relative(path)
        guard let record = entry.manifest.escrow else { throw RepositoryFault.missing(path: name) }
        let bytes = try repository.read(path, limit: fileLimit)
        guard bytes.count == record.bytes, SHA256.hash(bytes).hex == record.sha256 else {
            throw RepositoryFault.malformed(path: name, reason: "its bytes do not have the recorded SHA-256")
        }
        // What was compared is what is opened: the file may be another one by now.
        let text = try repository.unseal(bytes, identities, source)
        let document = try StoredJSON.decode(Document.self, from: text.withBytes { Array($0) }, path: name)
        // Who takes them out must not find one in place of another.
        guard Set(document.files.map(\.name)).count == document.files.count else {
            throw RepositoryFault.malformed(path: name, reason: "two of its files have the same name")
        }
        return try document.files.map { entry in
            guard !entry.name.contains("/"), ![".", "..", ""].contains(entry.name),
                let mode = UInt32(entry.mode, radix: 8),
                var content = Base64.decode(entry.content)
            else { throw RepositoryFault.malformed(path: name, reason: "an entry is not a file") }
            return (entry.name, File(path: entry.path, mode: mode, content: Secret(consuming: &content)))
        }
    }

    /// Last path components; a number in front where two files would have the same.
    static func uniqueNames(_ paths: [String]) -> [String] {
        var taken: Set<String> = []
        return paths.map { path in
            let name = Files.name(of: path)
            var candidate = name, number = 2
            while !taken.insert(candidate).inserted {
                candidate = "\(number)-\(name)"
                number += 1
            }
            return candidate
        }
    }
}
