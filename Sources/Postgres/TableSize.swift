/// How large a table is on disk.
package struct TableSize: Sendable, Hashable {
    /// Blocks of rows.
    package let heap: UInt32
    /// Blocks of the long values that PostgreSQL keeps apart from their rows (TOAST).
    package let toast: UInt32

    package init(heap: UInt32, toast: UInt32) {
        self.heap = heap
        self.toast = toast
    }

    /// Blocks of both.
    package var blocks: Int { Int(heap) + Int(toast) }
}
