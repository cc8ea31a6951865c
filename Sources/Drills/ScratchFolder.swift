import Booting
import Crypto
import DurableFiles
import Effects
import Faults
import Glibc
package import InstanceAccess

/// The folder of one drill: its lock, its mark, and the scratch server's own folder in it.
///
/// The lock is held as long as the drill lives; a folder whose lock is free and whose mark does not say that it is kept
/// was left behind by a drill that was killed. Before it has a mark, and while it is removed, its name tells whose it is.
package final class ScratchFolder {
    /// The first line of the mark.
    private static let title = "infisical-ops drill 1"
    private static let kept = "kept"
    private static let container = "container"
    /// How often a folder is made, or removed, that another drill takes for left behind.
    private static let attempts = 20

    package let path: String
    package let marker: String
    private let surroundings: Surroundings
    private let lock: FileLock

    /// Makes a folder in a place. Others may pass it, as the user who runs the server must, but not list it.
    ///
    /// - Parameter usesContainer: whether its server runs in one, which has to be looked for when the drill was killed.
    package static func make(
        in place: String, usesContainer: Bool = false, _ surroundings: Surroundings
    ) throws -> ScratchFolder {
        let marker = Hex.encode(try Random.bytes(count: 16))
        var attempt = 1
        while true {
            do throws(FileFault) {
                return try makeOnce(
                    in: place, [title, marker] + (usesContainer ? [container] : []), marker, surroundings)
            } catch {
                // Until it is locked, a drill that cleans up takes it for left behind.
                guard error.isOfOtherDrill, attempt < attempts else { throw error }
                attempt += 1
            }
        }
    }

    private static func makeOnce(
        in place: String, _ mark: [String], _ marker: String, _ surroundings: Surroundings
    ) throws(FileFault) -> ScratchFolder {
        let files = surroundings.files
        let path = try files.createTemporaryFolder(
            in: place, prefix: Files.drillPrefix, mode: geteuid() == 0 ? 0o711 : nil)
        do throws(FileFault) {
            let lock = try acquire(path, surroundings)
            try write(mark, path, files)
            return ScratchFolder(path, marker, lock, surroundings)
        } catch {
            // What is left is removed by the next drill, by its name.
            do throws(FileFault) { try files.removeTree(path) } catch {}
            throw error
        }
    }

    private init(_ path: String, _ marker: String, _ lock: consuming FileLock, _ surroundings: Surroundings) {
        self.path = path
        self.marker = marker
        self.lock = lock
        self.surroundings = surroundings
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

    private static func write(_ lines: [String], _ path: String, _ files: Files) throws(FileFault) {
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
                // Another drill was faster, or is just removing its own.
                if (error as? FileFault)?.isOfOtherDrill == true { continue }
                if try surroundings.files.status(path) == nil { continue }
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
            // One that is just being made, or was being removed; with what a mark leaves that was being written.
            guard Files.name(of: path).hasPrefix(Files.drillPrefix) else { return }
            return try removeIfFree(path, hasContainer: false, surroundings)
        }
        guard found.kind == .file, found.user == geteuid() else { return }
        let lines = String(decoding: try files.readRegular(mark(path), limit: 4096), as: UTF8.self).split(
            separator: "\n"
        ).map(String.init)
        guard lines.first == title, !lines.contains(kept) else { return }
        try removeIfFree(path, hasContainer: lines.contains(container), surroundings)
    }

    private static func removeIfFree(_ path: String, hasContainer: Bool, _ surroundings: Surroundings) throws {
        guard let lock = try free(path, surroundings) else { return }
        // Only the folder tells that there is a container: where that cannot be removed, it stays for the next drill.
        if hasContainer { try DrillContainers.removeLeft(surroundings.docker) }
        try remove(path, surroundings)
        _ = consume lock
    }

    /// The lock of a folder that nobody holds; nil where somebody does, or has taken the folder away.
    private static func free(_ path: String, _ surroundings: Surroundings) throws -> FileLock? {
        do { return try acquire(path, surroundings) } catch {
            if error.isOfOtherDrill { return nil }
            throw error
        }
    }

    /// Ends whatever works in the server's folder, and removes all of it.
    private static func remove(_ path: String, _ surroundings: Surroundings) throws {
        try ScratchProcesses(folder: Files.join(path, "server/data"), surroundings).end()
        try removeTree(path, attempt: 1, surroundings)
    }

    private static func removeTree(_ path: String, attempt: Int, _ surroundings: Surroundings) throws {
        do throws(FileFault) { return try surroundings.files.removeTree(path) } catch {
            if try surroundings.files.status(path) == nil { return }
            guard error.errno?.code == ENOTEMPTY, attempt < attempts else { throw error }
            // Of a folder in it, the lock may still be this drill's own.
            guard error.path == path else { return try removeTree(path, attempt: attempt + 1, surroundings) }
            // The lock was removed with the rest, and another drill that removes the folder has made it again. Where
            // that drill still holds it, the folder is its own to remove.
            guard let lock = try free(path, surroundings) else { return }
            try removeTree(path, attempt: attempt + 1, surroundings)
            _ = consume lock
        }
    }
}

extension FileFault {
    /// Whether another drill may have taken a folder away, or be about to.
    fileprivate var isOfOtherDrill: Bool {
        if case .locked = self { return true }
        return errno?.code == ENOENT
    }
}
