import DurableFiles
package import Effects
import Glibc

/// What the configuration depends on outside its file.
package struct SettingsSurroundings: Sendable {
    /// Variables of this process; only those that the configuration reads.
    package var environment: [String: String]
    package var workingFolder: String
    /// Whether this runs as root: the standard folders are then the system's.
    package var isRoot: Bool
    /// The effective user id.
    package var user: UInt32
    /// Processors that may be used.
    package var processors: Int
    package var effects: Effects

    package init(
        environment: [String: String], workingFolder: String, isRoot: Bool, user: UInt32 = geteuid(),
        processors: Int, effects: Effects
    ) {
        self.environment = environment
        self.workingFolder = workingFolder
        self.isRoot = isRoot
        self.user = user
        self.processors = processors
        self.effects = effects
    }

    /// Those of this process. Of `PGPASSWORD` only its presence is taken.
    package static func ofProcess(effects: Effects) -> SettingsSurroundings {
        let folder = getcwd(nil, 0)
        defer { free(folder) }
        return SettingsSurroundings(
            environment: variables(of: environ), workingFolder: folder.map { String(cString: $0) } ?? "/",
            isRoot: geteuid() == 0, processors: max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))), effects: effects)
    }

    /// The variables that the configuration reads, out of an environment in the system's form.
    package static func variables(of block: UnsafePointer<UnsafeMutablePointer<CChar>?>) -> [String: String] {
        var variables: [String: String] = [:]
        var next = block
        while let entry = next.pointee {
            next += 1
            // The name is looked at first, so that no secret of the environment is copied.
            guard let sign = strchr(entry, Int32(UInt8(ascii: "="))) else { continue }
            let bytes = UnsafeRawBufferPointer(start: entry, count: UnsafePointer(sign) - UnsafePointer(entry))
            let name = String(decoding: bytes, as: UTF8.self)
            if name == "PGPASSWORD" {
                if sign[1] != 0 { variables[name] = "set" }
            } else if name.hasPrefix(SettingKey.variablePrefix) || names.contains(name) {
                variables[name] = String(cString: sign + 1)
            }
        }
        return variables
    }

    private static let names: Set<String> = [
        "HOME", "PATH", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "PGPASSFILE", "SUDO_UID", "CREDENTIALS_DIRECTORY",
    ]

    /// `path`, taken from `folder` when it is relative, and without `.` and `..`: it is printed, and compared with others.
    func absolute(_ path: String, in folder: String) -> String {
        Files(effects: effects).normalised(path.hasPrefix("/") ? path : Files.join(folder, path))
    }

    /// A non-empty variable; empty ones count as unset.
    func variable(_ name: String) -> String? {
        environment[name].flatMap { $0.isEmpty ? nil : $0 }
    }

    /// The user's folder of a kind: `variable` when it is an absolute path, else `fallback` under the home folder.
    func userFolder(_ variable: String, _ fallback: String) -> String? {
        if let folder = self.variable(variable), folder.hasPrefix("/") { return folder }
        return self.variable("HOME").map { $0 + "/" + fallback }
    }

    /// Where the host remembers what must outlive the repository, when nothing is configured.
    var standardStateFolder: String {
        if isRoot { return "/var/lib/infisical-ops/state" }
        return absolute(
            "infisical-ops", in: userFolder("XDG_STATE_HOME", ".local/state") ?? workingFolder)
    }
}

extension SettingsSurroundings: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    // The address of a database may hold its password: of the environment only names are shown.
    package var description: String {
        "\(environment.keys.sorted().joined(separator: ", ")) in \(workingFolder)\(isRoot ? ", as root" : "")"
    }
    package var debugDescription: String { description }
    package var customMirror: Mirror {
        Mirror(
            self, children: ["environment": environment.keys.sorted(), "workingFolder": workingFolder],
            displayStyle: .struct)
    }
}
