/// Where the candidates for a value come from while it is being typed.
package enum Completion: Sendable, Equatable {
    /// Nothing is known about the value.
    case none
    case file
    case folder
    /// A command line of the same program, without the program's name; each line it prints is one candidate.
    case command([String])
}

/// Whether help, man pages, completions and the reference show something.
package enum Visibility: Sendable {
    case shown
    /// Parsed like everything else, and never mentioned.
    case hidden
}

/// The shells that completions exist for.
package enum Shell: String, Sendable, CaseIterable {
    case bash, zsh, fish
}
