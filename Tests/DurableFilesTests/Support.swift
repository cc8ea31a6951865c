import DurableFiles
import Effects
import Glibc
import TestSupport
import Testing

/// The file system without an observer, or with one.
func files(_ observer: (any EffectObserver)? = nil) -> Files {
    Files(effects: Effects(observer: observer))
}

/// Expects a fault of one code.
func expectFault(
    _ code: String, _ location: SourceLocation = #_sourceLocation, _ body: () throws -> Void
) {
    do {
        try body()
        Issue.record("nothing was thrown; \(code) was expected", sourceLocation: location)
    } catch let fault as FileFault {
        #expect(fault.code == code, sourceLocation: location)
        #expect(!fault.hints.isEmpty, sourceLocation: location)
    } catch {
        Issue.record(error, sourceLocation: location)
    }
}

/// A file system of its own in a folder; unmounted at the end. A machine where it cannot be mounted fails the test.
final class Mount {
    let path: String

    init(_ path: String, options: String) throws {
        self.path = path
        guard mkdir(path, 0o700) == 0, mount("none", path, "tmpfs", 0, options) == 0 else {
            throw TestProblem("cannot mount a tmpfs (\(options)) on \(path): errno \(errno)")
        }
    }

    func makeReadOnly() throws {
        guard mount("none", path, "tmpfs", UInt(MS_REMOUNT | MS_RDONLY), nil) == 0 else {
            throw TestProblem("cannot remount \(path) read-only: errno \(errno)")
        }
    }

    deinit { umount2(path, Int32(MNT_DETACH)) }
}

extension Files {
    /// The content of a file as text; nil if there is none.
    func text(_ path: String) throws -> String? {
        try status(path) == nil ? nil : String(decoding: read(path, limit: 1 << 20), as: UTF8.self)
    }

    /// The names in a folder that are not temporary.
    func finished(_ folder: String) throws -> [String] {
        try list(folder).map(\.name).filter { !Files.isTemporary($0) }
    }
}

/// Does an operation in a process of its own under a umask, which belongs to the whole process.
func victim(_ operation: String, _ path: String, umask: String) throws {
    let script = "umask \(umask); exec \"$0\" none 0 \"$1\" \"$2\" text"
    let child = try ChildProcess("/bin/sh", ["-c", script, ChildProcess.built("file-victim"), operation, path])
    #expect(child.wait() == .exited(0))
}

/// Whether something throws.
func fails(_ body: () throws -> Void) -> Bool {
    do {
        try body()
        return false
    } catch { return true }
}

extension FailingObserver.Kind {
    /// Those that do not end the process.
    static let failing: [FailingObserver.Kind] = [.failsBefore, .failsAfter]
}
