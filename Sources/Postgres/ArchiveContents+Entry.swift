extension ArchiveContents {
    /// One object of an archive: what it is, how it is made, and what must be there before it.
    ///
    /// Statements and names have the encoding of the database.
    package struct Entry: Sendable, Equatable {
        /// The part of a restore in which it is made.
        package enum Section: Int, Sendable {
            /// Comments and access rights, which belong to the part of what stands before them.
            case none = 1
            case preData, data, postData
        }

        /// In the archive; what other entries depend on it by.
        package let number: Int
        /// The catalog that the object is in, such as 1259 for `pg_class`; 0 for what is in none.
        package let catalog: UInt32
        package let oid: UInt32
        /// What it is, such as `TABLE`.
        package let description: String
        package let section: Section
        /// The statements that make it, all or nothing; empty where there is nothing to run.
        package let definition: [UInt8]
        package let dropStatement: [UInt8]
        /// Empty for what is in no schema.
        package let schemaBytes: [UInt8]
        package let nameBytes: [UInt8]
        /// Empty where it is not recorded, as for extensions.
        package let owner: [UInt8]
        /// Empty for the database's own, and for what is stored nowhere.
        package let tablespace: [UInt8]
        /// Of a table or materialised view; else empty.
        package let accessMethod: [UInt8]
        /// Whether it is a partitioned table; known since PostgreSQL 17.
        package let isPartitioned: Bool
        /// Numbers of entries.
        package let dependencies: [Int]
        /// What names mean that another encoding than UTF-8 writes in other bytes.
        var texts: [[UInt8]: String] = [:]

        /// Nil for what is in no schema, and where the name is not UTF-8 and nobody said what it means.
        package var schema: String? { schemaBytes.isEmpty ? nil : text(schemaBytes) }
        /// Nil where it is not UTF-8 and nobody said what it means.
        package var name: String? { text(nameBytes) }

        /// Any of the entry's names as text; nil where it is not UTF-8 and nobody said what it means.
        package func text(_ bytes: [UInt8]) -> String? { texts[bytes] ?? String(validating: bytes, as: UTF8.self) }

        /// Whether it makes a relation, and does not only change one.
        package var isRelation: Bool {
            catalog == ArchiveContents.relations && ArchiveContents.words[description] != nil
        }

        func isNamed(like other: Entry) -> Bool {
            schemaBytes == other.schemaBytes && nameBytes == other.nameBytes
        }

        func isNamed(_ relation: Relation) -> Bool {
            (schema == nil || schema == relation.schema) && (name == nil || name == relation.name)
        }
    }
}
