/// What a jail is to be like: what is put apart, what is hidden, and what the probe tries before anything is trusted to it.
///
/// Holds no secret: it is read by each of the jail's processes from a file without a name.
package struct JailPlan: Codable, Sendable {
    /// Parts of the system of which the jail has its own.
    package struct Spaces: OptionSet, Codable, Sendable {
        package let rawValue: Int
        package init(rawValue: Int) { self.rawValue = rawValue }

        package static let network = Spaces(rawValue: 1)
        package static let mounts = Spaces(rawValue: 2)
        package static let processes = Spaces(rawValue: 4)
        package static let ipc = Spaces(rawValue: 8)
        package static let names = Spaces(rawValue: 16)
        package static let all: Spaces = [.network, .mounts, .processes, .ipc, .names]
    }

    /// Folders in which servers of the host keep sockets, or that everybody may write, and PostgreSQL's data.
    package static let usualHiding = [
        "/run", "/var/run", "/tmp", "/var/tmp", "/dev/shm", "/dev/mqueue", "/var/lib/postgresql",
    ]

    /// All of them, unless a test opens a hole on purpose, which the probe must then find.
    package var spaces = Spaces.all
    /// Folders that are empty in the jail.
    package var hidden = JailPlan.usualHiding
    /// Whether the sockets and the env files that the survey found are covered.
    package var coversSockets = true
    package var coversEnvFiles = true
    /// Whom the jailed program runs as.
    package var user: UInt32
    package var group: UInt32
    /// The jailed program's folder, which stays, although it may lie in a hidden one.
    package let folder: String
    /// Folders that stay, and the only ones of the host that can be written to.
    package let writable: [String]
    /// Files of the host that are removed when the jail is gone.
    package let leftovers: [String]
    package let survey: HostSurvey

    /// - Parameters:
    ///   - folder, writable: absolute, without symbolic links.
    package init(
        user: UInt32, group: UInt32, folder: String, writable: [String], leftovers: [String], survey: HostSurvey
    ) {
        self.user = user
        self.group = group
        self.folder = folder
        self.writable = writable
        self.leftovers = leftovers
        self.survey = survey
    }
}
