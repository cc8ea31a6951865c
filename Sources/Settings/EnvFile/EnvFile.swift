package import Secrets

/// An env file, understood the way its reader understands it: Docker Compose, systemd, or `docker run`.
///
/// The rules of Compose's reader of `.env` files: `KEY=value` or `KEY: value`, an optional `export `, unquoted, single and
/// double quoted values, ` #` comments, escapes and `${…}` references outside single quotes. Those of the others stand
/// with their parsers.
package struct EnvFile: Sendable {
    package enum Quoting: Sendable, Equatable {
        case none, single, double
    }

    /// One definition, in the order of the file.
    package struct Entry: Sendable {
        package let name: String
        /// Line of the name, from 1.
        package let line: Int
        /// The value that its reader would use.
        package let value: Secret
        /// The bytes of `EnvFile.text` that write the value, without its quotes.
        package let valueRange: Range<Int>
        /// The bytes of the whole definition, from `export` or the name to the value's end or closing quote.
        package let statement: Range<Int>
        package let quoting: Quoting
        /// Whether those bytes are the value itself: no escape, no reference and no line end was replaced.
        package let isLiteral: Bool
    }

    /// Something legal that is probably not meant.
    package enum Note: Sendable, Equatable, CustomStringConvertible {
        /// A name defined again; the definition in `line` is the one in force.
        case duplicate(name: String, earlier: Int, line: Int)
        /// A reference to a variable that is not set, which Compose reads as nothing: often a `$` inside a password.
        case unsetReference(line: Int)
        /// A line that the reader leaves out without saying so.
        case ignored(line: Int)
        /// A comment that ends with a backslash, which older versions of systemd let go on in the next line.
        case continuedComment(line: Int)
        /// Quotes around a value that are a part of it.
        case literalQuotes(line: Int)

        package var description: String {
            switch self {
            case .duplicate(let name, let earlier, let line):
                "\(name) in line \(earlier) is overridden by line \(line)"
            case .unsetReference(let line):
                "line \(line) refers to a variable that is not set; Compose reads it as nothing (a literal $ is $$)"
            case .ignored(let line): "line \(line) defines no variable for systemd, which leaves it out"
            case .continuedComment(let line):
                "the comment in line \(line) ends with a backslash: systemd before 254 takes the next line for a part of it"
            case .literalQuotes(let line):
                "the quotes in line \(line) are a part of the value for docker run --env-file"
            }
        }
    }

    package let path: String
    /// The whole file as it was read.
    package let text: Secret
    package let entries: [Entry]
    /// Names without a sign: taken from the environment, unset where it lacks them.
    package let inherited: [(name: String, line: Int)]
    package let notes: [Note]
    /// Who reads the file.
    package let syntax: EnvSyntax
    /// What wins over the file's own values in its references.
    let environment: [String: Secret]

    /// Parses `text`.
    ///
    /// - Parameters:
    ///   - syntax: who reads the file.
    ///   - environment: Values that win over the file's own in references, as in Compose: the shell's environment and the
    ///     files before this one.
    package init(
        _ text: Secret, path: String, syntax: EnvSyntax = .compose, environment: [String: Secret] = [:]
    ) throws(SettingsFault) {
        let parsed = try text.withBytes { (bytes) throws(SettingsFault) in
            switch syntax {
            case .compose:
                var parser = EnvFileParser(bytes, path: path, environment: environment)
                try parser.parse()
                return (parser.entries, parser.inherited, parser.notes)
            case .systemd:
                var parser = SystemdEnvParser(bytes, path: path)
                try parser.parse()
                return (parser.entries, [], parser.notes)
            case .docker:
                var parser = DockerEnvParser(bytes, path: path)
                try parser.parse()
                return (parser.entries, parser.inherited, parser.notes)
            }
        }
        self.path = path
        self.text = text
        self.syntax = syntax
        self.environment = environment
        (entries, inherited, notes) = parsed
    }

    /// The definition of `name` that is in force: the last one.
    package func entry(_ name: String) -> Entry? { entries.last { $0.name == name } }

    /// The value of `name`, if the file sets it.
    package subscript(name: String) -> Secret? { entry(name)?.value }
}
