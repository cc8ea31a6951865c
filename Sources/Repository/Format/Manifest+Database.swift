extension Manifest {
    /// One PostgreSQL database inside a backup.
    package struct Database: Codable, Sendable, Equatable {
        /// `main`, or `audit-logs` for Infisical's second database.
        package var role: String
        package var name: String
        package var owner: String
        package var server: Server
        /// `ALTER DATABASE … SET` as (role or nil, `name=value`).
        package var settings: [Setting]
        /// The database's access list in PostgreSQL's own form; nil means the default.
        package var acl: [String]?
        package var comment: String?
        /// Absent in backups of versions that did not keep them.
        package var properties: Properties?
        /// Roles that ownership, grants, policies and settings refer to.
        package var roles: [String]
        package var schema: SchemaArchive
        package var tables: [Table]
        package var sequences: [Sequence]
        /// In the order in which they can be refreshed.
        package var materializedViews: [MaterializedView]
        package var leftOut: [LeftOut]

        package init(
            role: String, name: String, owner: String, server: Server, settings: [Setting], acl: [String]?,
            comment: String?, properties: Properties? = nil, roles: [String], schema: SchemaArchive, tables: [Table],
            sequences: [Sequence],
            materializedViews: [MaterializedView], leftOut: [LeftOut]
        ) {
            self.role = role
            self.name = name
            self.owner = owner
            self.server = server
            self.settings = settings
            self.acl = acl
            self.comment = comment
            self.properties = properties
            self.roles = roles
            self.schema = schema
            self.tables = tables
            self.sequences = sequences
            self.materializedViews = materializedViews
            self.leftOut = leftOut
        }
    }
}

extension Manifest.Database {
    /// The server that the database was read from.
    package struct Server: Codable, Sendable, Equatable {
        /// `server_version`, such as `15.18 (Debian 15.18-0+deb12u1)`.
        package var version: String
        /// `server_version_num`, such as 150018.
        package var number: Int
        package var encoding: String
        package var collate: String
        package var ctype: String
        /// `icu` or `builtin` where the database's order is not libc's; absent otherwise.
        package var localeProvider: String?
        /// The locale of that provider.
        package var locale: String?
        /// `pg_control_system()`'s identifier, when it may be read.
        package var systemIdentifier: String?

        package var major: Int { number / 10_000 }

        package init(
            version: String, number: Int, encoding: String, collate: String, ctype: String,
            localeProvider: String? = nil, locale: String? = nil, systemIdentifier: String?
        ) {
            self.version = version
            self.number = number
            self.encoding = encoding
            self.collate = collate
            self.ctype = ctype
            self.localeProvider = localeProvider
            self.locale = locale
            self.systemIdentifier = systemIdentifier
        }
    }

    /// What `ALTER DATABASE` sets besides settings, owner and rights.
    package struct Properties: Codable, Sendable, Equatable {
        /// -1 for none.
        package var connectionLimit: Int
        package var template: Bool
        /// Absent for the server's standard one.
        package var tablespace: String?

        package init(connectionLimit: Int, template: Bool, tablespace: String?) {
            self.connectionLimit = connectionLimit
            self.template = template
            self.tablespace = tablespace
        }
    }

    package struct Setting: Codable, Sendable, Equatable {
        package var role: String?
        package var assignment: String
        package init(role: String?, assignment: String) {
            self.role = role
            self.assignment = assignment
        }
    }

    /// The schema, as chunks: `pg_dump`'s custom-format archive, and the SQL of its sections for `recover.sh`.
    package struct SchemaArchive: Codable, Sendable, Equatable {
        package var archive: [ChunkName]
        package var preData: [ChunkName]
        package var postData: [ChunkName]
        /// Version of the `pg_dump` that wrote it, such as `15.18`.
        package var pgDump: String
        package init(archive: [ChunkName], preData: [ChunkName], postData: [ChunkName], pgDump: String) {
            self.archive = archive
            self.preData = preData
            self.postData = postData
            self.pgDump = pgDump
        }
    }

    /// The data of one table.
    package struct Table: Codable, Sendable, Equatable {
        /// The two forms of a COPY stream.
        package enum Format: String, Codable, Sendable {
            case binary, text
        }

        package var schema: String
        package var name: String
        package var format: Format
        package var columns: [String]
        package var rows: Int
        /// Sum modulo 2^128 of the rows' XXH3-128 hashes, 32 hex digits.
        package var digest: String
        /// Plaintext bytes of all ranges.
        package var bytes: Int
        /// The statement that loads one range, ready to run.
        package var copy: String
        /// One complete COPY stream per range of heap blocks, in heap order: the concatenation of its chunks.
        /// A range without rows is absent.
        package var ranges: [[ChunkName]]

        package init(
            schema: String, name: String, format: Format, columns: [String], rows: Int, digest: String, bytes: Int,
            copy: String, ranges: [[ChunkName]]
        ) {
            self.schema = schema
            self.name = name
            self.format = format
            self.columns = columns
            self.rows = rows
            self.digest = digest
            self.bytes = bytes
            self.copy = copy
            self.ranges = ranges
        }

        /// `schema.name`, for people.
        package var displayName: String { schema + "." + name }
    }

    /// The position of a sequence.
    package struct Sequence: Sendable, Equatable {
        package var schema: String
        package var name: String
        package var last: Int64
        package var called: Bool
        package init(schema: String, name: String, last: Int64, called: Bool) {
            self.schema = schema
            self.name = name
            self.last = last
            self.called = called
        }
    }

    package struct MaterializedView: Codable, Sendable, Equatable {
        package var schema: String
        package var name: String
        package var populated: Bool
        package init(schema: String, name: String, populated: Bool) {
            self.schema = schema
            self.name = name
            self.populated = populated
        }
    }

    /// Something of the database that the backup does not hold.
    package struct LeftOut: Codable, Sendable, Equatable {
        /// Such as `data of foreign table`.
        package var kind: String
        package var name: String
        package init(kind: String, name: String) {
            self.kind = kind
            self.name = name
        }
    }
}
