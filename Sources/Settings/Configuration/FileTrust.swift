package import DurableFiles
import Effects
import Glibc

/// Whose files decide what this program executes: those of root, of the user who runs it, and of the one who called
/// sudo, as long as nobody else may write them.
///
/// Env and compose files are data and may belong to anybody; of them only those that everybody may write are refused.
package struct FileTrust {
    private let files: Files
    private let user: UInt32
    private let trusted: Set<UInt32>
    private let groups: (UInt32) -> UserGroup?

    package init(_ surroundings: SettingsSurroundings) {
        self.init(surroundings, groups: UserGroup.ofSystem)
    }

    /// - Parameter groups: who is in a group.
    init(
        _ surroundings: SettingsSurroundings, groups: @escaping (UInt32) -> UserGroup?
    ) {
        self.groups = groups
        files = Files(effects: surroundings.effects)
        user = surroundings.user
        var trusted: Set<UInt32> = [0, user]
        // Root's environment is root's own; of anybody else's nothing follows for another user's files.
        if user == 0, let caller = surroundings.variable("SUDO_UID").flatMap({ UInt32($0) }) { trusted.insert(caller) }
        self.trusted = trusted
    }

    // MARK: - Files that decide

    /// Checks the configuration file that is open; what was checked is what is read, so the folders above do not matter:
    /// who can put another file in its place can put there only files of their own.
    package func check(deciding path: String, _ status: FileStatus) throws(SettingsFault) {
        if status.kind != .file { throw .file(.wrongKind(path: path, needed: .file)) }
        try check(path, status)
        // A link of somebody else's chooses among the files of those who are trusted.
        guard let link = try inspect(path, followingLinks: false), link.kind == .symbolicLink else { return }
        try checkOwner(path, link)
    }

    /// Checks a program that the configuration names, and everything on the way to it: who may write a folder can
    /// put another program in its place before it is started. Links are followed, and each is checked.
    ///
    /// A program that is missing is told by whoever starts it.
    func check(program path: String) throws(SettingsFault) {
        var rest = FileTrust.components(path), reached = "", links = 0
        try checkFolder("/")
        while !rest.isEmpty {
            let next = rest.removeFirst()
            if next == ".." {
                reached = reached.isEmpty ? "" : String(reached[..<(reached.lastIndex(of: "/") ?? reached.startIndex)])
                continue
            }
            let path = reached + "/" + next
            guard let status = try inspect(path, followingLinks: false) else { return }
            switch status.kind {
            case .symbolicLink:
                try checkOwner(path, status)
                links += 1
                guard links <= 40, let target = try target(of: path) else {
                    throw .file(.failed(.open, path: path, Errno(ELOOP)))
                }
                if target.hasPrefix("/") { reached = "" }
                rest = FileTrust.components(target) + rest
            case .folder:
                try checkFolder(path, status)
                reached = path
            case .file, .other:
                try check(path, status)
                reached = path
            }
        }
    }

    /// Checks a folder whose files say what this program does next, such as what an interrupted run has begun.
    func check(folder path: String) throws(SettingsFault) {
        if let status = try inspect(path, followingLinks: true), status.kind == .folder { try check(path, status) }
    }

    private func checkFolder(_ path: String) throws(SettingsFault) {
        if let status = try inspect(path, followingLinks: false) { try checkFolder(path, status) }
    }

    private func checkFolder(_ path: String, _ status: FileStatus) throws(SettingsFault) {
        // In a folder such as /tmp nobody can replace what belongs to another.
        let isSticky = status.mode & UInt32(S_ISVTX) != 0
        if isSticky { try checkOwner(path, status) } else { try check(path, status) }
    }

    private func check(_ path: String, _ status: FileStatus) throws(SettingsFault) {
        try checkOwner(path, status)
        if status.mode & 0o002 != 0 {
            throw .untrusted(path: path, reason: "everyone may write to it", cures: [["chmod", "o-w", path]])
        }
        guard status.mode & 0o020 != 0, try !isPrivate(status, path) else { return }
        throw .untrusted(
            path: path, reason: "its group \(status.group), which may have other members, may write to it",
            cures: [["chmod", "g-w", path]])
    }

    private func checkOwner(_ path: String, _ status: FileStatus) throws(SettingsFault) {
        if trusted.contains(status.user) { return }
        throw .untrusted(
            path: path, reason: "it belongs to user id \(status.user)",
            cures: [(user == 0 ? [] : ["sudo"]) + ["chown", "-h", user == 0 ? "root" : String(user), path]])
    }

    /// Whether a group lets nobody write who may not anyway: nobody is in it but the owner and those who are trusted, and no
    /// access list lets others in, whose rights show as those of the group. A file besides must be of the owner's own
    /// group; a folder of root's may be of an empty one, as Debian's `/usr/local` is of `staff`.
    private func isPrivate(_ status: FileStatus, _ path: String) throws(SettingsFault) -> Bool {
        do { if try files.hasAccessList(path) { return false } } catch { throw .file(error) }
        guard let group = groups(status.group) else { return false }
        if group.primaryMembers.contains(status.user) {
            return group.members.union(group.primaryMembers) == [status.user]
        }
        return status.kind == .folder && status.user == 0
            && group.members.union(group.primaryMembers).isSubset(of: trusted)
    }

    // MARK: - Files that are data

    /// Checks an env or compose file.
    static func check(data path: String, _ status: FileStatus) throws(SettingsFault) {
        if status.kind == .file, status.mode & 0o002 != 0 {
            throw .untrusted(path: path, reason: "everyone may write to it", cures: [["chmod", "o-w", path]])
        }
    }

    // MARK: - Paths

    private func inspect(_ path: String, followingLinks: Bool) throws(SettingsFault) -> FileStatus? {
        do { return try files.status(path, followingLinks: followingLinks) } catch { throw .file(error) }
    }

    private static func components(_ path: String) -> [String] {
        path.split(separator: "/").map(String.init).filter { $0 != "." }
    }

    private func target(of link: String) throws(SettingsFault) -> String? {
        do { return try files.target(ofLink: link) } catch { throw .file(error) }
    }
}
