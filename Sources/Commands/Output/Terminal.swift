import Arguments
import Effects
import Glibc

/// What the terminal can do.
enum Terminal {
    static var isInteractive: Bool { isatty(0) == 1 && isatty(2) == 1 }

    static var hostName: String {
        var buffer = [CChar](repeating: 0, count: 256)
        guard gethostname(&buffer, buffer.count - 1) == 0 else { return "unknown" }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Columns that text is laid out for; 80 where there is no terminal.
    static var width: Int { min(columns(of: 1), 120) }

    /// Columns of the terminal behind a stream; 80 where there is none, or it does not say.
    static func columns(of descriptor: Int32) -> Int {
        var size = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }

    /// Whether the terminal obeys control sequences.
    static var hasControls: Bool {
        guard let kind = getenv("TERM").map({ String(cString: $0) }) else { return true }
        return kind != "dumb" && kind != ""
    }

    /// A line as the terminal behind a stream shows it: broken at words, later lines set in. Whatever a person may copy as a
    /// whole, such as a command, stays in one piece; so does everything that does not go to a terminal.
    static func laidOut(_ line: String, to descriptor: Int32) -> String {
        guard isatty(descriptor) == 1, !line.contains("run: ") else { return line }
        return TextLayout.broken(line, width: columns(of: descriptor)).joined(separator: "\n")
    }

    /// Writes all of a text.
    ///
    /// - Returns: the system's error number if that failed. Of progress and questions nobody is left to tell; what a
    ///   run comes to goes through `Output`, which remembers it.
    @discardableResult
    static func write(_ text: String, to descriptor: Int32) -> Errno? {
        Array(text.utf8).withUnsafeBytes { write($0, to: descriptor) }
    }

    /// The same for bytes.
    static func write(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) -> Errno? {
        var offset = 0
        while offset < bytes.count {
            let count = Glibc.write(descriptor, bytes.baseAddress?.advanced(by: offset), bytes.count - offset)
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
}
