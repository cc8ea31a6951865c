import DurableFiles
import Postgres
import Settings

/// The certificate authorities that the backend's runtime trusts where a connection names none of its own: node.js adds the
/// file of `NODE_EXTRA_CA_CERTS`, as it is where the backend runs, to the public ones.
struct NodeAuthorities {
    private let instance: InstanceAccess

    init(_ instance: InstanceAccess) { self.instance = instance }

    /// The public ones and those of the file. Nil where the latter do not count: no such file, or none that can be read;
    /// node.js goes on without it, too. `InstanceAccess.authorityNote` says so then.
    func all() -> CertificateAuthority? {
        guard let setting = instance.configuration.extraAuthorities,
            let extra = instance.authorityFile.certificates(setting, instance)
        else { return nil }
        // Without the public ones the others are left.
        let known =
            (try? instance.surroundings.files.readRegular(
                CertificateAuthority.publicFile, limit: NodeAuthorityFile.limit)) ?? []
        return CertificateAuthority(
            pem: known + [10] + extra, origin: "the public authorities and \(setting.value) (\(setting.origin))")
    }
}
