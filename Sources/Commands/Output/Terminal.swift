import DurableFiles
import Effects
import Glibc
import Secrets

/// What the terminal can do.
enum Terminal {
    static var isInteractive: Bool { isatty(0) == 1 && isatty(2) == 1 }

    static var hostName: String {
        var buffer = [CChar](repeating: 0, count: 256)
        guard gethostname(&buffer, buffer.count - 1) == 0 else { return "unknown" }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Columns of the terminal; 80 where there is none.
    static var width: Int {
        var size = winsize()
        guard ioctl(1, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 20 else { return 80 }
        return min(Int(size.ws_col), 120)
    }

    /// Writes all of a text.
    ///
    /// - Returns: the system's error number if that failed. Of progress and questions nobody is left to tell; what a
    ///   run comes to goes through `Output`, which remembers it.
    @discardableResult
    static func write(_ text: String, to descriptor: Int32) -> Errno? {
        let bytes = Array(text.utf8)
        var offset = 0
        while offset < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.write(descriptor, $0.baseAddress?.advanced(by: offset), $0.count - offset)
            }
            if count > 0 {
                offset += count
                continue
            }
            switch errno {
            case EINTR: continue
            case EAGAIN:
                // Whoever gave us this stream made it one that does not wait.
                var ready = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                poll(&ready, 1, -1)
            default: return Errno(errno)
            }
        }
        return nil
    }

    static func confirm(_ question: String) -> Bool {
        write("\(question) [y/N] ", to: 2)
        return ["y", "yes"].contains(readLine()?.lowercased() ?? "")
    }
}

/// Asks for the passphrase of a sealed identity file, or takes it from where `INFISICAL_OPS_PASSPHRASE_FILE` says.
enum Passphrase {
    static func ask(file: String, effects: Effects) throws -> Secret? {
        if let path = getenv("INFISICAL_OPS_PASSPHRASE_FILE") {
            return try Files(effects: effects).readSecret(String(cString: path), limit: 4096).trimmed()
        }
        guard Terminal.isInteractive else { return nil }
        var before = termios()
        guard tcgetattr(0, &before) == 0 else { return nil }
        var silent = before
        silent.c_lflag &= ~tcflag_t(ECHO)
        tcsetattr(0, TCSAFLUSH, &silent)
        defer { tcsetattr(0, TCSAFLUSH, &before) }
        Terminal.write("Passphrase of \(file): ", to: 2)
        var bytes = Array((readLine() ?? "").utf8)
        Terminal.write("\n", to: 2)
        return Secret(consuming: &bytes)
    }
}
