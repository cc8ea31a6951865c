import CLinux
import Glibc

/// A child process of a test, with pipes on its standard input and output; errors go where the test's go.
package final class ChildProcess {
    /// How a child ended.
    package enum End: Equatable, Sendable {
        case exited(Int32)
        case killed(Int32)
    }

    package let id: Int32
    private var input: Int32
    private let output: Int32
    private var end: End?

    package init(_ executable: String, _ arguments: [String]) throws {
        var toChild: [Int32] = [-1, -1], fromChild: [Int32] = [-1, -1]
        guard clinux_pipe(&toChild) == 0, clinux_pipe(&fromChild) == 0 else {
            throw TestProblem("no pipe: errno \(errno)")
        }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, toChild[0], 0)
        posix_spawn_file_actions_adddup2(&actions, fromChild[1], 1)
        var child = pid_t()
        var strings = ([executable] + arguments).map { strdup($0) } + [nil]
        let code = posix_spawnp(&child, executable, &actions, nil, &strings, environ)
        for string in strings { free(string) }
        close(toChild[0])
        close(fromChild[1])
        (id, input, output) = (child, toChild[1], fromChild[0])
        guard code == 0 else { throw TestProblem("cannot start \(executable): errno \(code)") }
    }

    /// One of the test executables.
    package convenience init(built name: String, _ arguments: [String]) throws {
        try self.init(ChildProcess.built(name), arguments)
    }

    /// The path of a test executable; they are built beside the tests.
    package static func built(_ name: String) -> String {
        let runner = linkTarget("/proc/self/exe") ?? ""
        return runner.split(separator: "/").dropLast().reduce("") { $0 + "/" + $1 } + "/" + name
    }

    deinit {
        if end == nil {
            kill(id, SIGKILL)
            _ = wait()
        }
        close(output)
    }

    /// Reads what it wrote, until a line end or its end.
    package func readLine() -> String {
        var line: [UInt8] = []
        var byte: UInt8 = 0
        while read(output, &byte, 1) == 1, byte != UInt8(ascii: "\n") { line.append(byte) }
        return String(decoding: line, as: UTF8.self)
    }

    package func writeLine(_ text: String) {
        let bytes = Array((text + "\n").utf8)
        _ = write(input, bytes, bytes.count)
    }

    package func closeInput() {
        if input != -1 { close(input) }
        input = -1
    }

    package func send(_ signal: Int32) { kill(id, signal) }

    /// Closes its input and waits for its end.
    package func wait() -> End {
        if let end { return end }
        closeInput()
        var status: Int32 = 0
        while waitpid(id, &status, 0) == -1 && errno == EINTR {}
        let found: End = status & 0x7f == 0 ? .exited(status >> 8 & 0xff) : .killed(status & 0x7f)
        end = found
        return found
    }
}

/// What a symbolic link points to; nil if it is none.
package func linkTarget(_ path: String) -> String? {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 4096) { buffer in
        guard let start = buffer.baseAddress else { return nil }
        let count = readlink(path, start, buffer.count)
        return count < 0 ? nil : String(decoding: UnsafeRawBufferPointer(start: start, count: count), as: UTF8.self)
    }
}
