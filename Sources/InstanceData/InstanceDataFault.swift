package import Faults

/// Why the data of an instance cannot be read.
package enum InstanceDataFault: Fault, Equatable {
    case notInfisical(database: String)
    case noKey(file: String)

    package var code: String {
        switch self {
        case .notInfisical: "instance-data.not-infisical"
        case .noKey: "instance-data.no-key"
        }
    }

    package var message: String {
        switch self {
        case .notInfisical(let database): "the database \(database) does not look like Infisical's"
        case .noKey(let file): "\(file) sets neither ENCRYPTION_KEY nor ROOT_ENCRYPTION_KEY"
        }
    }

    package var hints: [Hint] {
        switch self {
        case .notInfisical: [.command(["infisical-ops", "config", "show"])]
        case .noKey: [.check("give the instance's env file, or a file with a line ENCRYPTION_KEY=…")]
        }
    }

    package var exit: ExitCode {
        switch self {
        case .notInfisical: .failed
        case .noKey: .refused
        }
    }
}
