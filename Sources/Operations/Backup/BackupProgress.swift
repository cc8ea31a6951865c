package import Synchronization

/// Figures of a running backup or restore, which a renderer may read at any time.
package final class BackupProgress: Sendable {
    /// Bytes of COPY streams read or written so far.
    package let bytes = Atomic<Int>(0)
    package let rows = Atomic<Int>(0)
    /// Expected bytes, as far as the sizes on disk tell; 0 while unknown.
    package let expected = Atomic<Int>(0)
    /// What is being done, where that is not the reading or writing of rows; nil for these.
    package let phase = Mutex<String?>(nil)
    package init() {}

    /// For an attempt that starts over.
    func reset() {
        bytes.store(0, ordering: .relaxed)
        rows.store(0, ordering: .relaxed)
        expected.store(0, ordering: .relaxed)
    }
}
