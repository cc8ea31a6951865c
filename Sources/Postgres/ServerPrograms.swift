import Effects
import FoundationEssentials
import Glibc
import Processes

/// The programs of an installed PostgreSQL server, and the user to run them as.
struct ServerPrograms: Sendable {
    /// Who runs the server when this process is root.
    struct Account: Sendable {
        let uid: uid_t
        let gid: gid_t
    }

    /// The folder that holds `initdb`, `pg_ctl` and `postgres`.
    let folder: String
    /// Nil when the programs run as this process's own user.
    let account: Account?
    let effects: Effects
    let cancellation: Cancellation

    /// Finds the newest installed server, or the one of a given major version, or the nearest to one that is the oldest
    /// that will do: in `/usr/lib/postgresql/*/bin`, then in PATH.
    static func find(
        major: Int?, oldest: Int? = nil, effects: Effects, cancellation: Cancellation
    ) throws -> ServerPrograms {
        let root = "/usr/lib/postgresql"
        let versions = access(root, F_OK) == 0 ? try FileManager.default.contentsOfDirectory(atPath: root) : []
        let wanted = versions.compactMap { Int($0) }.filter { (major ?? $0) == $0 && $0 >= oldest ?? 0 }
        var folders = wanted.sorted { oldest == nil ? $0 > $1 : $0 < $1 }.map { "\(root)/\($0)/bin" }
        if major == nil, let path = getenv("PATH") {
            // One that is not absolute would mean whatever this happens to run in.
            let more = String(cString: path).split(separator: ":").filter { $0.hasPrefix("/") }.map(String.init)
            folders += try more.filter { folder in
                guard let oldest, access("\(folder)/initdb", X_OK) == 0 else { return oldest == nil }
                return try version(in: folder, effects, cancellation).map { $0 >= oldest } ?? false
            }
        }
        guard let folder = folders.first(where: { access("\($0)/initdb", X_OK) == 0 }) else {
            throw PostgresFault.noServerPrograms("initdb")
        }
        return ServerPrograms(
            folder: folder, account: try account(), effects: effects, cancellation: cancellation)
    }

    /// The major version that the programs in a folder say to have; nil where they say something else.
    private static func version(in folder: String, _ effects: Effects, _ cancellation: Cancellation) throws -> Int? {
        let runner = ProcessRunner(effects: effects, cancellation: cancellation)
        let spec = CommandSpec("\(folder)/initdb", ["--version"], environment: ["LC_ALL": "C"], workingFolder: "/")
        let result = try runner.run(spec, deadline: .seconds(20))
        // initdb (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)
        let words = String(decoding: result.output, as: UTF8.self).split(whereSeparator: \.isWhitespace)
        return words.dropFirst(2).first.flatMap { Int($0.prefix { $0.isNumber }) }
    }

    private static func account() throws -> Account? {
        guard geteuid() == 0 else { return nil }
        // A host that only proves backups may have the programs without the user that Debian's packages make.
        guard let entry = getpwnam(ScratchServer.user) ?? getpwnam("nobody") else {
            throw PostgresFault.scratchServerFailed(
                "it must not run as root, and there is no user \(ScratchServer.user) or nobody")
        }
        return Account(uid: entry.pointee.pw_uid, gid: entry.pointee.pw_gid)
    }
}
