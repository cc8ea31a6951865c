import DurableFiles
import Effects
import Glibc
import InstanceAccess

/// The processes of a scratch server: those that work in the folder of its cluster.
///
/// The number in `postmaster.pid` may be another process's by now, after a restart of the machine that of the live
/// server: a process counts only where the kernel says that it works there.
struct ScratchProcesses {
    private let folder: String
    private let surroundings: Surroundings

    init(folder: String, _ surroundings: Surroundings) {
        self.folder = folder
        self.surroundings = surroundings
    }

    /// Ends all of them: at once and without a checkpoint, and by force what has not gone after some seconds.
    func end() throws {
        // A link, which the server's user may have put there, leads to somebody else's processes.
        guard try surroundings.files.status(folder)?.kind == .folder else { return }
        let found = try all()
        // The first process ends its children; without it, each is ended by itself.
        if let first = try postmaster(), found.contains(first) {
            send(SIGQUIT, to: [first])
        } else {
            send(SIGKILL, to: found)
        }
        for look in 0..<Self.looks {
            let left = try all()
            if left.isEmpty { return }
            if look == Self.looks / 2 { send(SIGKILL, to: left) }
            _ = surroundings.effects.call(.sleep, "10 ms") { usleep(10_000) }
        }
    }

    /// How often to look, a hundredth of a second apart.
    private static let looks = 2_000

    private func send(_ signal: Int32, to processes: [Int32]) {
        for process in processes {
            // One that has gone meanwhile is what was wanted.
            _ = surroundings.effects.call(.signal, "postgres") { kill(process, signal) }
        }
    }

    private func postmaster() throws -> Int32? {
        let path = Files.join(folder, "postmaster.pid")
        guard try surroundings.files.status(path)?.kind == .file else { return nil }
        let text = String(decoding: try surroundings.files.readRegular(path, limit: 4096), as: UTF8.self)
        return text.split(separator: "\n").first.flatMap { Int32($0) }
    }

    private func all() throws -> [Int32] {
        // Only what lies above belongs to this user; nothing below is followed.
        let files = surroundings.files, parent = Files.parent(of: Files.parent(of: folder))
        let folder = try files.resolved(parent) + String(folder.dropFirst(parent.count))
        guard let owner = try files.status(folder)?.user else { return [] }
        return try surroundings.files.list("/proc").compactMap { entry in
            guard let process = Int32(entry.name) else { return nil }
            // Those of other users do not say where they work, and those that end meanwhile nothing at all.
            guard let place = try? surroundings.files.target(ofLink: "/proc/\(process)/cwd"), place == folder,
                (try? surroundings.files.status("/proc/\(process)"))?.user == owner
            else { return nil }
            return process
        }
    }
}
