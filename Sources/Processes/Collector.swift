import Effects
import Glibc

/// Our end of a pipe that a child writes to, and what is kept of it.
struct Collector: ~Copyable {
    enum Policy {
        /// The caller reads.
        case handedOut
        case all(limit: Int)
        case tail(limit: Int)
        case nothing
    }

    /// -1 when there is no pipe, or it has come to its end.
    private(set) var descriptor: Int32
    var policy: Policy
    private(set) var bytes: [UInt8] = []
    private(set) var isCut = false
    private var scratch: [UInt8] = []

    init(descriptor: Int32, policy: Policy) {
        self.descriptor = descriptor
        self.policy = policy
    }

    deinit { if descriptor != -1 { Glibc.close(descriptor) } }

    /// Whether it is read without the caller's doing.
    var isCollected: Bool {
        if case .handedOut = policy { false } else { descriptor != -1 }
    }

    mutating func close() {
        if descriptor != -1 { Glibc.close(descriptor) }
        descriptor = -1
    }

    /// Takes what is there, at most 64 KiB, and keeps it as the policy says.
    ///
    /// - Returns: the limit, if more came than it allows.
    mutating func collect(program: String, effects: Effects) throws(ProcessFault) -> Int? {
        if scratch.isEmpty { scratch = [UInt8](repeating: 0, count: 65536) }
        let source = descriptor
        let result = scratch.withUnsafeMutableBytes { buffer in
            effects.call(.read, program) { read(source, buffer.baseAddress, buffer.count) }
        }
        let count: Int
        switch result {
        case .success(let number): count = number
        case .failure(Errno(EAGAIN)): return nil
        case .failure(let error): throw .broken(program: program, error)
        }
        if count == 0 { close() }
        switch policy {
        case .handedOut, .nothing: break
        case .all(let limit):
            if bytes.count + count > limit { return limit }
            bytes.append(contentsOf: scratch[..<count])
        case .tail(let limit):
            bytes.append(contentsOf: scratch[..<count])
            // Cutting only at twice the limit keeps the moving of bytes rare.
            if bytes.count > 2 * limit { cut(to: limit) }
        }
        return nil
    }

    /// What was kept, at its end.
    mutating func take() -> [UInt8] {
        if case .tail(let limit) = policy, bytes.count > limit { cut(to: limit) }
        return bytes
    }

    private mutating func cut(to limit: Int) {
        bytes.removeFirst(bytes.count - limit)
        isCut = true
    }
}

extension Collector.Policy {
    init(_ output: CommandSpec.Output) {
        switch output {
        case .collected(let limit): self = .all(limit: limit)
        case .tail(let limit): self = .tail(limit: limit)
        case .pipe: self = .handedOut
        case .null, .descriptor: self = .nothing
        }
    }

    init(_ errors: CommandSpec.Errors) {
        if case .tail(let limit) = errors { self = .tail(limit: limit) } else { self = .nothing }
    }
}
