import Age
import Secrets
import Testing

func secret(_ text: String) -> Secret {
    var bytes = Array(text.utf8)
    return Secret(consuming: &bytes)
}

func secret(_ bytes: [UInt8]) -> Secret { bytes.withUnsafeBytes { Secret(copying: $0) } }

func array(_ secret: Secret) -> [UInt8] { secret.withBytes { Array($0) } }

/// Content of a size that repeats neither within a chunk nor from chunk to chunk.
func content(_ count: Int) -> [UInt8] {
    var state: UInt64 = 0x9e37_79b9_7f4a_7c15
    return [UInt8](unsafeUninitializedCapacity: count) { target, filled in
        for index in 0..<count {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            target[index] = UInt8(truncatingIfNeeded: state >> 56)
        }
        filled = count
    }
}

extension Age {
    /// Content sealed and opened as plain bytes.
    static func seal(_ content: [UInt8], to recipients: [AgeRecipient], armored: Bool = false) throws -> [UInt8] {
        try content.withUnsafeBytes { try seal($0, to: recipients, armored: armored) }
    }

    static func content(_ file: [UInt8], _ identities: [AgeIdentity]) throws -> [UInt8] {
        array(try open(file, identities: identities))
    }
}

/// The fault that something ends with; nil if it does not.
func fault(_ body: () throws -> Void) throws -> AgeFault? {
    do {
        try body()
        return nil
    } catch let fault as AgeFault { return fault }
}

/// Gives a file out in pieces, as a pipe does.
final class Source {
    private let file: [UInt8]
    private let piece: Int
    private(set) var at = 0

    init(_ file: [UInt8], piece: Int) {
        self.file = file
        self.piece = piece
    }

    func read(into target: UnsafeMutableRawBufferPointer) -> Int {
        let count = min(target.count, file.count - at, piece)
        target.copyBytes(from: file[at..<at + count])
        at += count
        return count
    }
}

/// Everything a reader hands out, read with a buffer of a size.
func readAll(_ reader: AgeReader, buffer size: Int = 50_000) throws -> [UInt8] {
    var content: [UInt8] = [], buffer = [UInt8](repeating: 0, count: size)
    while true {
        let count = try buffer.withUnsafeMutableBytes { try reader.read(into: $0) }
        if count == 0 { return content }
        content += buffer[..<count]
    }
}

/// A file written by `AgeWriter` in pieces.
func written(_ content: [UInt8], to recipients: [AgeRecipient], piece: Int) throws -> [UInt8] {
    var file: [UInt8] = []
    let writer = try AgeWriter(AgeSealer(recipients)) { file += $0 }
    for start in stride(from: 0, to: content.count, by: piece) {
        try content[start..<min(start + piece, content.count)].withUnsafeBytes { try writer.write($0) }
    }
    try writer.finish()
    return file
}
