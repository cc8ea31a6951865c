import InfisicalData
import LiveSupport
import SecretExport
import Secrets
import Testing

extension MemoryInstance {
    func exporter() -> SecretExporter {
        let key = key
        return SecretExporter(tables) { _ in .opened(key) }
    }

    func export(
        _ environment: String = "dev", _ path: String = "/", user: String? = nil,
        change: (inout ExportRequest) -> Void = { _ in }
    ) throws -> Export {
        var request = ExportRequest(project: "web", environment: environment, path: path, user: user)
        change(&request)
        return try exporter().export(request)
    }

    /// What a folder exports, as text.
    func values(
        _ environment: String = "dev", _ path: String = "/", user: String? = nil,
        change: (inout ExportRequest) -> Void = { _ in }
    ) throws -> [String: String] {
        let secrets = try export(environment, path, user: user, change: change).secrets
        return Dictionary(uniqueKeysWithValues: secrets.map { ($0.key, $0.value.revealedText()) })
    }
}

@Suite struct ResolutionTests {
    private static func instance(isNew: Bool = true) -> MemoryInstance {
        var instance = MemoryInstance(isNew: isNew)
        instance.environment("dev")
        instance.environment("prod")
        return instance
    }

    /// References as servers of 2024 and of 2026 read them; in `dev` and `/` stand A = `a`, EMPTY, and X = `x` in /sub.
    @Test(arguments: [
        ("plain", "plain", "plain"), ("${A}", "a", "a"), ("<${A}${A}>", "<aa>", "<aa>"), ("$${A}", "$a", "$a"),
        ("${dev.sub.X}", "x", "x"), ("${dev.A}", "a", "a"), ("${prod.A}", "${prod.A}", ""),
        ("${ A }", "${ A }", "${ A }"),
        ("${NOPE}", "${NOPE}", ""), ("${EMPTY}", "${EMPTY}", ""), ("${nowhere.x.A}", "${nowhere.x.A}", ""),
        ("${}", "${}", "${}"), ("${A", "${A", "${A"), ("${a${A}", "${a${A}", "${aa"), ("${A}}", "a}", "a}"),
        ("${@web.dev.A}", "${@web.dev.A}", "${@web.dev.A}"), ("${dev.no.A}", "${dev.no.A}", ""), ("$", "$", "$"),
        ("${dev.sub.VIA}", "<x>", "<x>"), ("${dev.sub.HERE}", "<${A}>", "<>"), ("$A", "$A", "$A"), ("${", "${", "${"),
    ])
    func `references are read by the rules of the era`(value: String, until2024: String, since2026: String) throws {
        for (isNew, expected) in [(false, until2024), (true, since2026)] {
            var instance = ResolutionTests.instance(isNew: isNew)
            try instance.secret("dev", "/", "A", "a")
            try instance.secret("dev", "/", "EMPTY", "")
            try instance.secret("dev", "/sub", "X", "x")
            try instance.secret("dev", "/sub", "VIA", "<${X}>")
            try instance.secret("dev", "/sub", "HERE", "<${A}>")
            try instance.secret("dev", "/", "T", value)
            #expect(try instance.values()["T"] == expected, "\(isNew)")
            #expect(try instance.values { $0.expands = false }["T"] == value)
        }
    }

    @Test func `names that differ only in their Unicode form are two secrets`() throws {
        for isNew in [true, false] {
            var instance = ResolutionTests.instance(isNew: isNew)
            try instance.secret("dev", "/", "caf\u{e9}", "one")
            try instance.secret("dev", "/", "cafe\u{301}", "other")
            try instance.secret("dev", "/", "BOTH", "plain")
            let secrets = try instance.export().secrets
            let named = secrets.map { Array($0.key.utf8) + [0] + Array($0.value.revealedText().utf8) }
            #expect(named.contains(Array("caf\u{e9}\0one".utf8)))
            #expect(named.contains(Array("cafe\u{301}\0other".utf8)))
            #expect(secrets.count == 3, "\(isNew)")
            let written = try ExportWriter.write(secrets, as: .json).text.revealedText()
            #expect(written.utf8.split(separator: UInt8(ascii: "\n")).count == 5)
        }
    }

    @Test func `folders that references lead to are read alone, and the table once`() throws {
        var instance = ResolutionTests.instance()
        instance.tables.rowsPerPart = 10
        for number in 0..<100 { try instance.secret("dev", "/f\(number / 10)", "N\(number)", "\(number)") }
        try instance.secret("dev", "/f3", "FAR", "<${dev.f7.N75}>")
        try instance.secret("dev", "/", "T", "${dev.f3.FAR}")
        #expect(try instance.values() == ["T": "<75>"])
        let reads = instance.tables.reads.entries.filter { $0.hasPrefix("secrets_v2 ") }.map { $0.dropFirst(11) }
        // All eleven parts; then those of /f3, of which one row lies in the last; then those of /f7.
        #expect(reads == (0...10).map { "\($0)" } + ["3", "10", "7"])
    }

