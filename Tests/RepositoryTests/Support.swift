import Crypto
import Effects
import Repository
import Secrets
import Synchronization
import TestSupport
import Testing

/// Bytes that zstd cannot make smaller (up to 128 KiB; then they repeat), the same ones for the same seed.
func noise(_ count: Int, _ seed: UInt8 = 1) -> [UInt8] {
    var state = UInt64(seed) &* 0x9E37_79B9_7F4A_7C15 | 1
    let block = (0..<min(count, 128 << 10)).map { _ in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return UInt8(truncatingIfNeeded: state >> 56)
    }
    var bytes = block
    while bytes.count < count { bytes += block.prefix(count - bytes.count) }
    return bytes
}

/// Runs a shell script with arguments `$0`, `$1` …, which must succeed.
func shell(_ script: String, _ arguments: String..., sourceLocation: SourceLocation = #_sourceLocation) throws {
    let child = try ChildProcess("/bin/sh", ["-euc", script] + arguments)
    try #require(child.wait() == .exited(0), "\(script) \(arguments)", sourceLocation: sourceLocation)
}

/// Whether a shell script with arguments `$0`, `$1` … succeeds.
func succeeds(_ script: String, _ arguments: String...) throws -> Bool {
    try ChildProcess("/bin/sh", ["-euc", "(\(script)) 2>/dev/null >&2"] + arguments).wait() == .exited(0)
}

extension Signer {
    /// A signer that nobody knows.
    static func stranger() throws -> Signer { try Signer(seed: try Random.secret(count: 32)) }
}

extension Secret {
    /// A secret for tests only.
    static func testing(_ text: String) -> Secret {
        var bytes = Array(text.utf8)
        return Secret(consuming: &bytes)
    }

    var text: String { withBytes { String(decoding: $0, as: UTF8.self) } }
}

/// Counts words from several threads.
final class Tally: Sendable {
    private let words = Mutex<[String: Int]>([:])
    var counts: [String: Int] { words.withLock { $0 } }
    func note(_ word: String) { words.withLock { $0[word, default: 0] += 1 } }
}

/// Does something once, right after an effect that a test chooses: what another process may do at that moment.
final class Meanwhile: EffectObserver {
    private let isMoment: @Sendable (Effect) -> Bool
    private let action: @Sendable () throws -> Void
    private let isDone = Atomic<Bool>(false)

    init(after isMoment: @escaping @Sendable (Effect) -> Bool, _ action: @escaping @Sendable () throws -> Void) {
        self.isMoment = isMoment
        self.action = action
    }

    func before(_ effect: Effect) -> Int32? { nil }

    func after(_ effect: Effect) -> Int32? {
        guard isMoment(effect), !isDone.exchange(true, ordering: .relaxed) else { return nil }
        do { try action() } catch { Issue.record(error) }
        return nil
    }

    var happened: Bool { isDone.load(ordering: .relaxed) }
}
