/// Names of environment variables, as shells know them.
enum VariableName {
    /// Whether a shell takes `name=` for an assignment; anything else in front of the sign is a command to it.
    static func isName(_ name: String) -> Bool {
        guard let first = name.utf8.first, !(48...57).contains(first) else { return false }
        return name.utf8.allSatisfy { byte in
            (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
                || byte == UInt8(ascii: "_")
        }
    }

    /// Whether shells give it a meaning of their own: bash evaluates what is assigned to its numbers as arithmetic, which
    /// can run commands, and runs what is in others; some cannot be assigned at all, which ends the sourcing.
    static func isShells(_ name: String) -> Bool { shells.contains(name) }

    private static let shells: Set<String> = [
        // Numbers.
        "BASHPID", "HISTCMD", "LINENO", "OPTIND", "RANDOM", "SECONDS", "SRANDOM", "EPOCHSECONDS", "EPOCHREALTIME",
        // Not to be assigned.
        "BASHOPTS", "BASH_VERSINFO", "EUID", "PPID", "SHELLOPTS", "UID",
        // Kept by the shell, whatever is assigned.
        "BASH_ALIASES", "BASH_ARGV0", "BASH_CMDS", "BASH_COMMAND", "BASH_SUBSHELL", "COMP_WORDBREAKS", "DIRSTACK",
        "BASH_ARGC", "BASH_ARGV", "BASH_LINENO", "BASH_SOURCE", "FUNCNAME", "GROUPS", "PIPESTATUS", "_",
        // Told on standard error, or taken for a stream.
        "BASH_COMPAT", "BASH_XTRACEFD",
        // Run, or expanded with what is in them.
        "BASH_ENV", "ENV", "PROMPT_COMMAND", "PS0", "PS1", "PS2", "PS3", "PS4",
        // How the shell reads what follows.
        "IFS", "POSIXLY_CORRECT",
    ]
}
