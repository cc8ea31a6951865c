package import Faults

/// A known cause of trouble, recognised in what a container printed. The texts are those of real servers; of a line
/// nothing is repeated but what names a host, a database or a label.
package struct LogCause: Sendable, Equatable {
    /// Stable word for scripts.
    package let code: String
    package let condition: Condition
    package let text: String
    package let hints: [Hint]
    /// Whether no later start can go better with the environment that the container has.
    package let isFinal: Bool

    /// Shows which program has a port.
    package static let listeners = Hint.command(["ss", "--listening", "--tcp", "--processes", "--numeric"])

    /// - Parameter lines: what was printed since the last start, oldest first.
    package static func find(in lines: [String], of role: InstanceContainers.Role) -> LogCause? {
        // Without mail every start complains about it; that is harmless.
        let lines = lines.filter { !$0.contains(":587") && !$0.contains("\"port\":587") && !$0.contains("SMTP") }
        let known = role == .backend ? backend : role == .database ? database : redis
        // What only follows from a cause counts where no line tells the cause itself.
        return latest(known.filter { !$0.isConsequence }, in: lines) ?? latest(known.filter(\.isConsequence), in: lines)
    }

    /// A later line tells more of what is the matter now.
    private static func latest(_ signs: [Sign], in lines: [String]) -> LogCause? {
        for line in lines.reversed() {
            for sign in signs where sign.texts.allSatisfy({ line.contains($0) }) { return sign.cause }
        }
        return nil
    }

    /// What a line must contain to tell of a cause.
    struct Sign: Sendable {
        let texts: [String]
        let cause: LogCause
        /// Whether it follows from causes that have signs of their own.
        let isConsequence: Bool

        init(
            _ texts: [String], _ code: String, _ condition: Condition, _ text: String, _ hints: [Hint],
            isConsequence: Bool = false, isFinal: Bool = false
        ) {
            self.texts = texts
            self.isConsequence = isConsequence
            cause = LogCause(code: code, condition: condition, text: text, hints: hints, isFinal: isFinal)
        }
    }

    private static let database: [Sign] = [
        Sign(
            ["No space left on device"], "disk-full", .diskFull, "the disk of the database is full",
            [.command(["docker", "system", "df"]), .check("make room on the disk that holds the database's volume")]),
        Sign(
            ["database files are incompatible with server"], "other-version", .crashLoop,
            "its files were written by another major version of PostgreSQL",
            [.check("put back the image of the version that wrote them; a new version needs a dump or a restore")]),
        Sign(
            ["superuser password is not specified"], "no-password", .crashLoop,
            "it has no POSTGRES_PASSWORD to create the database with",
            [.check("POSTGRES_PASSWORD in the env file and in the compose file")]),
        Sign(
            ["could not locate a valid checkpoint record"], "damaged", .crashLoop, "its files are damaged",
            [.command(["infisical-ops", "list"]), .check("restore the newest backup into a new volume")]),
        Sign(
            ["could not bind", "address already in use"], "port-taken", .crashLoop, "its port is taken",
            [listeners]),
    ]

    private static let redis: [Sign] = [
        Sign(
            ["No space left on device"], "disk-full", .diskFull, "the disk of Redis is full",
            [.command(["docker", "system", "df"]), .check("make room on the disk that holds its volume")]),
        Sign(
            ["Bad file format reading the append only file"], "damaged", .crashLoop, "its files are damaged",
            [.check("remove its volume: Infisical keeps nothing there that cannot be recreated")]),
        Sign(
            ["Address already in use"], "port-taken", .crashLoop, "its port is taken",
            [listeners]),
    ]
}
