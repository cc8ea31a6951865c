import DurableFiles
import Effects
import LiveSupport
import Secrets
import TestSupport
import Testing

@testable import Recovering

/// Where kept files go on a new host, and what becomes of those that are there.
@Suite struct PlacedFilesTests {
    private let folder: TemporaryFolder
    private let files = Files(effects: Effects())

    init() throws { folder = try TemporaryFolder() }

    private func placed(_ names: [String]) throws -> PlacedFiles {
        try PlacedFiles(
            names.map { KeptFile(recorded: $0, content: Secret(testing: "A=1\n")) }, from: "/srv/infisical",
            into: folder.path("new"), files)
    }

    @Test func `a file of the project's folder goes with it, any other back to where it was`() {
        let moved = { PlacedFiles.moved($0, from: "/srv/infisical", into: "/opt/new") }
        #expect(moved("/srv/infisical/.env") == "/opt/new/.env")
        #expect(moved("/srv/infisical/env/db.env") == "/opt/new/env/db.env")
        #expect(moved("/srv/infisical") == "/opt/new")
        #expect(moved("/srv/infisical-other/.env") == "/srv/infisical-other/.env")
        #expect(moved("/etc/infisical.env") == "/etc/infisical.env")
    }

    @Test func `only what a container mounts can be read by others, and never written`() throws {
        var nothing = Array("x".utf8)
        let content = Secret(consuming: &nothing)
        let kept = [("env", 0o644), ("init.sql", 0o666), ("key.pem", 0o600)].map {
            KeptFile(recorded: "/srv/infisical/" + $0.0, content: content, mode: UInt32($0.1))
        }
        var placed = try PlacedFiles(kept, from: "/srv/infisical", into: folder.path("new"), files)
        placed.mark(mounted: [folder.path("new/init.sql"), folder.path("new/key.pem")])
        try placed.write(.refuse, files)
        for (name, mode) in [("env", 0o600), ("init.sql", 0o644), ("key.pem", 0o600)] {
            #expect(try files.status(folder.path("new/" + name))?.mode == UInt32(mode), "\(name)")
        }
        #expect(placed.files[0].readers == "readable by this user only" && placed.files[1].readers.contains("644"))
    }

    @Test func `nothing is overwritten without being told`() throws {
        try files.createFolder(folder.path("new"))
        try folder.write("new/same", "A=1\n")
        try folder.write("new/other", "A=2\n")
        let names = ["same", "other", "missing"].map { "/srv/infisical/" + $0 }
        let before = try placed(names)
        #expect(before.files.map(\.state) == [.same, .other, .missing])
        #expect(throws: RecoveryFault.filesDiffer([folder.path("new/other")])) { try before.require(.refuse) }
        try before.require(.keep)
        try before.write(.keep, files)
        #expect(try folder.text("new/other") == "A=2\n" && folder.text("new/missing") == "A=1\n")
        let kept = try before.effective(.keep, files).map { $0.content.revealedText() }
        #expect(kept == ["A=1\n", "A=2\n", "A=1\n"])
        try before.require(.replace)
        try placed(names).write(.replace, files)
        #expect(try placed(names).files.allSatisfy { $0.state == .same })
    }

    @Test func `a folder, and a link that leads nowhere, are in the way`() throws {
        try files.createFolder(folder.path("new/folder"))
        #expect(folder.run("ln -s gone new/link") == 0)
        let states = try placed(["/srv/infisical/folder", "/srv/infisical/link"]).files.map(\.state)
        #expect(states == [.other, .other])
    }
}
