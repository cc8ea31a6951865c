import CLinux
import Effects
import Glibc
import Secrets

/// Our end of a child's standard input, and what is still to be written to it.
struct Feeder: ~Copyable {
    /// -1 when there is no pipe, or all was written.
    private(set) var descriptor: Int32
    private let source: CommandSpec.Input
    private var offset = 0

    init(descriptor: Int32, source: CommandSpec.Input) {
        self.descriptor = descriptor
        self.source = source
    }

    deinit { if descriptor != -1 { Glibc.close(descriptor) } }

    /// Whether it writes without the caller's doing.
    var isFed: Bool {
        if case .pipe = source { false } else { descriptor != -1 }
    }

    mutating func close() {
        if descriptor != -1 { Glibc.close(descriptor) }
        descriptor = -1
    }

    /// Writes what the pipe takes of the bytes given with the command, and closes it after the last.
    mutating func feed(program: String, effects: Effects) throws(ProcessFault) {
        let start = offset
        let target = descriptor
        let write = { (bytes: UnsafeRawBufferPointer) in
            Feeder.write(UnsafeRawBufferPointer(rebasing: bytes[start...]), to: target, program, effects)
        }
        let (result, count): (Result<Int, Errno>, Int)
        switch source {
        case .bytes(let bytes): (result, count) = (bytes.withUnsafeBytes(write), bytes.count)
        case .secret(let secret): (result, count) = (secret.withBytes(write), secret.count)
        case .null, .descriptor, .pipe: return
        }
        switch result {
        case .success(let written): offset += written
        case .failure(Errno(EAGAIN)): return
        // A program need not read all it is offered; whether that was right its status tells.
        case .failure(Errno(EPIPE)): offset = count
        case .failure(let error): throw .broken(program: program, error)
        }
        if offset == count { close() }
    }

    /// Writes bytes of the caller's.
    ///
    /// - Returns: how many the pipe took.
    func write(
        _ bytes: UnsafeRawBufferPointer, program: String, effects: Effects
    ) -> Result<Int, Errno> {
        Feeder.write(bytes, to: descriptor, program, effects)
    }

    private static func write(
        _ bytes: UnsafeRawBufferPointer, to descriptor: Int32, _ program: String, _ effects: Effects
    ) -> Result<Int, Errno> {
        effects.call(.write, program) { clinux_write_pipe(descriptor, bytes.baseAddress, bytes.count) }
    }
}
