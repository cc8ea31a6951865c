import DurableFiles
package import Faults

/// Why keys were not copied to a file.
package enum KeyCopyFault: Fault, Equatable {
    /// Something is there already, which may be the only copy of a key.
    case exists(path: String)

    /// Runs what writes a new file.
    ///
    /// - Throws: `exists` where there is something under its name, before it runs as well as after.
    static func refusing(_ path: String, _ files: Files, _ body: () throws -> Void) throws {
        if try files.status(path) != nil { throw KeyCopyFault.exists(path: path) }
        do { try body() } catch FileFault.exists { throw KeyCopyFault.exists(path: path) }
    }

    package var code: String { "file.exists" }

    package var message: String {
        switch self {
        case .exists(let path): "\(path) already exists and was not replaced; nothing was written"
        }
    }

    package var hints: [Hint] {
        switch self {
        case .exists(let path):
            [
                .command(["ls", "-ld", path]),
                .check("give another name; what is there may be the only copy of a key"),
            ]
        }
    }

    package var exit: ExitCode { .refused }
}
