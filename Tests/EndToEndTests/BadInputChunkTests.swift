import FoundationEssentials
import LiveSupport
import TestSupport
import Testing

/// Chunks that are damaged, met by a restore.
@Suite struct BadInputChunkTests {
    /// What is done to a chunk's file.
    enum Damage: String, CaseIterable, Sendable {
        case truncated, bitFlipped, extended, emptied, missing, swapped, folder

        var code: String {
            switch self {
            case .truncated, .extended: "repository.chunk-wrong-size"
            case .bitFlipped: "repository.chunk-wrong-hash"
            case .emptied: "repository.chunk-empty"
            case .missing: "repository.chunk-missing"
            // Chunks of one size would have the wrong hash; these two differ in size.
            case .swapped: "repository.chunk-wrong-size"
            case .folder: "repository.chunk-not-a-file"
            }
        }

        func apply(to path: String, other: String, _ instance: OpsInstance) throws {
            let bytes = [UInt8](try Data(contentsOf: URL(filePath: path)))
            switch self {
            case .truncated: try instance.write(Array(bytes.dropLast(7)), to: path)
            case .extended: try instance.write(bytes + [0], to: path)
            case .emptied: try instance.write([], to: path)
            case .missing: try FileManager.default.removeItem(atPath: path)
            case .bitFlipped:
                var flipped = bytes
                flipped[flipped.count / 2] ^= 0x10
                try instance.write(flipped, to: path)
            case .swapped:
                let otherBytes = [UInt8](try Data(contentsOf: URL(filePath: other)))
                try #require(otherBytes.count != bytes.count)
                try instance.write(otherBytes, to: path)
                try instance.write(bytes, to: other)
            case .folder:
                try FileManager.default.removeItem(atPath: path)
                try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
            }
        }
    }

    @Test(arguments: Damage.allCases)
    func `a restore from a damaged chunk makes no database, names the chunk and hints at repair`(damage: Damage) throws
    {
        let instance = try OpsInstance()
        try instance.ops("backup").expect(0)
        let name = try #require(try instance.chunks(of: "audit_logs").first)
        let other = try #require(try instance.chunks(of: "secrets_v2").first)
        let path = { (name: String) in "\(instance.repository)/chunks/\(name.prefix(2))/\(name).zst.age" }
        try damage.apply(to: path(name), other: path(other), instance)
        let copy = try instance.restoredName()

        let fault = try instance.refuses(
            ["restore", "--to-database", copy, "--yes"], exit: 13, code: damage.code,
            naming: [try #require(try instance.ids().last)])
        // Of two that changed places either may be met first.
        #expect(
            fault.message.contains(name.prefix(16)) || (damage == .swapped && fault.message.contains(other.prefix(16))))
        #expect(fault.hints.contains { $0.contains("infisical-ops repair") } && fault.cleanup == [])
        #expect(try instance.databases() == [instance.database])
        if damage != .swapped {
            #expect(fault.message.contains("table public.audit_logs"))
            // Other tables need nothing of it.
            try instance.ops("restore", "--to-database", copy, "--table", "users", "--yes").expect(0)
        }

        try instance.ops("verify").expect(13)
        try instance.ops("status").expect(13)
        if damage == .folder { return }
        let repaired = try instance.ops("repair", "--yes", "--json").expect(2)
        #expect(repaired.output.contains(try #require(try instance.ids().last)))
        try instance.ops("backup").expect(0)
        try instance.ops("verify", "--all", "--level", "readable").expect(0)
        try instance.ops("status").expect(0)
        let whole = try instance.restoredName()
        try instance.ops("restore", try instance.ids()[0], "--to-database", whole, "--yes").expect(0)
        #expect(try instance.counts(of: [("public", "audit_logs")], in: whole) == [1215])
    }

    @Test func `kept files whose bytes were changed are not opened`() throws {
        let instance = try OpsInstance(nil)
        try instance.ops("backup").expect(0)
        let file = try #require(try instance.stored("escrow").first), path = "\(instance.repository)/\(file)"
        var bytes = [UInt8](try Data(contentsOf: URL(filePath: path)))
        bytes[bytes.count / 2] ^= 1
        try instance.write(bytes, to: path)
        let kept = instance.path("kept")
        for command in [["--dry-run"], ["--yes"]] {
            try instance.refuses(
                ["restore", "--files", kept] + command, exit: 13, code: "repository.malformed", naming: [file])
        }
        try FileManager.default.removeItem(atPath: path)
        let fault = try instance.refuses(
            ["restore", "--files", kept, "--yes"], exit: 13, code: "repository.missing-file", naming: [file])
        #expect(fault.hints.contains { $0.contains("infisical-ops repair") })
        #expect(!FileManager.default.fileExists(atPath: kept))
        // The data has nothing to do with it.
        try instance.ops("restore", "--to-database", try instance.restoredName(), "--yes").expect(0)
    }
}
