import Glibc

/// The process that made a container, as the container's label says it: a number, the moment at which the process with
/// that number began, because numbers are used again, the name space in which it has the number, and the run of the
/// kernel, because the first name space has the same number on every machine.
struct DrillOwner: Equatable {
    let process: Int32
    /// In ticks since the machine started; from /proc.
    let began: String
    /// The number of its name space of processes; from /proc.
    let space: String
    /// The beginning of the number that the kernel gave itself when the machine started; from /proc.
    let boot: String

    init(process: Int32, began: String, space: String, boot: String) {
        self.process = process
        self.began = began
        self.space = space
        self.boot = boot
    }

    /// Nil for a text that is none: whose container that is nobody knows.
    init?(text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 4, let process = Int32(parts[0]), process > 0, !parts.contains("") else { return nil }
        self.init(process: process, began: parts[1], space: parts[2], boot: parts[3])
    }

    static var own: DrillOwner {
        DrillOwner(process: getpid(), began: beginning(of: getpid()) ?? "", space: ownSpace, boot: ownBoot)
    }

    var text: String { "\(process)-\(began)-\(space)-\(boot)" }

    /// Whether it is known to have ended. Of another name space, or another machine, that is not seen from here; and a
    /// process of another user may not be shown, which does not mean that it is gone.
    var isGone: Bool {
        guard space == DrillOwner.ownSpace, boot == DrillOwner.ownBoot else { return false }
        if kill(process, 0) == -1, errno == ESRCH { return true }
        guard let found = DrillOwner.beginning(of: process) else { return false }
        return found != began
    }

    /// Whether it is of this machine before its last start, or of another machine.
    var isOfOtherBoot: Bool { space == DrillOwner.ownSpace && boot != DrillOwner.ownBoot }

    /// Of `4f1c0a52-…` the first twelve digits.
    private static var ownBoot: String {
        let text = String(decoding: content(of: "/proc/sys/kernel/random/boot_id") ?? [], as: UTF8.self)
        return String(text.filter(\.isHexDigit).prefix(12))
    }

    /// Of `pid:[4026531836]` the number.
    private static var ownSpace: String {
        var target = [CChar](repeating: 0, count: 64)
        let count = readlink("/proc/self/ns/pid", &target, target.count)
        let text = String(decoding: target[..<max(0, count)].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return text.filter { ("0"..."9").contains($0) }
    }

    /// The twenty-second word of /proc/N/stat, counted behind the program's name, which may hold anything.
    private static func beginning(of process: Int32) -> String? {
        guard let bytes = content(of: "/proc/\(process)/stat") else { return nil }
        let text = String(decoding: bytes, as: UTF8.self)
        guard let end = text.lastIndex(of: ")") else { return nil }
        let words = text[text.index(after: end)...].split(separator: " ")
        return words.count > 19 ? String(words[19]) : nil
    }

    /// Of a short file of /proc; nil where it cannot be read.
    private static func content(of path: String) -> [UInt8]? {
        guard let file = fopen(path, "re") else { return nil }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = fread(&bytes, 1, bytes.count, file)
        return Array(bytes[..<count])
    }
}
