package import Faults

/// Why one of PostgreSQL's client programs cannot be used.
package enum ProgramFault: Fault, Equatable {
    /// `pg_dump` or `pg_restore`; `configured` is the path in the configuration, if one is there.
    case missing(String, configured: String?, major: Int)
    case tooOld(path: String, found: String, major: Int)
    /// It does not answer `--version` as PostgreSQL's programs do.
    case unknown(path: String)

    package var code: String {
        switch self {
        case .missing(let name, _, _): "backup.\(name.replacing("_", with: "-"))-missing"
        case .tooOld: "backup.pg-dump-too-old"
        case .unknown: "backup.pg-dump-unknown"
        }
    }

    package var message: String {
        switch self {
        case .missing(let name, let configured?, _):
            "\(configured), which backup.pg_dump names as \(name), does not exist or is not executable"
        case .missing(let name, nil, let major):
            "\(name) was not found; PostgreSQL \(major) needs version \(major) or newer"
        case .tooOld(let path, let found, let major):
            "\(path) is of version \(found), but PostgreSQL \(major) needs version \(major) or newer"
        case .unknown(let path): "\(path) --version does not answer as PostgreSQL's own program does"
        }
    }

    package var hints: [Hint] {
        switch self {
        case .missing(_, let configured?, let major):
            [
                .check("correct or remove backup.pg_dump"), .command(["ls", "-l", configured]),
                .command(["apt-get", "install", "postgresql-client-\(major)"]),
            ]
        case .missing(_, nil, let major), .tooOld(_, _, let major):
            [.command(["apt-get", "install", "postgresql-client-\(major)"])]
        case .unknown(let path): [.command([path, "--version"]), .check("correct or remove backup.pg_dump")]
        }
    }

    package var exit: ExitCode { .refused }
}
