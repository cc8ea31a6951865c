import Glibc

/// An empty folder of its own for one test, removed with all it holds when the test is over.
package final class TemporaryFolder: Sendable {
    package let path: String

    package convenience init() throws { try self.init(in: TemporaryFolder.root) }

    package init(in root: String) throws {
        var template = Array("\(root)/infisical-ops-test-XXXXXX".utf8CString)
        let made = template.withUnsafeMutableBufferPointer { buffer in buffer.baseAddress.flatMap { mkdtemp($0) } }
        guard let made else { throw TestProblem("cannot make a folder in \(root): errno \(errno)") }
        path = String(cString: made)
    }

    deinit { TemporaryFolder.removeAll(path) }

    /// A path inside.
    package func path(_ name: String) -> String { path + "/" + name }

    /// Removes a file, a link (not what it points to), or a folder with its content.
    private static func removeAll(_ path: String) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFDIR, let stream = opendir(path) else {
            unlink(path)
            return
        }
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { field in
                field.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { removeAll(path + "/" + name) }
        }
        closedir(stream)
        rmdir(path)
    }

    /// A file system in memory, where the machine has one; else the usual place.
    package static var memory: String { access("/dev/shm", W_OK | X_OK) == 0 ? "/dev/shm" : root }

    private static var root: String {
        guard let folder = getenv("TMPDIR") else { return "/tmp" }
        return String(cString: folder)
    }
}

/// Something that keeps a test from being run at all; it fails then.
package struct TestProblem: Error, CustomStringConvertible {
    package let description: String
    package init(_ description: String) { self.description = description }
}
