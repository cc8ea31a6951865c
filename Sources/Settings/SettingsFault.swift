package import DurableFiles
package import Faults

/// What can be wrong with the configuration and the instance's env files. No case carries a value, only its place:
/// the value may be a secret.
package enum SettingsFault: Fault, Equatable {
    /// A file that is there and cannot be read.
    case file(FileFault)
    /// A file that was named and is not there; `namedBy` says where it was named.
    case notFound(path: String, namedBy: Origin)
    /// The same for the identity that reads backups.
    case identityMissing(path: String, namedBy: Origin)
    /// The same for one of the instance's env files, which every backup keeps; `copy` is the one to take.
    case envFileMissing(path: String, namedBy: Origin, copy: EnvFileCopy = .unknown(reason: nil))
    /// A program that cannot be run; `problem` completes the sentence.
    case badProgram(String, namedBy: Origin, problem: String)
    /// No repository is where the configuration says, although one was trusted there before.
    case noRepository(path: String, namedBy: Origin)
    /// Of two keys that only work together one is not set.
    case incomplete(place: String, key: String, other: String)
    case yamlSyntax(place: String, problem: String)
    case duplicateKey(place: String, key: String)
    case unknownKey(place: String, key: String, nearest: String?)
    /// `expected` says what the value has to be: `a whole number from 1 to 19`. `excerpt` is of values that are no secret.
    case wrongValue(place: String, key: String, expected: String, isUsage: Bool, excerpt: Excerpt? = nil)
    case passwordRefused(place: String, key: String)
    case conflict(place: String, key: String, other: String)
    case envMalformed(path: String, line: Int, problem: EnvFileProblem)
    /// A definition of an env file that cannot get another value.
    case envNotEditable(path: String, line: Int?, name: String, EnvEditProblem)
    /// An env file that cannot get another content; nothing was changed.
    case envNotReplaceable(path: String, FileFault)
    /// A connection URI in an env file that cannot be understood.
    case badConnection(place: String, problem: String)
    /// An encryption key that Infisical cannot use; `problem` says why without showing it.
    case unusableKey(place: String, problem: String)
    /// `searched` is where a configuration file was looked for; empty where one was found.
    case missing(key: String, variable: String, searched: [String])
    /// A file that decides what is executed, or an env file, that others may change; `cures` are commands.
    case untrusted(path: String, reason: String, cures: [[String]])
    /// The existing text cannot be extended without disturbing it.
    case notAppendable(path: String, key: String, reason: String)

    package var code: String {
        switch self {
        case .file(let fault): fault.code
        case .notFound, .identityMissing, .envFileMissing: "settings.not-found"
        case .badProgram: "settings.bad-program"
        case .noRepository: "settings.no-repository"
        case .incomplete: "settings.incomplete"
        case .yamlSyntax: "settings.yaml-syntax"
        case .duplicateKey: "settings.duplicate-key"
        case .unknownKey: "settings.unknown-key"
        case .wrongValue: "settings.wrong-value"
        case .passwordRefused: "settings.password-refused"
        case .conflict: "settings.conflict"
        case .envMalformed: "settings.env-malformed"
        case .envNotEditable: "settings.env-not-editable"
        case .envNotReplaceable(_, let fault): fault.code
        case .badConnection: "settings.bad-connection"
        case .unusableKey: "settings.unusable-key"
        case .missing: "settings.missing"
        case .untrusted: "settings.untrusted-file"
        case .notAppendable: "settings.not-appendable"
        }
    }

    package var message: String {
        switch self {
        case .file(let fault): fault.message
        case .notFound(let path, let namedBy): "\(path) does not exist (named by \(namedBy))"
        case .identityMissing(let path, let namedBy): "the identity file \(path) does not exist (named by \(namedBy))"
        case .envFileMissing(let path, let namedBy, _): "the env file \(path) does not exist (named by \(namedBy))"
        case .badProgram(let name, let origin, let problem): "the program \(name) \(problem) (named by \(origin))"
        case .noRepository(let path, let origin): "there is no repository at \(path) (named by \(origin))"
        case .incomplete(let place, let key, let other):
            "\(place): \(key) is set, but \(other) is not: restart and restore --in-place need both"
        case .yamlSyntax(let place, let problem): "\(place): not valid YAML: \(problem)"
        case .duplicateKey(let place, let key): "\(place): the key \"\(key)\" is given a second time"
        case .unknownKey(let place, let key, _): "\(place): unknown key \"\(key)\""
        case .wrongValue(let place, let key, let expected, _, let excerpt):
            "\(place): \(key) must be \(expected)" + (excerpt.map { "; \($0.problem)" } ?? "")
        case .passwordRefused(let place, let key):
            "\(place): \(key) holds a password, which does not belong here: too many people and programs read this"
        case .conflict(let place, let key, let other): "\(place): \(key) cannot be combined with \(other)"
        case .envMalformed(let path, let line, let problem): "\(path):\(line): \(problem.rawValue)"
        case .envNotEditable(let path, let line, let name, let problem):
            "\(path)\(line.map { ":\($0)" } ?? ""): \(name) is not changed: \(problem.text)"
        case .envNotReplaceable(let path, let fault): "the env file \(path) cannot be changed: \(fault.message)"
        case .badConnection(let place, let problem): "\(place): not a usable PostgreSQL connection URI: \(problem)"
        case .unusableKey(let place, let problem): "\(place): not a usable encryption key: \(problem)"
        case .missing(let key, _, let searched):
            "\(key) is not configured"
                + (searched.isEmpty
                    ? "" : "; there is no configuration file (looked for: \(searched.joined(separator: ", ")))")
        case .untrusted(let path, let reason, _):
            "\(path) is not used: \(reason), so others could decide what is run here"
        case .notAppendable(let path, let key, let reason): "cannot add \(key) to \(path): \(reason)"
        }
    }

    /// Where the problem is: `file:line:column`, `file:line`, a file, an option or a variable; nil where nothing is.
    package var place: String? {
        switch self {
        case .file(let fault): fault.path
        case .badProgram(let path, _, _), .noRepository(let path, _): path
        case .incomplete(let place, _, _): place
        case .notFound(let path, _), .identityMissing(let path, _), .envFileMissing(let path, _, _),
            .untrusted(let path, _, _),
            .notAppendable(let path, _, _):
            path
        case .yamlSyntax(let place, _), .duplicateKey(let place, _), .unknownKey(let place, _, _),
            .wrongValue(let place, _, _, _, _), .passwordRefused(let place, _), .conflict(let place, _, _),
            .badConnection(let place, _), .unusableKey(let place, _):
            place
        case .envMalformed(let path, let line, _): "\(path):\(line)"
        case .envNotReplaceable(let path, _): path
        case .envNotEditable(let path, let line, _, _): path + (line.map { ":\($0)" } ?? "")
        case .missing: nil
        }
    }

    /// The key of the configuration that it is about, where it is about one.
    package var key: String? {
        switch self {
        case .incomplete(_, let key, _), .duplicateKey(_, let key), .unknownKey(_, let key, _),
            .wrongValue(_, let key, _, _, _),
            .passwordRefused(_, let key), .conflict(_, let key, _), .missing(let key, _, _),
            .notAppendable(_, let key, _):
            key
        default: nil
        }
    }

    package var excerpt: Excerpt? {
        if case .wrongValue(_, _, _, _, let excerpt) = self { excerpt } else { nil }
    }

    package var hints: [Hint] {
        switch self {
        case .file(let fault): fault.hints
        case .notFound: [.check("create the file or correct the path")]
        case .identityMissing:
            [
                .check(
                    "put the identity back there from where the recovery sheet says that it is kept, or correct the path"
                ),
                .check("if it is kept off this host on purpose, set repository.identity_file to none"),
            ]
        case .envFileMissing(let path, _, .backup(let id)):
            [
                .files(of: id),
                .check("put the env file that is then in \(Hint.keptFiles) back as \(path), or correct the path"),
            ]
        case .envFileMissing(let path, _, let copy):
            [
                .command(["infisical-ops", "list"]),
                .check("\(copy.text); look for a copy of \(path), or correct the path"),
            ]
        case .badProgram:
            [.check("install it, or give the path of the program; cron and systemd have a PATH of their own")]
        case .noRepository:
            [
                .check("is its disk mounted, and is repository.path right?"),
                .check("repository.signer is set, so there was one; without that key, init would create a new one"),
            ]
        case .incomplete(_, _, let other): [.check("set \(other) as a list of words, the program first")]
        case .yamlSyntax: [.check("check the indentation and the quotes at that line and the one before it")]
        case .duplicateKey: [.check("remove one of the two")]
        case .unknownKey(_, _, let nearest?): [.check("did you mean \"\(nearest)\"?")]
        case .unknownKey: [.command(["infisical-ops", "config", "show"])]
        case .wrongValue(let place, let key, _, _, _):
            [.check(Origin.variable(in: place).map { "correct \($0), or unset it" } ?? "correct or remove \(key)")]
        case .passwordRefused:
            [
                .check(
                    "put it in the instance's env file (instance.env_file), in PGPASSFILE or PGPASSWORD, or name its "
                        + "source: instance.database.password_file or instance.database.password_command")
            ]
        case .conflict: [.check("remove one of the two")]
        case .envMalformed: [.check("correct that line; its text is not shown because it may hold a secret")]
        case .envNotReplaceable(_, let fault): fault.hints
        case .envNotEditable(_, _, let name, .elsewhere(let variable)):
            [.check("set \(name) to the value itself, or have \(variable) defined where it can be changed")]
        case .envNotEditable(_, _, let name, .notHeld):
            [.check("find out who changed \(name), then run the same command again")]
        case .envNotEditable(_, _, let name, .changesOther(let variable)):
            [.check("give \(variable) a value of its own, which does not refer to \(name)")]
        case .envNotEditable(_, _, let name, .notWritable):
            [.check("write the definition of \(name) on a line of its own, in single quotes")]
        case .badConnection: [.check("the form is postgresql://user:password@host:port/database, percent-encoded")]
        case .unusableKey:
            [
                .check(
                    "the key is 16 random bytes as 32 hexadecimal digits; put back the one that this instance began with"
                ),
                // Which backup keeps it.
                .command(["infisical-ops", "keys", "check"]),
            ]
        case .missing(let key, let variable, _):
            [
                .command(["infisical-ops", "init", "--repository", "/var/lib/infisical-ops/repository"]),
                .check("or set \(key) in infisical-ops.yaml, or \(variable)"),
            ]
        case .untrusted(let path, _, let cures):
            [.command(["ls", "-ld", path])] + cures.map { .command($0) }
                + [.check("check its content first; a configuration file named with --config is used in any case")]
        case .notAppendable(_, let key, _): [.check("add \(key) by hand")]
        }
    }

    package var exit: ExitCode {
        switch self {
        case .wrongValue(_, _, _, isUsage: true, _): .usage
        case .file(.wrongKind): .refused
        case .file(let fault): fault.exit
        default: .refused
        }
    }
}

/// Where a copy of an env file that is gone is kept.
package enum EnvFileCopy: Sendable, Equatable {
    /// The backups were not looked at, or cannot be; why, as a clause.
    case unknown(reason: String?)
    /// No backup that counts has one with a key that opened its data.
    case none
    /// The id of the newest backup that does.
    case backup(String)

    /// A clause.
    var text: String {
        switch self {
        case .unknown(let reason): "whether a backup keeps it is not known" + (reason.map { " (\($0))" } ?? "")
        case .none: "no backup here that counts keeps an env file whose key opened its data"
        case .backup(let id): FaultRenderer.text(.files(of: id))
        }
    }
}

/// What is wrong with a line of an env file, in words that never repeat the line.
package enum EnvFileProblem: String, Error, Sendable, CaseIterable {
    case badName = "a character that a variable name cannot have"
    case noName = "no variable name before the sign"
    case spaceInName = "a space inside a variable name"
    case openQuote = "a quoted value that is never closed"
    case badReference = "a ${…} that is not a variable reference (a literal dollar sign is written $$)"
    case deepReference = "variable references nested too deeply"
    case requiredUnset = "a required variable (${…?…}) is not set"
    case notText = "binary data; this is not an env file"
    case longLine = "a line longer than docker reads"
}
