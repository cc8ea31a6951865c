import Crypto
import DurableFiles
import Effects
import Faults
import Glibc
package import InstanceAccess

/// The folder of one drill: its lock, its mark, and the scratch server's own folder in it.
///
/// The lock is held as long as the drill lives; a folder whose lock is free and whose mark does not say that it is kept
/// was left behind by a drill that was killed.
package final class ScratchFolder {
    /// The first line of the mark.
    private static let title = "infisical-ops drill 1"
    private static let kept = "kept"
    /// Seconds after which a folder without a mark is no longer being made by anybody.
    private static let patience: Int64 = 600

    package let path: String
    package let marker: String
    private let surroundings: Surroundings
    private let lock: FileLock

    /// Makes a folder in a place. Others may pass it, as the user who runs the server must, but not list it.
    package init(in place: String, _ surroundings: Surroundings) throws {
        let path = try surroundings.files.createTemporaryFolder(in: place, mode: geteuid() == 0 ? 0o711 : nil)
        let marker = Hex.encode(try Random.bytes(count: 16))
        lock = try Self.claim(path, marker, surroundings)
        self.path = path
        self.marker = marker
        self.surroundings = surroundings
    }

    /// Locks a new folder, and only then marks it: what has a mark and no holder was left behind.
    private static func claim(_ path: String, _ marker: String, _ surroundings: Surroundings) throws -> FileLock {
        do {
            let lock = try acquire(path, surroundings)
            try write([title, marker], path, surroundings.files)
            return lock
        } catch {
            let failure: any Fault = .of(error)
            var cleanup: [any Fault] = []
            do { try surroundings.files.removeTree(path) } catch { cleanup = [error] }
            throw Failure(failure, cleanup: cleanup)
        }
    }

    private static func acquire(_ path: String, _ surroundings: Surroundings) throws(FileFault) -> FileLock {
        try FileLock.acquire(
            Files.join(path, "lock"), .exclusive, wait: 0, holder: "drill", files: surroundings.files,
            cancellation: surroundings.cancellation, clock: surroundings.clock)
    }

    /// The folder that the server gets.
    var server: String { Files.join(path, "server") }

    /// Lets the next drill pass it by.
    func keep() throws { try Self.write([Self.title, marker, Self.kept], path, surroundings.files) }

    package func remove() throws { try Self.remove(path, surroundings) }

    private static func mark(_ path: String) -> String { Files.join(path, "drill") }

    private static func write(_ lines: [String], _ path: String, _ files: Files) throws {
        let text = lines.map { $0 + "\n" }.joined()
        try files.publish(Array(text.utf8), at: mark(path), mode: 0o600, existing: .replace)
    }

    // MARK: - Leftovers

    /// Removes what drills of this user left in a place when they were killed, and nothing else.
    ///
    /// - Returns: what could not be removed, one sentence without full stop each.
    package static func removeLeftovers(in place: String, _ surroundings: Surroundings) throws -> [String] {
        var problems: [String] = []
        for entry in try surroundings.files.list(place) where entry.kind == .folder && Files.isTemporary(entry.name) {
            let path = Files.join(place, entry.name)
            do { try removeIfLeft(path, surroundings) } catch {
                let fault: any Fault = .of(error)
                problems.append(
                    "\(path), which an earlier drill left behind, could not be removed: \(fault.message)")
            }
        }
        return problems
    }

    private static func removeIfLeft(_ path: String, _ surroundings: Surroundings) throws {
        let files = surroundings.files
        guard let status = try files.status(path), status.kind == .folder, status.user == geteuid() else { return }
        guard let found = try files.status(mark(path)) else {
            // One that is being made has no mark yet.
            let names = try files.list(path).map(\.name), now = surroundings.clock.now().seconds
            guard Set(names).isSubset(of: ["lock", "drill", "server"]), now - status.modified / 1_000_000_000 > patience
            else { return }
            return try removeIfFree(path, surroundings)
        }
        guard found.kind == .file, found.user == geteuid() else { return }
        let lines = String(decoding: try files.readRegular(mark(path), limit: 4096), as: UTF8.self).split(
            separator: "\n")
        guard lines.first == title[...], !lines.contains(kept[...]) else { return }
        try removeIfFree(path, surroundings)
    }

    private static func removeIfFree(_ path: String, _ surroundings: Surroundings) throws {
        guard let lock = try free(path, surroundings) else { return }
        try remove(path, surroundings)
        _ = consume lock
    }

    /// The lock of a folder that nobody holds; nil where somebody does.
    private static func free(_ path: String, _ surroundings: Surroundings) throws -> FileLock? {
        do { return try acquire(path, surroundings) } catch {
            if case .locked = error { return nil }
            throw error
        }
    }

    /// Ends whatever works in the server's folder, and removes all of it.
    private static func remove(_ path: String, _ surroundings: Surroundings) throws {
        try ScratchProcesses(folder: Files.join(path, "server/data"), surroundings).end()
        try surroundings.files.removeTree(path)
    }
}
