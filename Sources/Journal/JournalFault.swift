package import DurableFiles
package import Faults

/// What can go wrong with a journal.
package enum JournalFault: Fault, Equatable {
    case file(FileFault)
    /// It is another kind of file, or a journal of something else.
    case otherKind(path: String)
    /// A line in its middle is not what was written there; lines are counted from 1.
    case damaged(path: String, line: Int)

    package var code: String {
        switch self {
        case .file(let fault): fault.code
        case .otherKind: "journal.other-kind"
        case .damaged: "journal.damaged"
        }
    }

    package var message: String {
        switch self {
        case .file(let fault): fault.message
        case .otherKind(let path): "\(path) is not the journal that belongs there"
        case .damaged(let path, let line):
            "the journal \(path) is damaged at line \(line): it was changed, or its disk lost data"
        }
    }

    package var hints: [Hint] {
        switch self {
        case .file(let fault): fault.hints
        case .otherKind(let path), .damaged(let path, _):
            [
                .command(["cat", path]),
                .check("without it, what was begun has to be finished by hand; move the file away when that is done"),
            ]
        }
    }

    package var exit: ExitCode {
        switch self {
        case .file(let fault): fault.exit
        case .otherKind, .damaged: .refused
        }
    }
}
