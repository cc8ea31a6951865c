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
    /// - Returns: what could not be removed, one sentence without full stop each, and whether any of them had a container.
    package static func removeLeftovers(
        in place: String, _ surroundings: Surroundings
    ) throws -> (problems: [String], hadContainers: Bool) {
        var problems: [String] = [], hadContainers = false
        for entry in try surroundings.files.list(place) where entry.kind == .folder && Files.isTemporary(entry.name) {
            let path = Files.join(place, entry.name)
            do {
                let lines = try removeIfLeft(path, surroundings)
                hadContainers = hadContainers || lines.contains(container)
            } catch {
                // Another drill was faster.
                if try surroundings.files.status(path) == nil { continue }
                let fault: any Fault = .of(error)
                problems.append(
                    "\(path), which an earlier drill left behind, could not be removed: \(fault.message)")
            }
        }
        return (problems, hadContainers)
    }

    /// - Returns: the lines of its mark, where it was removed.
    private static func removeIfLeft(_ path: String, _ surroundings: Surroundings) throws -> [String] {
        let files = surroundings.files
        guard let status = try files.status(path), status.kind == .folder, status.user == geteuid() else { return [] }
        guard let found = try files.status(mark(path)) else {
            // One that is just being made, or was being removed; with what a mark leaves that was being written.
            guard Files.name(of: path).hasPrefix(Files.drillPrefix) else { return [] }
            _ = try removeIfFree(path, surroundings)
            return []
        }
        guard found.kind == .file, found.user == geteuid() else { return [] }
        let lines = String(decoding: try files.readRegular(mark(path), limit: 4096), as: UTF8.self).split(
            separator: "\n"
        ).map(String.init)
        guard lines.first == title, !lines.contains(kept) else { return [] }
        return try removeIfFree(path, surroundings) ? lines : []
    }

    private static func removeIfFree(_ path: String, _ surroundings: Surroundings) throws -> Bool {
        guard let lock = try free(path, surroundings) else { return false }
        try remove(path, surroundings)
        _ = consume lock
        return true
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
        var attempt = 1
        while true {
            do throws(FileFault) { return try surroundings.files.removeTree(path) } catch {
                if try surroundings.files.status(path) == nil { return }
                // Its lock, which another drill that removes it has made again.
                guard error.errno?.code == ENOTEMPTY, attempt < attempts else { throw error }
                attempt += 1
            }
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
