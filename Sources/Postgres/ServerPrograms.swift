import Effects
import FoundationEssentials
import Glibc

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

    /// Finds the newest installed server, or the one of a given major version: in `/usr/lib/postgresql/*/bin`, then in
    /// PATH.
    static func find(major: Int?, effects: Effects, cancellation: Cancellation) throws -> ServerPrograms {
        let root = "/usr/lib/postgresql"
        let versions = access(root, F_OK) == 0 ? try FileManager.default.contentsOfDirectory(atPath: root) : []
        var folders = versions.compactMap { Int($0) }.sorted(by: >).filter { major == nil || $0 == major }
            .map { "\(root)/\($0)/bin" }
        if major == nil, let path = getenv("PATH") {
            // One that is not absolute would mean whatever this happens to run in.
            folders += String(cString: path).split(separator: ":").filter { $0.hasPrefix("/") }.map(String.init)
        }
        guard let folder = folders.first(where: { access("\($0)/initdb", X_OK) == 0 }) else {
            throw PostgresFault.noServerPrograms("initdb")
        }
        return ServerPrograms(
            folder: folder, account: try account(), effects: effects, cancellation: cancellation)
    }

    private static func account() throws -> Account? {
        guard geteuid() == 0 else { return nil }
        guard let entry = getpwnam(ScratchServer.user) else {
            throw PostgresFault.scratchServerFailed(
                "it must not run as root, and there is no user \(ScratchServer.user)")
        }
        return Account(uid: entry.pointee.pw_uid, gid: entry.pointee.pw_gid)
    }
}
