import Glibc

/// The process that made a container, as the container's label says it: a number, the moment at which the process with
/// that number began, because numbers are used again, and the name space in which it has the number.
struct DrillOwner: Equatable {
    let process: Int32
    /// In ticks since the machine started; from /proc.
    let began: String
    /// The number of its name space of processes; from /proc.
    let space: String

    init(process: Int32, began: String, space: String) {
        self.process = process
        self.began = began
        self.space = space
    }

    /// Nil for a text that is none: whose container that is nobody knows.
    init?(text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 3, let process = Int32(parts[0]), process > 0, !parts[1].isEmpty, !parts[2].isEmpty
        else { return nil }
        self.init(process: process, began: parts[1], space: parts[2])
    }

    static var own: DrillOwner {
        DrillOwner(process: getpid(), began: beginning(of: getpid()) ?? "", space: ownSpace)
    }

    var text: String { "\(process)-\(began)-\(space)" }

    /// Whether it has ended. Of another name space that is not seen from here.
    var isGone: Bool { space == DrillOwner.ownSpace && DrillOwner.beginning(of: process) != began }

    /// Of `pid:[4026531836]` the number.
    private static var ownSpace: String {
        var target = [CChar](repeating: 0, count: 64)
        let count = readlink("/proc/self/ns/pid", &target, target.count)
        let text = String(decoding: target[..<max(0, count)].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return text.filter { ("0"..."9").contains($0) }
    }

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
