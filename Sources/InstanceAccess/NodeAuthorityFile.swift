import Crypto
import DurableFiles
import Faults
import Instance
import Settings
import Synchronization

/// The file of `NODE_EXTRA_CA_CERTS`, as it is where the backend runs. It is read when it is needed first, and once for all
/// copies of an instance, so that nothing changes when the backend is stopped or its container is gone.
final class NodeAuthorityFile: Sendable {
    /// What a look at the file gave.
    struct Reading: Sendable {
        let path: String
        /// The id of the backend's container; nil for a file of this host.
        let container: String?
        /// In PEM form; nil where there are none to be had.
        var certificates: [UInt8]?
        /// Why there are none, or not all of the file, one sentence without full stop; nil where all count.
        var note: String?
    }

    private let reading = Mutex<Reading?>(nil)
    /// What was read of an earlier look at the same instance.
    private let before: Reading?

    /// Longest file that is read, in bytes.
    static let limit = 1 << 20

    /// - Parameter before: that of the same instance, as it was looked at before.
    init(after before: NodeAuthorityFile? = nil) { self.before = before?.usable }

    /// What holds as long as the same file is meant.
    private var usable: Reading? {
        let current = reading.withLock { $0 }
        return current?.certificates == nil ? before : current
    }

    /// Why the file does not count, or not all of it, as far as it was needed until now; nil where it does.
    var note: String? { reading.withLock { $0?.note } }

    /// The certificates of the file that a setting names; nil where there are none, for which `note` has the reason.
    func certificates(_ setting: Sourced<String>, _ instance: InstanceAccess) -> [UInt8]? {
        reading.withLock { reading in
            if let reading { return reading.certificates }
            reading = read(setting, instance)
            return reading?.certificates
        }
    }

    /// Nil for a run that was stopped meanwhile: what must still be done then reads for itself.
    private func read(_ setting: Sourced<String>, _ instance: InstanceAccess) -> Reading? {
        let container = instance.containers?[.backend]?.id
        let before = self.before.flatMap { $0.path == setting.value ? $0 : nil }
        // Where no container was found this time, none says what the file is.
        if let before, container == nil || container == before.container { return before }
        var reading = Reading(path: setting.value, container: container), reason = "the path is not absolute"
        // Any other leads from a folder that is not known here.
        if setting.value.hasPrefix("/") {
            do {
                let found = CertificateFile(
                    try NodeAuthorityFile.content(of: setting.value, in: container, instance.surroundings),
                    withTrust: false)
                if !found.certificates.isEmpty {
                    reading.certificates = found.pem
                    reading.note = found.note("\(setting.value) (\(setting.origin))")
                    return reading
                }
                reason =
                    found.fault.map { "its first certificate cannot be read: \($0)" }
                    ?? "it has no certificate in PEM form"
            } catch {
                let fault: any Fault = .of(error)
                if [.interrupted, .terminated].contains(fault.exit) { return nil }
                if let before { return before }
                reason = fault.message
            }
        }
        reading.note =
            "the certificate authorities in \(setting.value) (\(setting.origin)) do not count, only the public ones do: "
            + reason
        return reading
    }

    private static func content(
        of path: String, in container: String?, _ surroundings: Surroundings
    ) throws -> [UInt8] {
        guard let container else { return try surroundings.files.readRegular(path, limit: limit) }
        return try surroundings.docker.file(path, of: container, limit: limit)
    }
}

extension CertificateFile {
    /// What to say where not all of a file counts; nil where it does.
    ///
    /// - Parameter place: where the certificates come from.
    func note(_ place: String) -> String? {
        guard let fault else { return nil }
        let count = certificates.count
        let counted = count == 1 ? "only the first certificate" : "only the first \(count) certificates"
        return "\(counted) of \(place) can be used: node.js stops reading at the next one, which is invalid: \(fault)"
    }
}
