import CopyFormat
import Crypto
import InfisicalData
import Secrets

/// Opens the sealed fields of rows with the one key of a project.
final class ValueOpener {
    enum Outcome {
        case absent
        case opened(Secret)
        /// The bytes are not what this key sealed.
        case closed
    }

    private var cipher: AESGCM
    private let state: OpenedKeys.State
    private var room: [UInt8] = []
    /// Whether a value was met for which there is no key.
    private(set) var lacksKey = false
    /// What the crypto library answered where it could not work at all.
    private(set) var failure: CryptoFault?

    init(_ state: OpenedKeys.State) throws(SecretExportFault) {
        do throws(CryptoFault) { cipher = try AESGCM() } catch { throw .crypto(error) }
        self.state = state
    }

    deinit { room.withUnsafeMutableBytes { Secret.zero($0) } }

    /// A versioned KMS blob in a `bytea`.
    func blob(_ place: Int?, _ row: borrowing RowFields) throws(CopyFault) -> Outcome {
        guard let place else { return .absent }
        room.removeAll(keepingCapacity: true)
        guard try row.byteString(place, into: &room) else { return .absent }
        guard let key = key() else { return .closed }
        let result = room.withUnsafeBytes { bytes in
            Result { () throws(CryptoFault) in try VersionedBlob.open(bytes, key: key, with: &cipher) }
        }
        return outcome(result)
    }

    /// A triple in three columns, the first of which is NULL where there is none.
    func triple(_ name: String, _ columns: TableColumns, _ row: borrowing RowFields) throws(CopyFault) -> Outcome {
        guard let ciphertext = try columns.text(name + "Ciphertext", row) else { return .absent }
        let iv = try columns.text(name + "IV", row) ?? "", tag = try columns.text(name + "Tag", row) ?? ""
        // A comment that was never written has three empty texts.
        if ciphertext.isEmpty, iv.isEmpty, tag.isEmpty { return .absent }
        guard let key = key() else { return .closed }
        guard let triple = LegacyTriple(ciphertext: ciphertext, iv: iv, tag: tag) else { return .closed }
        return outcome(Result { () throws(CryptoFault) in try triple.open(key: key, with: &cipher) })
    }

    private func key() -> Secret? {
        guard case .opened(let key) = state else {
            lacksKey = true
            return nil
        }
        return key
    }

    private func outcome(_ result: Result<Secret, CryptoFault>) -> Outcome {
        do throws(CryptoFault) { return .opened(try result.get()) } catch .notAuthentic { return .closed } catch {
            failure = error
            return .closed
        }
    }

    /// Ends the reading where a value had no key, or the crypto library did not work.
    func check(_ project: Project) throws(SecretExportFault) {
        if let failure { throw .crypto(failure) }
        guard lacksKey else { return }
        switch state {
        case .opened: return
        case .closed(let reason): throw .keyClosed(project: project.slug, reason: reason)
        case .unprovable(let reason): throw .keyUnavailable(project: project.slug, reason: reason)
        }
    }
}