    @Test func `chains end where their era ends them`() throws {
        for (isNew, last) in [(true, 11), (false, 10)] {
            var instance = ResolutionTests.instance(isNew: isNew)
            for number in 0..<20 { try instance.secret("dev", "/", "C\(number)", "\(number)>${C\(number + 1)}") }
            try instance.secret("dev", "/", "C20", "end")
            let expected = (0...last).map { "\($0)>" }.joined() + "${C\(last + 1)}"
            #expect(try instance.values()["C0"] == expected)
        }
    }

    @Test func `a cycle stays literal where it closes`() throws {
        for (isNew, a, own) in [(true, "aba${B}", "ss${SELF}"), (false, "ab${A}", "s${SELF}")] {
            var instance = ResolutionTests.instance(isNew: isNew)
            try instance.secret("dev", "/", "A", "a${B}")
            try instance.secret("dev", "/", "B", "b${A}")
            try instance.secret("dev", "/", "SELF", "s${SELF}")
            let values = try instance.values()
            #expect(values["A"] == a)
            #expect(values["SELF"] == own)
        }
    }

    @Test func `references that multiply are refused, not followed`() throws {
        var instance = ResolutionTests.instance()
        for number in 0..<10 {
            let next = String(repeating: "${F\(number + 1)}", count: 30)
            try instance.secret("dev", "/", "F\(number)", next)
        }
        try instance.secret("dev", "/", "F10", "x")
        #expect(throws: SecretExportFault.referencesTooLarge(key: "F0", path: "/")) { try instance.values() }
        #expect(try instance.values { $0.expands = false }.count == 11)
    }

    @Test func `the flag for several lines quotes a value with references only`() throws {
        var instance = ResolutionTests.instance()
        let flag: [String: MemoryTables.Cell] = ["skipMultilineEncoding": .bool(true)]
        try instance.secret("dev", "/", "LINES", "one\ntwo\n")
        try instance.secret("dev", "/", "PLAIN", "a\nb", flag)
        try instance.secret("dev", "/", "WITH", "x:${LINES}", flag)
        try instance.secret("dev", "/", "WITHOUT", "x:${LINES}")
        try instance.secret("dev", "/", "ONE", "${WITHOUT_LINES}", flag)
        let values = try instance.values()
        #expect(values["PLAIN"] == "a\nb")
        #expect(values["WITH"] == "\"x:one\\ntwo\\n\"")
        #expect(values["WITHOUT"] == "x:one\ntwo\n")
        #expect(values["ONE"] == "")
    }

