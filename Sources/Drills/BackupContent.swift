import CopyFormat
import Postgres
import Repository

/// What the chunks of a backup hold, without any server.
struct BackupContent {
    let repository: Repository
    let records: [ChunkName: Set<ChunkRecord>]
    let keys: ReadingKeys
    let digestKey: DigestKey

    /// The digest of a table's rows as they lie in the chunks.
    func digest(of table: Manifest.Database.Table) throws -> ContentDigest {
        var reader = try ChunkReader(store: repository.store, keys: keys)
        var digester = try StreamDigester(
            table.format == .binary ? .binary : .text, columns: table.columns.count, key: digestKey)
        for range in table.ranges {
            for name in range { try reader.read(name, accepted: records[name] ?? []) { try digester.feed($0) } }
            try digester.finishStream()
        }
        return digester.digest
    }

    /// What the archive of a database's schema describes; nil for one of a `pg_dump` that is newer than this program.
    func contents(of database: Manifest.Database, _ connection: Connection) throws -> ArchiveContents? {
        var reader = try ChunkReader(store: repository.store, keys: keys)
        let archive = try reader.content(of: database.schema.archive, records)
        do { return try ArchiveContents(archive).namedIfPossible(by: connection) } catch ArchiveContents.Problem
            .unknownVersion
        { return nil }
    }
}
