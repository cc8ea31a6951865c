package import Effects
import Glibc

/// Who holds an exclusive lock, as it wrote into the lock's file. Information only: the lock itself is the kernel's.
package struct LockHolder: Sendable, Equatable, CustomStringConvertible {
    package let process: Int32
    package let host: String
    package let since: Timestamp
    /// What it does, such as `infisical-ops prune`.
    package let command: String

    package init(process: Int32, host: String, since: Timestamp, command: String) {
        self.process = process
        self.host = host
        self.since = since
        self.command = command
    }

    package var description: String {
        "process \(process) on \(host) (\(command)), since \(since.iso8601)"
    }

    /// This process.
    static func current(command: String, clock: any Clock) -> LockHolder {
        LockHolder(process: getpid(), host: LockHolder.hostName, since: clock.now(), command: command)
    }

    /// Four lines: process, host, moment, command.
    var text: String { "\(process)\n\(host)\n\(since.iso8601)\n\(command)\n" }

    /// Reads what `text` wrote; nil for anything else, and for a process of this host that is gone.
    init?(text: String) {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        guard lines.count == 5, let process = Int32(lines[0]), let since = Timestamp(iso8601: lines[2]) else {
            return nil
        }
        self.init(process: process, host: lines[1], since: since, command: lines[3])
        if host == LockHolder.hostName, kill(process, 0) == -1, errno == ESRCH { return nil }
    }

    private static var hostName: String {
        var buffer = [CChar](repeating: 0, count: 256)
        gethostname(&buffer, buffer.count - 1)
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
