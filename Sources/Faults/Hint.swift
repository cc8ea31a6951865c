/// What to do about a fault.
package enum Hint: Sendable, Equatable {
    /// A command to run, as its argument list. Those of `infisical-ops` are parsed by the real parser in the tests.
    case command([String])
    /// The same where something has to be filled in that nobody but the reader knows: words in capitals stand for it, and
    /// the second text says for what, such as `DIR as another copy of the repository`.
    case pattern([String], with: String)
    /// Something to look at, as a sentence without full stop.
    case check(String)
}

extension Hint {
    /// The folder, made where the command is run, into which advice puts what a backup keeps beside its data.
    package static let keptFiles = "kept-files"

    /// Brings back what a backup keeps beside its data.
    ///
    /// - Parameter folder: another one where the files of two backups are brought back, which have the same names.
    package static func files(of backup: String, into folder: String = keptFiles) -> Hint {
        .command(["infisical-ops", "restore", backup, "--files", folder])
    }

    /// Tries a key that is somewhere else on the data of a backup.
    package static func census(of backup: String) -> Hint {
        .pattern(
            ["infisical-ops", "census", backup, "--key-file", "FILE"], with: "FILE as an env file that has the key")
    }

    /// Takes what is missing from another copy of the repository.
    package static let repairFromCopy = Hint.pattern(
        ["infisical-ops", "repair", "--from", "DIR"], with: "DIR as another copy of the repository")
}
