/// Where a value of the configuration came from, as `config show` prints it.
package enum Origin: Sendable, Equatable, CustomStringConvertible {
    case standard
    /// A variable of this process's environment.
    case environment(String)
    /// A line of the configuration file.
    case file(String, line: Int)
    /// An option of the command line, such as `--jobs`.
    case flag(String)
    /// A definition in one of the instance's env files.
    case envFile(String, line: Int, name: String)
    /// What a container of the instance says of itself; `detail` is a variable of its, or how it is reached.
    case container(String, detail: String)
    /// A credential that the service manager passed to this process.
    case credential(String)

    package var description: String {
        switch self {
        case .standard: "default"
        case .environment(let name): "environment \(name)"
        case .file(let path, let line): "\(path):\(line)"
        case .flag(let name): "flag \(name)"
        case .envFile(let path, let line, let name): "env \(path):\(line) \(name)"
        case .container(let name, let detail): "container \(name): \(detail)"
        case .credential(let name): "credential \(name)"
        }
    }

    /// The variable of this process's environment in a description; nil in that of another origin.
    static func variable(in description: String) -> String? {
        let start = Origin.environment("").description
        return description.hasPrefix(start) ? String(description.dropFirst(start.count)) : nil
    }

    /// How strongly the value counts: a flag over the environment over the file over the instance over the default.
    var strength: Int {
        switch self {
        case .standard: 0
        case .envFile, .container, .credential: 1
        case .file: 2
        case .environment: 3
        case .flag: 4
        }
    }
}
