import CopyFormat
import Crypto
import InfisicalData
import InfisicalTables
import LiveSupport
import Secrets

/// Tables filled by hand, read as the rows of a binary COPY.
struct MemoryTables: TableSource {
    enum Cell: Equatable {
        case text(String)
        case uuid(Int)
        case int(Int32)
        case bool(Bool)
        case bytes([UInt8])
        case null

        var bytes: [UInt8]? {
            switch self {
            case .text(let text): Array(text.utf8)
            case .uuid(let number): Array(repeating: 0xAB, count: 8) + withUnsafeBytes(of: number.bigEndian, Array.init)
            case .int(let number): withUnsafeBytes(of: number.bigEndian, Array.init)
            case .bool(let flag): [flag ? 1 : 0]
            case .bytes(let bytes): bytes
            case .null: nil
            }
        }
    }

    private(set) var facts = CatalogFacts(tables: [:])
    let roots: [String: String] = [:]
    let unread: [String] = []
    private var rows: [String: [[String: Cell]]] = [:]
    /// How many rows a part of a table has; nil for all of them.
    var rowsPerPart: Int?
    /// Every part that was read, as `table part`.
    let reads = Log()

    final class Log {
        var entries: [String] = []
    }

    /// Declares a table: `id uuid, name text`.
    mutating func table(_ name: String, _ columns: String) {
        var tables = facts.tables
        var described: [String: CatalogFacts.Column] = [:]
        for column in columns.split(separator: ",") {
            let parts = column.split(separator: " ").map(String.init)
            described[parts[0]] = CatalogFacts.Column(type: parts[1], isNullable: true)
        }
        tables[name] = described
        facts = CatalogFacts(tables: tables)
    }

    mutating func add(_ table: String, _ row: [String: Cell]) { rows[table, default: []].append(row) }

    func parts(of table: String) -> Int {
        guard let size = rowsPerPart, let count = rows[table]?.count else { return 1 }
        return (count + size - 1) / size
    }

    func read(
        _ table: String, _ columns: [String], part: Int, _ body: (borrowing RowFields) throws(CopyFault) -> Void
    ) throws {
        reads.entries.append("\(table) \(part)")
        let all = rows[table] ?? [], size = rowsPerPart ?? all.count
        var bytes: [UInt8] = [0x50, 0x47, 0x43, 0x4f, 0x50, 0x59, 0x0a, 0xff, 0x0d, 0x0a, 0x00]
        bytes += [UInt8](repeating: 0, count: 8)
        for row in all.dropFirst(part * size).prefix(size) {
            bytes += withUnsafeBytes(of: Int16(columns.count).bigEndian, Array.init)
            for column in columns {
                let cell = row[column]?.bytes
                bytes += withUnsafeBytes(of: Int32(cell?.count ?? -1).bigEndian, Array.init)
                bytes += cell ?? []
            }
        }
        bytes += [0xff, 0xff]
        try withoutActuallyEscaping(body) { body in
            var stream = RowStream(.binary, columns: columns.count, places: Array(columns.indices), body)
            try bytes.withUnsafeBytes { try stream.feed($0) }
            try stream.finishStream()
        }
    }
}

/// An instance with one project of version 3, made of a few lines.
struct MemoryInstance {
    var tables = MemoryTables()
    let key = Secret(testing: "0123456789abcdef0123456789abcdef")
    private var number = 1000
    private var folders: [String: Int] = [:]
    private var environments: [String: Int] = [:]
    static let project = "11111111-2222-4333-8444-555555555555"

    /// - Parameter isNew: whether the catalog is that of 2026.
    init(isNew: Bool = true, projectCells: [String: MemoryTables.Cell] = [:]) {
        tables.table("infisical_migrations", "id integer")
        tables.table("organizations", "id uuid")
        tables.table("kms_root_config", isNew ? "id uuid,encryptionStrategy text" : "id uuid")
        if isNew { tables.table("audit_log_streams", "encryptedCredentials bytea") }
        let new = isNew ? ",type text,deleteAfter text" : ""
        tables.table("projects", "id text,name text,slug text,version integer,upgradeStatus text" + new)
        tables.table(
            "project_environments",
            "id uuid,slug text,name text,position integer,projectId text" + (isNew ? ",deleteAfter text" : ""))
        tables.table("secret_folders", "id uuid,name text,envId uuid,parentId uuid,isReserved boolean")
        tables.table(
            "secret_imports",
            "id uuid,folderId uuid,importEnv uuid,importPath text,position integer,isReplication boolean")
        tables.table(
            "secrets_v2",
            "id uuid,version integer,type text,key text,encryptedValue bytea,encryptedComment bytea,userId uuid,"
                + "folderId uuid,skipMultilineEncoding boolean,createdAt text")
        tables.table("secret_tags", "id uuid,slug text")
        tables.table("secret_v2_tag_junction", "id uuid,secrets_v2Id uuid,secret_tagsId uuid")
        tables.table("users", "id uuid,email text,username text")
        project("web", id: MemoryInstance.project, projectCells)
    }

