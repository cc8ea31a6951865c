import Crypto
import Secrets

/// Reads an age file (binary, not armored) piece by piece in constant memory. Content is handed out chunk by chunk,
/// each proven authentic; only the end of the file, `read` returning 0, proves that it is all of it.
package final class AgeReader {
    private let source: (UnsafeMutableRawBufferPointer) throws -> Int
    private var payload: AgePayload
    // One byte more than a chunk, because only what follows it tells whether it is the last.
    private let sealed: UnsafeMutableRawBufferPointer
    private var sealedCount = 0
    private let content: UnsafeMutableRawBufferPointer
    private var available: Range<Int> = 0..<0
    private var isAtEnd = false
    // A file that failed once stays failed.
    private var fault: AgeFault?

    /// Reads the header and finds the file key.
    ///
    /// - Parameter source: fills the start of the buffer it is given and returns how many bytes, 0 at the end.
    package init(_ opener: AgeOpener, source: @escaping (UnsafeMutableRawBufferPointer) throws -> Int) throws {
        var header = AgeHeader(), start: [UInt8] = [], isComplete = false
        var block = [UInt8](repeating: 0, count: 4096)
        let wanted = { header.size + AgePayload.nonceSize }
        while !isComplete || start.count < wanted() {
            let count = try block.withUnsafeMutableBytes(source)
            start += block[..<count]
            if !isComplete { isComplete = try start.withUnsafeBytes { try header.read($0) } }
            if count == 0 {
                if !isComplete { throw start.withUnsafeBytes { AgeHeader.incomplete($0) } }
                break
            }
        }
        let read = header
        let fileKey = try start.withUnsafeBytes {
            try opener.fileKey(read, UnsafeRawBufferPointer(rebasing: $0[..<read.coveredSize]))
        }
        payload = try AgeOpener.payload(fileKey, start[read.size...])
        self.source = source
        sealed = .allocate(byteCount: AgePayload.sealedChunkSize + 1, alignment: 64)
        content = .allocate(byteCount: AgePayload.chunkSize, alignment: 64)
        let rest = start[wanted()...]
        sealed.copyBytes(from: rest)
        sealedCount = rest.count
    }

    deinit {
        Secret.zero(content)
        content.deallocate()
        sealed.deallocate()
    }

    /// Writes the next bytes of content to the start of `target`, as many as there are and fit.
    ///
    /// - Returns: their number; 0 at the proven end of the file (or for an empty `target`).
    package func read(into target: UnsafeMutableRawBufferPointer) throws -> Int {
        if available.isEmpty, !isAtEnd, !target.isEmpty { try fill() }
        let count = min(available.count, target.count)
        let start = available.lowerBound
        target.copyMemory(from: UnsafeRawBufferPointer(rebasing: content[start..<start + count]))
        available = start + count..<available.upperBound
        return count
    }

    /// Opens the next chunk.
    private func fill() throws {
        if let fault { throw fault }
        var hasEnded = false
        while sealedCount < sealed.count, !hasEnded {
            let count = try source(UnsafeMutableRawBufferPointer(rebasing: sealed[sealedCount...]))
            sealedCount += count
            hasEnded = count == 0
        }
        let size = min(sealedCount, AgePayload.sealedChunkSize), isLast = sealedCount == size
        do throws(AgeFault) {
            try payload.open(UnsafeRawBufferPointer(rebasing: sealed[..<size]), isLast: isLast, into: content)
        } catch {
            fault = error
            throw error
        }
        if !isLast { sealed[0] = sealed[size] }
        sealedCount -= size
        isAtEnd = isLast
        available = 0..<size - ChaChaPoly.tagSize
    }
}
