import Age
import FoundationEssentials
import LiveSupport
import Secrets
import TestSupport
import Testing

extension OpsInstance {
    /// The ids of all backups, oldest first.
    func ids() throws -> [String] {
        try ops("list", "--ids").expect(0).output.split(separator: "\n").map(String.init)
    }

    /// Where the env file is when what a backup keeps was brought back as it is advised.
    var keptEnvFile: String { "kept-files/.env" }

    /// Where `init` put the identity.
    var identityFile: String {
        get throws {
            let folders = try FileManager.default.contentsOfDirectory(atPath: state)
            guard let folder = folders.first else { throw TestProblem("the host keeps nothing") }
            return "\(state)/\(folder)/identity.txt"
        }
    }

    func writeIdentity(_ identity: AgeIdentity, to path: String) throws {
        try write(try AgeIdentityFile.render(identity).withBytes { Array($0) }, to: path)
    }

    /// Seals an identity file with a passphrase, as `age -p` does.
    func seal(_ path: String, passphrase: String, to sealed: String) throws {
        let content = try Data(contentsOf: URL(filePath: path))
        let bytes = try content.withUnsafeBytes {
            try Age.seal($0, to: [.scrypt(passphrase: Secret(testing: passphrase), logN: 10)], armored: true)
        }
        try write(bytes, to: sealed)
    }
}
