package import Effects
import Glibc

extension ProcessRunner {
    /// Becomes another program, with this process's environment, folder and streams; every other descriptor is closed.
    ///
    /// - Returns: why it did not come to that.
    package func replaceProcess(with command: [String]) -> Errno {
        guard let first = command.first, let path = find(first) else { return Errno(ENOENT) }
        var list = CStrings()
        for word in command where !list.append(word) { return Errno(EINVAL) }
        for number in 3..<Int32(clamping: sysconf(Int32(_SC_OPEN_MAX))) where number < 1024 {
            _ = fcntl(number, F_SETFD, FD_CLOEXEC)
        }
        // What this program ignores, the other would ignore as well.
        signal(SIGPIPE, SIG_DFL)
        list.withPointers { _ = execv(path, $0) }
        return Errno(Glibc.errno)
    }
}
