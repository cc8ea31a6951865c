import DurableFiles
import Instance
import Postgres
import Processes
import Settings

/// The certificate authorities that the backend's runtime trusts where a connection names none of its own: node.js adds the
/// file of `NODE_EXTRA_CA_CERTS`, as it is where the backend runs, to the public ones.
struct NodeAuthorities {
    private let instance: InstanceAccess

    /// Longest file that is read, in bytes.
    private static let limit = 1 << 20

    init(_ instance: InstanceAccess) { self.instance = instance }

    /// The public ones and those of the file; nil without such a file.
    func all() -> CertificateAuthority? {
        guard let setting = instance.configuration.extraAuthorities, let extra = content(of: setting.value) else {
            return nil
        }
        // Without the public ones the others are left.
        let known =
            (try? instance.surroundings.files.readRegular(
                CertificateAuthority.publicFile, limit: NodeAuthorities.limit)) ?? []
        return CertificateAuthority(
            pem: known + [10] + extra, origin: "the public authorities and \(setting.value) (\(setting.origin))")
    }

    /// Nil for one that cannot be read: node.js goes on without it, too, and says so in its log.
    private func content(of path: String) -> [UInt8]? {
        // Another is meant from a folder that is not known here.
        guard path.hasPrefix("/") else { return nil }
        let surroundings = instance.surroundings
        guard let container = instance.containers?[.backend] else {
            return try? surroundings.files.readRegular(path, limit: NodeAuthorities.limit)
        }
        let spec = surroundings.docker.exec(
            in: container.id, "cat", ["--", path], environment: [:], output: .collected(limit: NodeAuthorities.limit))
        guard let result = try? surroundings.processes.run(spec, deadline: .seconds(10)),
            result.status == .exited(0)
        else { return nil }
        return result.output
    }
}
