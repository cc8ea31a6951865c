/// What came of trying keys on one kind of ciphertext.
package struct RoleTrial: Sendable, Equatable {
    /// A kind of ciphertext that shares a key.
    package enum Role: String, Sendable, CaseIterable {
        /// The root key's wrap in force (sentinel).
        case rootWrap
        case stagedWrap
        case retainedWrap
        /// Legacy values under the characters of `ENCRYPTION_KEY`.
        case utf8Triples
        /// Legacy values under the decoded `ROOT_ENCRYPTION_KEY` (FIPS: `ENCRYPTION_KEY`).
        case base64Triples
        /// S8's copy of the environment's keys, under the root key.
        case legacySnapshot
        /// Values under the root key itself: the server's own settings first of all.
        case rootValues
        /// The KMS keys, under the root key.
        case kmsKeys
        /// The data keys of organizations and projects, under KMS keys.
        case dataKeys
        /// Values under the data keys, and certificates under the KMS keys.
        case dataValues
        /// The keys of version-1/2 projects, and those of the organizations' bots.
        case legacyKeys
        /// Values under these.
        case legacyValues

        /// For manifests and scripts; never changes.
        package var identifier: String {
            switch self {
            case .rootWrap: "root-wrap"
            case .stagedWrap: "staged-wrap"
            case .retainedWrap: "retained-wrap"
            case .utf8Triples: "utf8-triples"
            case .base64Triples: "base64-triples"
            case .legacySnapshot: "legacy-snapshot"
            case .rootValues: "root-values"
            case .kmsKeys: "kms-keys"
            case .dataKeys: "data-keys"
            case .dataValues: "data-values"
            case .legacyKeys: "legacy-keys"
            case .legacyValues: "legacy-values"
            }
        }

        /// The role of an identifier in a manifest; nil for one of a later version.
        package init?(identifier: String) {
            guard let role = Role.allCases.first(where: { $0.identifier == identifier }) else { return nil }
            self = role
        }

        /// The kind in words, for the middle of a sentence.
        package var text: String {
            switch self {
            case .rootWrap: "the root key"
            case .stagedWrap: "the staged root key (for a new key that no server has started with)"
            case .retainedWrap: "the retained root key (under the previous key)"
            case .utf8Triples: "values under ENCRYPTION_KEY"
            case .base64Triples: "values under ROOT_ENCRYPTION_KEY"
            case .legacySnapshot: "the legacy key snapshot"
            case .rootValues: "settings and values under the root key"
            case .kmsKeys: "the KMS keys"
            case .dataKeys: "the data keys of organizations and projects"
            case .dataValues: "values under the data keys"
            case .legacyKeys: "the keys of version-1/2 projects and of bots"
            case .legacyValues: "values under the keys of version-1/2 projects and of bots"
            }
        }
    }

    /// Why nothing was tried.
    package enum Reason: Sendable, Equatable {
        /// The era has no KMS.
        case noKMS
        /// The table is there, but has no such row or value.
        case noRows
        /// A hardware security module keeps the key.
        case hardware
        /// Nobody gave a value for this variable.
        case keyNotGiven(variable: String)
        /// It, or its key, is sealed with the root key, which was not opened.
        case rootKeyClosed
        /// The keys above it in the chain were not opened.
        case keyClosed
        /// Nothing at hand can ever open it: an external KMS has the key, or people's own passwords are it.
        case notProvable
        /// The table does not look like that of any known version; a clause that names it.
        case unread(String)

        package var text: String {
            switch self {
            case .noKMS: "this database has no KMS"
            case .noRows: "none in this database"
            case .hardware: "a hardware security module (HSM) keeps the key; it cannot be tried outside the device"
            case .keyNotGiven(let variable): "no \(variable) was given"
            case .rootKeyClosed: "what opens it is sealed with the root key, which was not opened"
            case .keyClosed: "the keys that open it were not opened"
            case .notProvable: "the key is kept by an external service or by people's own passwords"
            case .unread(let clause): clause
            }
        }
    }

    package enum Outcome: Sendable, Equatable {
        /// Every sample opened. The keys that did it, the first holder's first; more than one is a mixed state.
        case opens([KeyUse])
        /// At least one sample opens with no key. `failing` names where those are from; `by` lists the keys that opened
        /// other samples.
        case doesNotOpen(failing: [String], by: [KeyUse])
        case notChecked(Reason)
    }

    package let role: Role
    package let outcome: Outcome
    /// How many ciphertexts were tried.
    package let samples: Int
    /// The places that nothing at hand can prove, whatever came of the others.
    package let unproven: [String]

    package init(role: Role, outcome: Outcome, samples: Int, unproven: [String] = []) {
        self.role = role
        self.outcome = outcome
        self.samples = samples
        self.unproven = unproven
    }

    /// Names of places as one text; the first few, and how many more there are.
    package static func list(_ names: [String]) -> String {
        let shown = names.prefix(3).joined(separator: ", ")
        return names.count > 3 ? "\(shown) and \(names.count - 3) more" : shown
    }

    /// Whether any of the samples stayed closed.
    package var isDisproven: Bool {
        if case .doesNotOpen = outcome { return true }
        return false
    }

    /// Whether nobody gave the key that it needs.
    package var lacksKey: Bool {
        if case .notChecked(.keyNotGiven) = outcome { return true }
        return false
    }

    /// The label of the key that opened every sample, nil otherwise.
    package var label: String? {
        guard case .opens(let keys) = outcome else { return nil }
        return keys.first?.label
    }

    /// The word for scripts and manifests: `opens`, `does not open`, `not checked`.
    package var word: String {
        switch outcome {
        case .opens: "opens"
        case .doesNotOpen: "does not open"
        case .notChecked: "not checked"
        }
    }

    /// The outcome as a clause, such as `the root key opens with ENCRYPTION_KEY of the env file .env (label 64d8…)`.
    package var text: String {
        switch outcome {
        case .opens(let keys):
            "\(role.text): \(word) with \(keys.map(\.text).joined(separator: " and "))"
        case .doesNotOpen(let failing, let keys):
            "\(role.text): \(word) with any key that was given"
                + (failing.isEmpty ? "" : " (\(RoleTrial.list(failing)))")
                + (keys.isEmpty ? "" : "; other values open with \(keys.map(\.text).joined(separator: " and "))")
        case .notChecked(let reason):
            "\(role.text): \(word), \(reason.text)"
        }
    }
}
