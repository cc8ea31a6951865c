import DurableFiles
package import Effects

/// The server of a cluster that does not run, as a command to be run by somebody else, in a place of its own.
package struct ClusterProgram: Sendable {
    private let data: String
    private let folder: String
    /// Who owns the cluster, as whom the server runs.
    package let user: UInt32
    package let group: UInt32

    /// - Parameter data: the folder of the cluster.
    /// - Throws: `PostgresFault` where no server of its major version is installed.
    package init(data: String, effects: Effects, cancellation: Cancellation) throws {
        let files = Files(effects: effects)
        let text = String(decoding: try files.read(Files.join(data, "PG_VERSION"), limit: 64), as: UTF8.self)
        guard let major = Int(text.prefix { $0.isNumber }), let owner = try files.status(data), owner.user != 0 else {
            throw PostgresFault.scratchServerFailed("\(data) is no cluster that a server can work in")
        }
        self.data = data
        folder = try ServerPrograms.find(major: major, effects: effects, cancellation: cancellation).folder
        (user, group) = (owner.user, owner.group)
    }

    /// Listens on the loopback, and on a socket in the cluster's own folder. Whoever reaches either is let in.
    package func command(port: Int) -> [String] {
        ["\(folder)/postgres"] + ClusterProgram.arguments(data: data, port: port)
    }

    /// The same for a server of another place, such as an image's.
    package static func arguments(data: String, port: Int) -> [String] {
        [
            "-D", data, "-c", "listen_addresses=127.0.0.1", "-c", "port=\(port)", "-c",
            "unix_socket_directories=\(data)", "-c", "unix_socket_permissions=0700", "-c", "logging_collector=off",
            "-c",
            "log_destination=stderr", "-c", "ssl=off",
        ]
    }

    /// What it leaves in the cluster's folder where it is killed.
    package func leftovers(port: Int) -> [String] { ClusterProgram.notes(data: data, port: port) }

    package static func notes(data: String, port: Int) -> [String] {
        ["postmaster.pid", ".s.PGSQL.\(port)", ".s.PGSQL.\(port).lock"].map { Files.join(data, $0) }
    }
}
