/// What a trial of keys proved about a database, by kind of ciphertext and as a whole.
package struct KeyTrialReport: Sendable {
    /// The answer to "can this data be decrypted with the keys at hand?".
    package enum Verdict: Sendable, Equatable {
        /// It can; this is the key that opened the root key (S1: the legacy values).
        case opens(KeyUse)
        case doesNotOpen
        /// Nothing disproves it, but something that decides was not tried.
        case notChecked(RoleTrial)
    }

    /// Every kind that the database could have, with what came of it.
    package let roles: [RoleTrial]
    /// The label that the database itself notes for the key in force (S8).
    package let storedLabel: String?
    /// Fingerprint of the root key that came out of its wrap; nil where none did.
    package let rootKey: String?
    /// A key that opens the root key and does not count.
    private let ignoredKey: KeyUse?
    /// What was not looked at, one clause each.
    private let unread: [String]
    /// The sentinel's strategy; empty where the column is there and says nothing.
    private let strategy: String?
    private let holders: [KeyHolder]

    init(
        roles: [RoleTrial], holders: [KeyHolder], storedLabel: String?, rootKey: String? = nil,
        ignoredKey: KeyUse? = nil, unread: [String] = [], strategy: String? = nil
    ) {
        self.roles = roles
        self.holders = holders
        self.storedLabel = storedLabel
        self.rootKey = rootKey
        self.ignoredKey = ignoredKey
        self.unread = unread
        self.strategy = strategy
    }

    package subscript(_ role: RoleTrial.Role) -> RoleTrial? { roles.first { $0.role == role } }

    /// A staged or retained wrap is only needed when the sentinel stays closed: all hold the same root key. A sentinel
    /// that is gone is never made good by them.
    package var verdict: Verdict {
        let triples = [self[.utf8Triples], self[.base64Triples]].compactMap(\.self)
        let root = self[.rootWrap]
        if KeyTrialReport.order.dropFirst().contains(where: { self[$0]?.isDisproven ?? false }) { return .doesNotOpen }
        if let root, root.isDisproven, root.samples == 0 { return .doesNotOpen }
        let rootKey = rootRoles.lazy.compactMap { self[$0]?.firstKey }.first
        if rootKey == nil, let root, root.outcome != .notChecked(.noKMS) {
            return root.isDisproven ? .doesNotOpen : .notChecked(root)
        }
        if let untried = (triples + [self[.legacyKeys]].compactMap(\.self)).first(where: \.lacksKey) {
            return .notChecked(untried)
        }
        if let clause = unread.first {
            return .notChecked(RoleTrial(role: .kmsKeys, outcome: .notChecked(.unread(clause)), samples: 0))
        }
        if let key = rootKey ?? (triples + [self[.legacyKeys]].compactMap(\.self)).lazy.compactMap(\.firstKey).first {
            return .opens(key)
        }
        return .notChecked(triples.first ?? RoleTrial(role: .utf8Triples, outcome: .notChecked(.noRows), samples: 0))
    }

    /// Whether everything that decides opened.
    package var opens: Bool { if case .opens = verdict { true } else { false } }

    /// The roles from the top of the chain to its end; staged and retained wraps decide nothing.
    private static let order: [RoleTrial.Role] = [
        .rootWrap, .legacySnapshot, .rootValues, .kmsKeys, .dataKeys, .dataValues, .utf8Triples, .base64Triples,
        .legacyKeys, .legacyValues,
    ]

    /// Whether the root key came out of its wrap, so that the key is the right one whatever else is broken.
    package var opensRoot: Bool { self[.rootWrap]?.label != nil }

    /// Whether the root key is gone, whatever keys are at hand: a server makes a new one, and all that is under the old one is
    /// lost.
    package var lacksRoot: Bool { self[.rootWrap].map { $0.isDisproven && $0.samples == 0 } ?? false }

    /// The labels of the keys at hand.
    package var labels: Set<String> { Set(holders.flatMap(\.keys.candidates).map(\.label)) }

    /// Those of the keys that opened nothing.
    package var closedLabels: Set<String> {
        labels.subtracting(roles.flatMap(\.keys).map(\.label))
    }

    /// Whether a server works with most of the data: it starts, and of no kind everything stays closed.
    package var isUsable: Bool {
        if case .opens = verdict { return true }
        // Without a KMS what opens anything is the key.
        let hasNoKMS = self[.rootWrap]?.outcome == .notChecked(.noKMS)
        let opensSome = opensRoot || hasNoKMS && roles.contains { $0.firstKey != nil }
        guard opensSome, !(self[.rootValues]?.isDisproven ?? false) else { return false }
        return !KeyTrialReport.order.compactMap({ self[$0] }).contains { trial in
            guard case .doesNotOpen(_, let uses) = trial.outcome else { return trial.lacksKey }
            // One value that is damaged says nothing of its kind; of these there is only one, or all depends on it.
            let isDecisive = [.rootWrap, .legacySnapshot, .kmsKeys].contains(trial.role)
            return uses.isEmpty && (isDecisive || trial.samples > 1)
        }
    }

    /// Whether nothing was proven because no key was given.
    package var lacksKey: Bool {
        if case .notChecked(let trial) = verdict { return trial.lacksKey }
        return false
    }

    /// The variable that nobody set, where that is why nothing was proven.
    package var missingVariable: String? {
        guard case .notChecked(let trial) = verdict, case .notChecked(.keyNotGiven(let variable)) = trial.outcome else {
            return nil
        }
        return variable
    }

    /// The first link of the chain that does not open: table, column and row; nil when all do.
    package var firstBroken: String? {
        for role in KeyTrialReport.order {
            if case .doesNotOpen(let failing, _)? = self[role]?.outcome, let first = failing.first { return first }
        }
        return nil
    }

    /// The verdict as one clause for people.
    package var summary: String {
        switch verdict {
        case .opens(let use):
            return "\(use.text) opens this database"
        case .doesNotOpen:
            let tried = holders.flatMap { holder in
                holder.keys.candidates.map {
                    KeyUse(label: $0.label, holder: holder.name, source: $0.source).text
                }
            }
            let what = roles.filter { $0.isDisproven && !($0.role == .stagedWrap || $0.role == .retainedWrap) }
            let why = unusable.isEmpty ? "" : " (\(unusable.joined(separator: "; ")))"
            return (tried.isEmpty ? "no usable key was given\(why)" : "tried \(tried.joined(separator: ", "))")
                + ": \(KeyTrialReport.list(what.map(\.role.text)))"
                + (firstBroken.map { "; the first value that fails is \($0)" } ?? "")
        case .notChecked(let trial):
            return "the key was not proven: \(trial.text)"
        }
    }

    /// What is wrong with what was given, where none of it is a key; empty where one is.
    private var unusable: [String] {
        guard holders.allSatisfy({ $0.keys.candidates.isEmpty }) else { return [] }
        return holders.flatMap { holder in
            holder.keys.problems.filter { $0 != .missing }.map { "\(holder.name): \($0.message)" }
        }
    }

    /// What stays closed. The names of kinds have an "and" of their own.
    private static func list(_ kinds: [String]) -> String {
        kinds.count < 3
            ? "\(kinds.joined(separator: " and ")) of this database cannot be opened"
            : "\(kinds.count) kinds of this database's values cannot be opened (\(kinds.joined(separator: ", ")))"
    }

    /// What people should know besides the verdict, one sentence without full stop each.
    package var findings: [String] { findings(absenceIsTold: false) }

    /// - Parameter absenceIsTold: whether that there is no key is known already, or meant.
    package func findings(absenceIsTold: Bool) -> [String] {
        var list = holders.flatMap { holder in
            holder.keys.problems.filter { !absenceIsTold || $0 != .missing }.map { "\(holder.name): \($0.message)" }
        }
        // The verdict says it.
        if case .doesNotOpen = verdict { list.removeAll(where: unusable.contains) }
        if let first = holders.first, holders.count > 1, !holdersUsed.isEmpty, !holdersUsed.contains(first.name) {
            list.append("no key of \(first.name) opens anything here, but one of \(others(than: first)) does")
        }
        if let root = self[.rootWrap], root.firstKey == nil {
            if self[.stagedWrap]?.firstKey != nil {
                list.append(
                    "the key given is that of a prepared rotation; the next server that starts on this database adopts it"
                )
            } else if self[.retainedWrap]?.firstKey != nil {
                list.append(
                    "the key given is the previous one; it opens only the retained copy of the root key, "
                        + "which Infisical deletes after some days")
            }
            if let storedLabel, root.isDisproven {
                list.append("the database records the label \(storedLabel) for its key")
            }
            if root.outcome == .notChecked(.noRows) {
                list.append(
                    "kms_root_config is empty: a server that starts on this database creates a new root key, "
                        + "and whatever an older one encrypts stays unreadable")
            }
        }
        if let ignoredKey {
            list.append(
                "\(ignoredKey.text) opens the root key, but does not count: where ENCRYPTION_KEY is set, Infisical "
                    + "tries only that one and does not start")
        }
        if strategy?.isEmpty == true {
            list.append(
                "kms_root_config.\"encryptionStrategy\" is NULL, with which Infisical refuses to start; it should be "
                    + "SOFTWARE")
        }
        let unproven = roles.flatMap(\.unproven)
        if !unproven.isEmpty { list.append("not provable here: \(RoleTrial.list(unproven))") }
        list += unread.map { "not tried: \($0)" }
        for trial in roles {
            if case .opens(let keys) = trial.outcome, Set(keys.map(\.label)).count > 1 {
                list.append(
                    "\(trial.role.text) need more than one key: \(keys.map(\.text).joined(separator: " and "))")
            }
        }
        return list
    }

    /// The names of the holders whose keys opened something, in the order of the trial.
    package var holdersUsed: [String] {
        let used = Set(roles.flatMap(\.keys).map(\.holder))
        return holders.map(\.name).filter { used.contains($0) }
    }

    private var rootRoles: [RoleTrial.Role] { [.rootWrap, .stagedWrap, .retainedWrap] }

    private func others(than first: KeyHolder) -> String {
        holdersUsed.filter { $0 != first.name }.joined(separator: " and ")
    }
}

extension RoleTrial {
    /// The keys that opened samples, even where others stayed closed.
    fileprivate var keys: [KeyUse] {
        switch outcome {
        case .opens(let keys), .doesNotOpen(_, let keys): keys
        case .notChecked: []
        }
    }

    fileprivate var firstKey: KeyUse? { keys.first }
}
