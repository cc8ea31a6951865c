/// A growing buffer for bytes that must not be seen; every block that it outgrows is zeroed.
package final class SecretBuffer {
    private var block: UnsafeMutableRawBufferPointer
    package private(set) var count = 0

    package init(capacity: Int = 64) {
        block = .allocate(byteCount: max(capacity, 16), alignment: 16)
    }

    deinit {
        Secret.zero(block)
        block.deallocate()
    }

    package func append(_ byte: UInt8) {
        grow(by: 1)
        block[count] = byte
        count += 1
    }

    package func append(_ bytes: UnsafeRawBufferPointer) {
        if bytes.isEmpty { return }
        grow(by: bytes.count)
        UnsafeMutableRawBufferPointer(rebasing: block[count..<count + bytes.count]).copyMemory(from: bytes)
        count += bytes.count
    }

    package func append(_ secret: Secret) { secret.withBytes { append($0) } }

    /// Empties it; what was there is zeroed.
    package func removeAll() {
        Secret.zero(UnsafeMutableRawBufferPointer(rebasing: block[..<count]))
        count = 0
    }

    /// Lends what is in the buffer.
    package func withBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(UnsafeRawBufferPointer(rebasing: block[..<count]))
    }

    /// The content as a secret of its own.
    package func secret() -> Secret { withBytes { Secret(copying: $0) } }

    private func grow(by added: Int) {
        if count + added <= block.count { return }
        let larger = UnsafeMutableRawBufferPointer.allocate(
            byteCount: max(block.count * 2, count + added), alignment: 16)
        larger.copyMemory(from: UnsafeRawBufferPointer(rebasing: block[..<count]))
        Secret.zero(block)
        block.deallocate()
        block = larger
    }
}
