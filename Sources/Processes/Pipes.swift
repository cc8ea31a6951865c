import CLinux
import Effects
import Glibc

/// The descriptors made for one start. The child's ends are closed here when it goes, ours as well unless the start
/// came to something.
final class Pipes {
    /// One stream: the child's end (-1 for `/dev/null`) and ours (-1 if there is none).
    struct Ends {
        var child: Int32 = -1
        var ours: Int32 = -1
    }

    private let program: String
    private var childs: [Int32] = []
    private var ours: [Int32] = []

    init(program: String) { self.program = program }

    deinit {
        for descriptor in childs + ours { close(descriptor) }
    }

    /// Leaves our ends to somebody who closes them.
    func keepOurs() { ours = [] }

    func input(_ input: CommandSpec.Input) throws(ProcessFault) -> Ends {
        switch input {
        case .null: Ends()
        case .descriptor(let descriptor): try copy(descriptor)
        case .bytes, .secret, .pipe: try make(childReads: true)
        }
    }

    func output(_ output: CommandSpec.Output) throws(ProcessFault) -> Ends {
        switch output {
        case .null: Ends()
        case .descriptor(let descriptor): try copy(descriptor)
        case .collected, .tail, .pipe: try make(childReads: false)
        }
    }

    func errors(_ errors: CommandSpec.Errors, beside output: Ends) throws(ProcessFault) -> Ends {
        switch errors {
        case .withOutput: output.child == -1 ? Ends() : try copy(output.child)
        case .null: Ends()
        case .descriptor(let descriptor): try copy(descriptor)
        case .tail: try make(childReads: false)
        }
    }

    private func make(childReads: Bool) throws(ProcessFault) -> Ends {
        var pair: [Int32] = [-1, -1]
        guard clinux_pipe(&pair) == 0 else { throw .cannotStart(program: program, folder: nil, Errno(errno)) }
        let raw = childReads ? Ends(child: pair[0], ours: pair[1]) : Ends(child: pair[1], ours: pair[0])
        ours.append(raw.ours)
        defer { close(raw.child) }
        // Only our end: the flag belongs to the end of the pipe, and programs do not expect it on theirs.
        _ = fcntl(raw.ours, F_SETFL, O_NONBLOCK)
        return Ends(child: try copy(raw.child).child, ours: raw.ours)
    }

    /// A copy above the numbers of the three streams, so that putting one in its place never overwrites another.
    private func copy(_ descriptor: Int32) throws(ProcessFault) -> Ends {
        let copied = fcntl(descriptor, F_DUPFD_CLOEXEC, 3)
        guard copied != -1 else { throw .cannotStart(program: program, folder: nil, Errno(errno)) }
        childs.append(copied)
        return Ends(child: copied)
    }
}
