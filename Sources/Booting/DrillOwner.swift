import Glibc

/// The process that made a container, as the container's label says it: a number, and the moment at which the process
/// with that number began, because numbers are used again.
struct DrillOwner: Equatable {
    let process: Int32
    /// In ticks since the machine started; from /proc.
    let began: String

    init(process: Int32, began: String) {
        self.process = process
        self.began = began
    }

    /// Nobody for a text that is none.
    init(text: String) {
        let parts = text.split(separator: "-")
        self.init(process: parts.first.flatMap { Int32($0) } ?? 0, began: parts.count == 2 ? String(parts[1]) : "")
    }

    static var own: String { "\(getpid())-\(beginning(of: getpid()) ?? "")" }

    var isRunning: Bool { process > 0 && DrillOwner.beginning(of: process) == began }

    /// The twenty-second word of /proc/N/stat, counted behind the program's name, which may hold anything.
    private static func beginning(of process: Int32) -> String? {
        guard let file = fopen("/proc/\(process)/stat", "re") else { return nil }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = fread(&bytes, 1, bytes.count, file)
        let text = String(decoding: bytes[..<count], as: UTF8.self)
        guard let end = text.lastIndex(of: ")") else { return nil }
        let words = text[text.index(after: end)...].split(separator: " ")
        return words.count > 19 ? String(words[19]) : nil
    }
}
