import Glibc

/// Who is in a group, by user id.
struct UserGroup: Sendable {
    /// Those that the list of groups names; an id that cannot be known stands for a name without a user.
    let members: Set<UInt32>
    /// Those whose own group it is, by the list of users.
    let primaryMembers: Set<UInt32>

    /// What the system's lists say; nil for a group that they do not have.
    static func ofSystem(_ group: UInt32) -> UserGroup? {
        guard let entry = getgrgid(group) else { return nil }
        var names: [String] = []
        var member = entry.pointee.gr_mem
        while let name = member?.pointee {
            names.append(String(cString: name))
            member = member?.advanced(by: 1)
        }
        var primary: Set<UInt32> = []
        setpwent()
        while let user = getpwent() {
            if user.pointee.pw_gid == group { primary.insert(user.pointee.pw_uid) }
        }
        endpwent()
        // A name that belongs to nobody today may belong to somebody tomorrow.
        return UserGroup(members: Set(names.map { getpwnam($0)?.pointee.pw_uid ?? .max }), primaryMembers: primary)
    }
}
