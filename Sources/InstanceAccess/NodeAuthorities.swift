import DurableFiles
import Faults
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
        let named = "\(setting.value) (\(setting.origin))"
        do {
            let known = try instance.surroundings.files.readRegular(
                CertificateAuthority.publicFile, limit: NodeAuthorityFile.limit)
            return CertificateAuthority(pem: known + [10] + extra, origin: "the public authorities and \(named)")
        } catch {
            // Without the public ones the others are left; whose certificate is then refused is told why.
            let fault: any Fault = .of(error)
            return CertificateAuthority(
                pem: extra, origin: "\(named) alone, because the public authorities cannot be read: \(fault.message)")
        }
    }
}
