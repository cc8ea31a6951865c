import DurableFiles
import Effects
import Glibc
import TestSupport
import Testing

/// Each operation, killed before and after each of its effects in a process of its own; then what is there is looked
/// at, and the operation done again.
@Suite struct CrashMatrixTests {
    let folder: TemporaryFolder
    let plain = files()

    init() throws { folder = try TemporaryFolder() }

    /// Runs an operation to its end, or to the kill.
    private func run(
        _ operation: String, _ path: String, _ text: String, kill: (FailingObserver.Kind, Int)?
    ) throws -> ChildProcess.End {
        let kind = kill.map(\.0.rawValue) ?? "none", position = kill?.1 ?? 0
        return try ChildProcess(built: "file-victim", [kind, "\(position)", operation, path, text]).wait()
    }

    /// Kills an operation before and after each of its effects, calls `check` after each kill, does the operation once
    /// more to its end, and calls `check` again.
    ///
    /// - Returns: the number of effects.
    private func matrix(
        _ operation: String, prepare: () throws -> String, check: (_ path: String, _ isDone: Bool) throws -> Void
    ) throws -> Int {
        for position in 1... {
            for kind in [FailingObserver.Kind.killsBefore, .killsAfter] {
                let path = try prepare()
                let end = try run(operation, path, "new", kill: (kind, position))
                guard end == .killed(SIGKILL) else {
                    try #require(end == .exited(0))
                    try check(path, true)
                    // Behind the last effect nothing is killed; an effect that failed by itself has no moment after it.
                    if kind == .killsBefore { return position - 1 }
                    continue
                }
                try check(path, false)
                let again = try run(operation, path, "new", kill: nil)
                // What was to be new may be there already, whole.
                #expect(again == .exited(0) || operation == "publish-new" && again == .exited(1))
                try check(path, true)
            }
        }
        return 0
    }

    @Test(arguments: ["publish", "publish-open"])
    func `publishing leaves the old or the new file, and can be done again`(operation: String) throws {
        let path = folder.path("file")
        let effects = try matrix(operation) {
            try plain.publish(Array("old".utf8), at: path, mode: 0o600)
            return path
        } check: { path, isDone in
            let text = try plain.text(path), mode = try plain.status(path)?.mode
            #expect(text == "new" || !isDone && text == "old")
            #expect(mode == (text == "new" && operation == "publish-open" ? 0o644 : 0o600))
            try expectOnlyTemporary(besides: ["file"])
        }
        #expect(effects == (operation == "publish" ? 6 : 7))
    }

    @Test func `a file that must be new is there whole or not at all`() throws {
        let path = folder.path("file")
        let effects = try matrix("publish-new") {
            if try plain.status(path) != nil { try plain.remove(path) }
            return path
        } check: { path, isDone in
            let text = try plain.text(path)
            #expect(text == "new" || !isDone && text == nil)
            try expectOnlyTemporary(besides: text == nil ? [] : ["file"])
        }
        #expect(effects == 6)
    }

    @Test func `of a group each file is old or new, in their order, and the group can be done again`() throws {
        let names = ["1", "2", "3"]
        let effects = try matrix("group") {
            for name in names { try plain.publish(Array("old".utf8), at: folder.path(name)) }
            return folder.path
        } check: { path, isDone in
            let texts = try names.map { try plain.text(folder.path($0)) ?? "" }
            #expect(texts.allSatisfy { $0 == "new" } || !isDone && texts.allSatisfy { ["old", "new"].contains($0) })
            // Names are given in order: a later file is never new while an earlier one is old.
            #expect(texts == texts.sorted())
            try expectOnlyTemporary(besides: names)
        }
        #expect(effects == 14)
    }

    @Test(arguments: ["folder", "folder-open"])
    func `a chain of folders is made to its end by the next run`(operation: String) throws {
        var number = 0
        let effects = try matrix(operation) {
            number += 1
            return folder.path("\(number)/a/b")
        } check: { path, isDone in
            let kind = try plain.status(path)?.kind
            #expect(kind == .folder || !isDone && kind == nil)
        }
        #expect(effects > 8)
    }

    @Test func `a tree that is half removed is removed by the next run`() throws {
        let effects = try matrix("remove-tree") {
            let path = folder.path(Files.temporaryPrefix + "tree")
            try plain.createFolder(path + "/a/b")
            try plain.publish([1], at: path + "/a/b/c")
            try plain.publish([1], at: path + "/d")
            return path
        } check: { path, isDone in
            let isThere = try plain.status(path) != nil
            #expect(!isDone || !isThere)
            // The last kill leaves nothing, and nothing cannot be removed again.
            if !isDone && !isThere { try plain.createFolder(path) }
        }
        #expect(effects > 8)
    }

    @Test func `a holder killed at any moment leaves no lock`() throws {
        let path = folder.path("lock")
        let effects = try matrix("lock") {
            path
        } check: { path, _ in
            // `flock` of util-linux takes it at once, and so does the next run.
            #expect(try ChildProcess("flock", ["-n", path, "true"]).wait() == .exited(0))
            try FileLock.acquire(
                path, .exclusive, wait: 0, holder: "test", files: plain, cancellation: Cancellation(),
                clock: SystemClock()
            ).release()
        }
        #expect(effects == 5)
    }

    @Test func `nothing of a killed run looks finished, and its leavings are removed by name`() throws {
        for (position, expected) in [(1, 0), (2, 1), (3, 1)] {
            let path = folder.path("file\(position)")
            #expect(try run("publish-new", path, "new", kill: (.killsBefore, position)) == .killed(SIGKILL))
            #expect(try plain.finished(folder.path).isEmpty)
            let leavings = try plain.list(folder.path).map(\.name)
            #expect(leavings.count == expected)
            for name in leavings { try plain.remove(folder.path(name)) }
        }
    }

    private func expectOnlyTemporary(besides names: [String]) throws {
        #expect(try plain.finished(folder.path) == names)
    }
}
