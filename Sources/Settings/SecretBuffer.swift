import Secrets

/// A growing buffer for bytes that must not be seen; every block that it outgrows is zeroed.
final class SecretBuffer {
    private var block: UnsafeMutableRawBufferPointer
    private(set) var count = 0

    init(capacity: Int = 64) {
        block = .allocate(byteCount: max(capacity, 16), alignment: 16)
    }

    deinit {
        Secret.zero(block)
        block.deallocate()
    }

    func append(_ byte: UInt8) {
        grow(by: 1)
        block[count] = byte
        count += 1
    }

    func append(_ bytes: UnsafeRawBufferPointer) {
        if bytes.isEmpty { return }
        grow(by: bytes.count)
        UnsafeMutableRawBufferPointer(rebasing: block[count..<count + bytes.count]).copyMemory(from: bytes)
        count += bytes.count
    }

    func append(_ secret: Secret) { secret.withBytes { append($0) } }

    /// Lends what is in the buffer.
    func withBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(UnsafeRawBufferPointer(rebasing: block[..<count]))
    }

    /// The content as a secret of its own.
    func secret() -> Secret { withBytes { Secret(copying: $0) } }

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