    mutating func project(_ slug: String, id: String, _ cells: [String: MemoryTables.Cell] = [:]) {
        let base: [String: MemoryTables.Cell] = [
            "id": .text(id), "name": .text("The " + slug), "slug": .text(slug), "version": .int(3),
            "type": .text("secret-manager"),
        ]
        tables.add("projects", base.merging(cells) { $1 })
    }

    private mutating func next() -> Int {
        number += 1
        return number
    }

    @discardableResult
    mutating func environment(
        _ slug: String, project: String = MemoryInstance.project, _ cells: [String: MemoryTables.Cell] = [:]
    ) -> Int {
        let id = next(), root = next()
        environments[slug] = id
        let base: [String: MemoryTables.Cell] = [
            "id": .uuid(id), "slug": .text(slug), "name": .text(slug.uppercased()), "position": .int(Int32(id)),
            "projectId": .text(project),
        ]
        tables.add("project_environments", base.merging(cells) { $1 })
        tables.add("secret_folders", ["id": .uuid(root), "name": .text("root"), "envId": .uuid(id)])
        folders[slug + ":/"] = root
        return id
    }

    /// Makes a folder with all that are above it.
    @discardableResult
    mutating func folder(_ environment: String, _ path: String, isReserved: Bool = false) -> Int {
        if let found = folders[environment + ":" + path] { return found }
        let names = path.split(separator: "/").map(String.init)
        let parent = folder(environment, "/" + names.dropLast().joined(separator: "/"))
        let id = next()
        tables.add(
            "secret_folders",
            [
                "id": .uuid(id), "name": .text(names.last ?? ""), "envId": .uuid(environments[environment] ?? 0),
                "parentId": .uuid(parent), "isReserved": .bool(isReserved),
            ])
        folders[environment + ":" + path] = id
        return id
    }

    mutating func row(_ table: String, _ row: [String: MemoryTables.Cell]) { tables.add(table, row) }

    @discardableResult
    mutating func secret(
        _ environment: String, _ path: String, _ key: String, _ value: String, user: Int? = nil,
        _ cells: [String: MemoryTables.Cell] = [:]
    ) throws -> Int {
        try secret(environment, path, key, bytes: Array(value.utf8), user: user, cells)
    }

    @discardableResult
    mutating func secret(
        _ environment: String, _ path: String, _ key: String, bytes value: [UInt8], user: Int? = nil,
        _ cells: [String: MemoryTables.Cell] = [:]
    ) throws -> Int {
        let id = next()
        let base: [String: MemoryTables.Cell] = [
            "id": .uuid(id), "version": .int(1), "type": .text(user == nil ? "shared" : "personal"), "key": .text(key),
            "encryptedValue": .bytes(try sealed(value)), "userId": user.map { .uuid($0) } ?? .null,
            "folderId": .uuid(folder(environment, path)), "skipMultilineEncoding": .bool(false),
        ]
        tables.add("secrets_v2", base.merging(cells) { $1 })
        return id
    }

    @discardableResult
    mutating func `import`(
        _ environment: String, _ path: String, from other: String, _ otherPath: String, position: Int32,
        isReplication: Bool = false
    ) -> Int {
        let id = next()
        tables.add(
            "secret_imports",
            [
                "id": .uuid(id), "folderId": .uuid(folder(environment, path)),
                "importEnv": .uuid(environments[other] ?? 0), "importPath": .text(otherPath),
                "position": .int(position),
                "isReplication": .bool(isReplication),
            ])
        return id
    }

    func sealed(_ value: [UInt8]) throws -> [UInt8] {
        var cipher = try AESGCM()
        var ciphertext = [UInt8](repeating: 0, count: value.count), tag = [UInt8](repeating: 0, count: 16)
        let iv = [UInt8](repeating: 7, count: 12)
        try key.withBytes { key in
            try iv.withUnsafeBytes { iv in
                try value.withUnsafeBytes { value in
                    try ciphertext.withUnsafeMutableBytes { ciphertext in
                        try tag.withUnsafeMutableBytes { tag in
                            try cipher.seal(key: key, iv: iv, plaintext: value, into: ciphertext, tag: tag)
                        }
                    }
                }
            }
        }
        return iv + ciphertext + tag + Array("v01".utf8)
    }
}
