import Effects
import FoundationEssentials
import Glibc
import Processes
import Synchronization
import TestSupport
import Testing

/// Where the drills of one test make their scratch servers; gone with all it holds when the test is over.
final class DrillPlace {
    private static let numbers = Atomic<Int>(0)

    /// Short enough for a socket's path below it.
    let path: String

    init(_ instance: OpsInstance) throws {
        path = "/tmp/drill-\(getpid())-\(Self.numbers.add(1, ordering: .relaxed).newValue)"
        // The server's user must pass it.
        guard mkdir(path, 0o755) == 0 else { throw TestProblem("cannot make \(path): errno \(errno)") }
        instance.environment["INFISICAL_OPS_DRILL_FOLDER"] = .plain(path)
    }

    deinit {
        removeKept()
        rmdir(path)
    }

    /// What lies in it.
    var names: [String] {
        get throws { try FileManager.default.contentsOfDirectory(atPath: path).sorted() }
    }

    /// The processes that work in it: those of scratch servers.
    var processes: [Int32] {
        get throws {
            try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap { name in
                guard let process = Int32(name) else { return nil }
                // One that has ended meanwhile works nowhere.
                let place = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(name)/cwd")
                return place?.hasPrefix(path + "/") == true ? process : nil
            }
        }
    }

    /// Records an issue if a drill left anything behind.
    func expectNothing(sourceLocation: SourceLocation = #_sourceLocation) throws {
        for _ in 0..<400 where try !processes.isEmpty { usleep(5_000) }
        let left = try (names, processes)
        #expect(left.0 == [] && left.1 == [], sourceLocation: sourceLocation)
    }

    /// Ends what was kept and removes it.
    func removeKept() {
        do {
            for process in try processes { kill(process, SIGKILL) }
            for _ in 0..<400 where try !processes.isEmpty { usleep(5_000) }
            for name in try names { try FileManager.default.removeItem(atPath: "\(path)/\(name)") }
        } catch { print("\(path) could not be emptied: \(error)") }
    }
}
