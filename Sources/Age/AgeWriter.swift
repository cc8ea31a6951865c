import Crypto
import Secrets

/// Writes an age file piece by piece in constant memory: content goes in, the file comes out of `sink`.
package final class AgeWriter {
    private let sink: (UnsafeRawBufferPointer) throws -> Void
    private var payload: AgePayload
    private let chunk: UnsafeMutableRawBufferPointer
    private let sealed: UnsafeMutableRawBufferPointer
    private var filled = 0
    // Also after a failure: a chunk that did not get out would be missing from all that follows.
    private var isFinished = false

    /// Writes the header. The file is complete only after `finish`; without it, readers find it truncated. Once `sink`
    /// has thrown, nothing more is written.
    package init(_ sealer: AgeSealer, sink: @escaping (UnsafeRawBufferPointer) throws -> Void) throws {
        let begun: (header: [UInt8], fileKey: Secret), nonce: [UInt8]
        do throws(CryptoFault) {
            begun = try sealer.begin()
            nonce = try Random.bytes(count: AgePayload.nonceSize)
            payload = try AgePayload(fileKey: begun.fileKey, nonce: nonce)
        } catch { throw AgeFault.crypto(error) }
        self.sink = sink
        chunk = .allocate(byteCount: AgePayload.chunkSize, alignment: 64)
        sealed = .allocate(byteCount: AgePayload.sealedChunkSize, alignment: 64)
        try begun.header.withUnsafeBytes(sink)
        try nonce.withUnsafeBytes(sink)
    }

    deinit {
        Secret.zero(chunk)
        chunk.deallocate()
        sealed.deallocate()
    }

    package func write(_ bytes: UnsafeRawBufferPointer) throws {
        guard !isFinished else { throw AgeFault.finished }
        var rest = bytes
        while !rest.isEmpty {
            // A full chunk waits for what follows: the last chunk is sealed differently.
            if filled == chunk.count { try flush(isLast: false) }
            let count = min(rest.count, chunk.count - filled)
            UnsafeMutableRawBufferPointer(rebasing: chunk[filled...]).copyMemory(
                from: UnsafeRawBufferPointer(rebasing: rest[..<count]))
            filled += count
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        }
    }

    /// Writes the last chunk.
    package func finish() throws {
        guard !isFinished else { throw AgeFault.finished }
        try flush(isLast: true)
    }

    private func flush(isLast: Bool) throws {
        isFinished = true
        let content = UnsafeRawBufferPointer(rebasing: chunk[..<filled])
        do throws(CryptoFault) { try payload.seal(content, isLast: isLast, into: sealed) } catch {
            throw AgeFault.crypto(error)
        }
        let size = filled + ChaChaPoly.tagSize
        filled = 0
        try sink(UnsafeRawBufferPointer(rebasing: sealed[..<size]))
        isFinished = isLast
    }
}