    @Test func `a personal value wins for its user only, in references too`() throws {
        var instance = ResolutionTests.instance()
        instance.row("users", ["id": .uuid(1), "email": .text("Me@example.org"), "username": .text("me")])
        instance.row("users", ["id": .uuid(2), "email": .text("other@example.org")])
        try instance.secret("dev", "/", "A", "shared")
        try instance.secret("dev", "/", "A", "mine", user: 1)
        try instance.secret("dev", "/", "A", "theirs", user: 2)
        try instance.secret("dev", "/", "ONLY", "mine alone", user: 1)
        try instance.secret("dev", "/", "R", "<${A}>")
        let shared = try instance.export()
        #expect(shared.secrets.map(\.key) == ["A", "R"])
        #expect(shared.notes == [.personalValues(count: 3, users: ["Me@example.org", "other@example.org"])])
        #expect(try instance.values(user: "me@EXAMPLE.org") == ["A": "mine", "ONLY": "mine alone", "R": "<mine>"])
        #expect(try instance.export(user: "me").notes == [.personalValues(count: 1, users: ["other@example.org"])])
        #expect(throws: SecretExportFault.noUser(email: "nobody@example.org")) {
            try instance.values(user: "nobody@example.org")
        }
    }

    @Test func `of imports the highest position wins, and own secrets win over all`() throws {
        var instance = ResolutionTests.instance()
        for (path, value) in [("/", "own"), ("/one", "1"), ("/two", "2")] {
            if path != "/" { try instance.secret("dev", path, "K", value) }
            try instance.secret("dev", path, "OWN", value)
        }
        instance.import("dev", "/", from: "dev", "/two", position: 2)
        instance.import("dev", "/", from: "dev", "/one/", position: 1)
        #expect(try instance.values() == ["K": "2", "OWN": "own"])
        #expect(try instance.values { $0.includesImports = false } == ["OWN": "own"])
        #expect(try instance.values { $0.tags = ["none"] } == [:])
    }

    @Test func `a second import of one folder is left out since 2026`() throws {
        for (isNew, expected) in [(true, "2"), (false, "1")] {
            var instance = ResolutionTests.instance(isNew: isNew)
            try instance.secret("dev", "/one", "K", "1")
            try instance.secret("dev", "/two", "K", "2")
            for (position, path) in [(1, "/one"), (2, "/two"), (3, "/one")] {
                instance.import("dev", "/", from: "dev", path, position: Int32(position))
            }
            #expect(try instance.values()["K"] == expected)
        }
    }

    @Test func `imports that lead in circles, nowhere, or into another project end`() throws {
        var instance = ResolutionTests.instance()
        instance.project("far", id: "99999999-2222-4333-8444-555555555555")
        instance.environment("far-dev", project: "99999999-2222-4333-8444-555555555555")
        try instance.secret("far-dev", "/", "FAR", "far")
        try instance.secret("dev", "/a", "A", "a")
        try instance.secret("dev", "/b", "B", "b")
        instance.import("dev", "/a", from: "dev", "/b", position: 1)
        instance.import("dev", "/b", from: "dev", "/a", position: 1)
        instance.import("dev", "/a", from: "dev", "/gone", position: 2)
        instance.import("dev", "/a", from: "far-dev", "/", position: 3)
        let export = try instance.export("dev", "/a")
        #expect(export.secrets.map(\.key) == ["A", "B"])
        #expect(
            export.notes == [
                .deadImport(folder: "/a", .dangling(environment: "dev", path: "/gone")),
                .deadImport(folder: "/a", .otherProject(path: "/")),
            ])
    }

    @Test func `replicated secrets come through their hidden folder`() throws {
        var instance = ResolutionTests.instance()
        try instance.secret("prod", "/src", "K", "newer than the copy")
        let id = instance.import("dev", "/", from: "prod", "/src", position: 1, isReplication: true)
        let name =
            "__reserve_replication_abababab-abab-abab-0000-00000000"
            + String(repeating: "0", count: 4 - String(id, radix: 16).count) + String(id, radix: 16)
        instance.folder("dev", "/" + name, isReserved: true)
        try instance.secret("dev", "/" + name, "K", "copy")
        instance.import("dev", "/", from: "dev", "/" + name, position: 2)
        let export = try instance.export()
        #expect(export.secrets.map { $0.value.revealedText() } == ["copy"])
        #expect(export.secrets.map { "\($0.environment) \($0.path)" } == ["prod /src"])
        #expect(try instance.export { $0.isRecursive = true }.folders.map(\.path) == ["/"])
        #expect(throws: SecretExportFault.self) { try instance.export("dev", "/" + name) }
    }

    @Test func `names are looked up in the listed folder's imports since 2026`() throws {
        for (isNew, expected) in [(true, "<x>"), (false, "<${X}>")] {
            var instance = ResolutionTests.instance(isNew: isNew)
            try instance.secret("dev", "/", "T", "<${X}>")
            try instance.secret("prod", "/", "X", "x")
            instance.import("dev", "/", from: "prod", "/", position: 1)
            #expect(try instance.values()["T"] == expected)
        }
    }

    @Test func `of rows with one name the youngest counts`() throws {
        var instance = ResolutionTests.instance()
        for (value, time) in [("old", 1), ("young", 3), ("middle", 2)] {
            try instance.secret(
                "dev", "/", "K", value, ["createdAt": .bytes(withUnsafeBytes(of: Int64(time).bigEndian, Array.init))])
        }
        #expect(try instance.values() == ["K": "young"])
        #expect(try instance.export().notes == [.outdatedRows(folder: "/", count: 2)])
    }

    @Test func `a value that does not open is named and missing`() throws {
        var instance = ResolutionTests.instance()
        try instance.secret("dev", "/", "GOOD", "x")
        try instance.secret("dev", "/", "BAD", "x", ["encryptedValue": .bytes([UInt8](repeating: 1, count: 40))])
        let export = try instance.export()
        #expect(export.secrets.map(\.key) == ["GOOD"])
        #expect(export.unopened.map(\.secret.key) == ["BAD"])
        #expect(export.unopened.map(\.path) == ["/"])
    }

    @Test func `only folders that count are opened`() throws {
        var instance = ResolutionTests.instance()
        try instance.secret("dev", "/", "A", "${prod.sub.B}")
        try instance.secret("prod", "/sub", "B", "b")
        // Would be named as unopened if it were tried.
        try instance.secret("prod", "/other", "C", "c", ["encryptedValue": .bytes([1, 2, 3])])
        let export = try instance.export()
        #expect(export.secrets.map { $0.value.revealedText() } == ["b"])
        #expect(export.unopened.isEmpty)
    }

    @Test func `folders in circles and without parents are counted, and end`() throws {
        var instance = ResolutionTests.instance()
        let environment = instance.environment("loop")
        for (id, parent) in [(1, 2), (2, 1), (3, 99)] {
            instance.row(
                "secret_folders",
                [
                    "id": .uuid(id), "name": .text("f\(id)"), "envId": .uuid(environment), "parentId": .uuid(parent),
                    "isReserved": .bool(false),
                ])
        }
        #expect(try instance.export("loop") { $0.isRecursive = true }.notes == [.unreachableFolders(count: 3)])
    }
}
