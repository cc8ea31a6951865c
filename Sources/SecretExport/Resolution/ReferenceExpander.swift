import Faults
import InfisicalTables
import Secrets

/// Replaces the references in values of version-3 projects.
struct ReferenceExpander {
    /// A secret and the folder against which its references are resolved.
    struct Target {
        let secret: StoredSecret
        let context: Folder
        /// Whether a reference that the context cannot answer is looked up in the listed folder.
        let isListed: Bool
    }

    /// Bounds for one value: a few secrets that name each other often enough would fill any memory.
    private static let longest = 16 << 20
    private static let mostReferences = 100_000

    private let structure: ProjectStructure
    private let rules: ResolutionRules
    private let folders: LoadedFolders
    private let pattern: ReferencePattern
    private let usesPersonal: Bool
    /// What the listed folder answers, with its imports: by key.
    private let listing: [ExactText: Target]
    private var references = 0
    /// The secret whose value is being worked out.
    private var start: Target?

    init(
        _ structure: ProjectStructure, _ rules: ResolutionRules, _ folders: LoadedFolders, usesPersonal: Bool,
        listing: [ExactText: Target]
    ) {
        self.structure = structure
        self.rules = rules
        self.folders = folders
        self.usesPersonal = usesPersonal
        self.listing = listing
        pattern = ReferencePattern(alphabet: rules.alphabet)
    }

    /// The value as the server hands it out.
    mutating func expanded(_ target: Target) throws(SecretExportFault) -> Secret {
        let value = target.secret.value
        guard value.withBytes({ pattern.isIn($0) }) else { return value }
        references = 0
        start = target
        let result = SecretBuffer(capacity: value.count)
        try expand(target, into: result, chain: rules.countsStart ? [target.secret.id] : [])
        let expanded = result.secret()
        return target.secret.skipsMultilineEncoding ? MultilineEncoding.quoted(expanded) : expanded
    }

    private mutating func expand(
        _ target: Target, into result: SecretBuffer, chain: [String]
    ) throws(SecretExportFault) {
        let value = target.secret.value
        var at = 0
        while let range = value.withBytes({ pattern.next(in: $0, from: at) }) {
            append(value, at..<range.lowerBound, to: result)
            try replace(value, range, target, into: result, chain)
            at = range.upperBound
        }
        append(value, at..<value.count, to: result)
        if result.count > ReferenceExpander.longest { throw tooLarge(target) }
    }

    private mutating func replace(
        _ value: Secret, _ range: Range<Int>, _ target: Target, into result: SecretBuffer, _ chain: [String]
    ) throws(SecretExportFault) {
        references += 1
        if references > ReferenceExpander.mostReferences { throw tooLarge(target) }
        let inner = range.lowerBound + 2..<range.upperBound - 1
        guard
            let text = value.withBytes({
                String(validating: UnsafeRawBufferPointer(rebasing: $0[inner]), as: UTF8.self)
            })
        else { return append(value, range, to: result) }
        let reference = Reference(text, rules.alphabet)
        guard reference != .otherProject else { return append(value, range, to: result) }
        // Empty counts as missing.
        guard let found = lookUp(reference, from: target), found.secret.value.count > 0 else {
            if rules.missing == .literal { append(value, range, to: result) }
            return
        }
        guard !chain.contains(found.secret.id), depth(of: chain) < rules.depth else {
            return append(value, range, to: result)
        }
        try expand(found, into: result, chain: chain + [found.secret.id])
    }

    /// How many references lead to here.
    private func depth(of chain: [String]) -> Int { rules.countsStart ? chain.count - 1 : chain.count }

    private func lookUp(_ reference: Reference, from target: Target) -> Target? {
        switch reference {
        case .otherProject: return nil
        case .local(let key):
            if let found = secret(key, in: target.context) {
                return Target(secret: found, context: target.context, isListed: target.isListed)
            }
            return target.isListed ? listing[ExactText(key)] : nil
        case .elsewhere(let environment, let path, let key):
            guard let folder = structure.folders.folder(environment, path), let found = secret(key, in: folder) else {
                return nil
            }
            return Target(secret: found, context: folder, isListed: false)
        }
    }

    private func secret(_ key: String, in folder: Folder) -> StoredSecret? {
        folders.secrets(of: folder).secret(key, usesPersonal: usesPersonal)
    }

    private func append(_ value: Secret, _ range: Range<Int>, to result: SecretBuffer) {
        value.withBytes { result.append(UnsafeRawBufferPointer(rebasing: $0[range])) }
    }

    private func tooLarge(_ target: Target) -> SecretExportFault {
        let named = start ?? target
        return .referencesTooLarge(key: named.secret.key, path: named.context.path)
    }
}
