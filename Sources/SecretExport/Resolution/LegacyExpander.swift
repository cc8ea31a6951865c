import Faults
import Secrets

/// Replaces the references in the secrets of one folder of a version-1/2 project.
///
/// A name of the same folder stands for the expanded value, which is worked out once, in the order of the ids; a name
/// with dots for the value as it is stored elsewhere. Where a chain leads back, the reference stays.
struct LegacyExpander {
    /// A bound for one value, in bytes.
    private static let longest = 16 << 20

    private let structure: ProjectStructure
    private let rules: ResolutionRules
    private let folders: LoadedFolders
    private let folder: Folder
    private let own: StoredFolder
    private let usesPersonal: Bool
    private let pattern: ReferencePattern
    private var done: [ExactText: Secret] = [:]

    init(
        _ structure: ProjectStructure, _ rules: ResolutionRules, _ folders: LoadedFolders, _ folder: Folder,
        usesPersonal: Bool
    ) {
        self.structure = structure
        self.rules = rules
        self.folders = folders
        self.folder = folder
        self.usesPersonal = usesPersonal
        own = folders.secrets(of: folder)
        pattern = ReferencePattern(alphabet: rules.alphabet)
    }

    /// The values of all the folder's secrets, in the order of the ids.
    mutating func expanded() throws(SecretExportFault) -> [ReadSecret] {
        var secrets: [ReadSecret] = []
        for secret in own.all {
            let value: Secret
            if let named = named(secret.key), named.id == secret.id {
                var chain: Set<ExactText> = []
                value = try self.value(of: ExactText(secret.key), &chain, depth: 0) ?? secret.value
            } else {
                // The shared value beside a personal one, or the other way round.
                var chain: Set<ExactText> = [ExactText(secret.key)]
                value = try replaced(secret, &chain, depth: 0)
            }
            secrets.append(
                ReadSecret(
                    stored: secret,
                    value: secret.skipsMultilineEncoding ? MultilineEncoding.quoted(value) : value))
        }
        return secrets
    }

    private func named(_ key: String) -> StoredSecret? { own.secret(key, usesPersonal: usesPersonal) }

    private mutating func value(
        of key: ExactText, _ chain: inout Set<ExactText>, depth: Int
    ) throws(SecretExportFault) -> Secret? {
        if let value = done[key] { return value }
        guard depth <= rules.depth, let secret = named(key.text), chain.insert(key).inserted else { return nil }
        let value = try replaced(secret, &chain, depth: depth)
        done[key] = value
        return value
    }

    private mutating func replaced(
        _ secret: StoredSecret, _ chain: inout Set<ExactText>, depth: Int
    ) throws(SecretExportFault) -> Secret {
        let value = secret.value
        guard value.withBytes({ pattern.isIn($0) }) else { return value }
        let result = SecretBuffer(capacity: value.count)
        var at = 0
        while let range = value.withBytes({ pattern.next(in: $0, from: at) }) {
            append(value, at..<range.lowerBound, to: result)
            if let found = try target(value, range, &chain, depth: depth), found.count > 0 {
                result.append(found)
            } else {
                append(value, range, to: result)
            }
            if result.count > LegacyExpander.longest {
                throw .referencesTooLarge(key: secret.key, path: folder.path)
            }
            at = range.upperBound
        }
        append(value, at..<value.count, to: result)
        return result.secret()
    }

    private mutating func target(
        _ value: Secret, _ range: Range<Int>, _ chain: inout Set<ExactText>, depth: Int
    ) throws(SecretExportFault) -> Secret? {
        let inner = range.lowerBound + 2..<range.upperBound - 1
        guard
            let text = value.withBytes({
                String(validating: UnsafeRawBufferPointer(rebasing: $0[inner]), as: UTF8.self)
            })
        else { return nil }
        switch Reference(text, rules.alphabet) {
        case .otherProject: return nil
        case .local(let key): return try self.value(of: ExactText(key), &chain, depth: depth + 1)
        case .elsewhere(let environment, let path, let key):
            guard let folder = structure.folders.folder(environment, path) else { return nil }
            return folders.secrets(of: folder).secret(key, usesPersonal: usesPersonal)?.value
        }
    }

    private func append(_ value: Secret, _ range: Range<Int>, to result: SecretBuffer) {
        value.withBytes { result.append(UnsafeRawBufferPointer(rebasing: $0[range])) }
    }
}
