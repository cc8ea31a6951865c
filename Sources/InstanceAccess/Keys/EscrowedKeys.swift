package import InfisicalData
package import Repository
import Secrets
package import Settings

/// The keys in the files that a backup keeps: what its data opens with wherever the instance has gone.
package struct EscrowedKeys: Sendable {
    private let environments: [(name: String, environment: InstanceEnvironment)]
    /// Why files could not be read as env files; one clause each.
    package let unread: [String]

    /// - Parameters:
    ///   - files: of the backup's escrow. Which of them are env files is not recorded: whatever can be read as one counts.
    ///   - syntax: by whose rules they are read.
    package init(_ files: [Escrow.File], backup: String, syntax: EnvSyntax) {
        let texts = files.filter { file in
            ![".yml", ".yaml", ".json"].contains { file.path.hasSuffix($0) }
        }.map { (path: $0.path, text: $0.content) }
        var found: [(name: String, environment: InstanceEnvironment)] = [], unread: [String] = []
        for text in texts {
            let environment: InstanceEnvironment
            // A certificate or a list of hosts is no env file; one that was meant to be is told where no key is found.
            do throws(SettingsFault) { environment = try InstanceEnvironment(texts: [text], syntax: syntax) } catch {
                unread.append(error.message)
                continue
            }
            guard environment.hasKey else { continue }
            found.append((name: "\(text.path) as the backup \(backup) keeps it", environment: environment))
        }
        environments = found
        self.unread = unread
    }

    /// What the first of the files says, later ones being other readings of the same instance.
    package var environment: InstanceEnvironment? { environments.first?.environment }

    package var isEmpty: Bool { environments.isEmpty }

    /// The keys by what the database says about FIPS mode, those of each file by themselves.
    package func holders(_ flag: FIPSMode.DatabaseFlag) -> [KeyHolder] {
        environments.map { name, environment in
            KeyHolder(name: name, keys: KeysInForce.ofRendered(environment, flag).keys)
        }
    }
}
