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

        /// For manifests and scripts; never changes.
        package var identifier: String {
            switch self {
            case .rootWrap: "root-wrap"
            case .stagedWrap: "staged-wrap"
            case .retainedWrap: "retained-wrap"
            case .utf8Triples: "utf8-triples"
            case .base64Triples: "base64-triples"
            case .legacySnapshot: "legacy-snapshot"
            }
        }

        /// The role of an identifier in a manifest; nil for one of a later version.
        package init?(identifier: String) {
            guard let role = Role.allCases.first(where: { $0.identifier == identifier }) else { return nil }
            self = role
        }

        /// The kind in words, for the middle of a sentence.
        package var words: String {
            switch self {
            case .rootWrap: "the root key"
            case .stagedWrap: "the staged root key (for a new key that no server has started with)"
            case .retainedWrap: "the retained root key (under the previous key)"
            case .utf8Triples: "values under ENCRYPTION_KEY"
            case .base64Triples: "values under ROOT_ENCRYPTION_KEY"
            case .legacySnapshot: "the legacy key snapshot"
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

        package var words: String {
            switch self {
            case .noKMS: "this database has no KMS"
            case .noRows: "there is none"
            case .hardware: "a hardware security module (HSM) keeps the key; it cannot be tried outside the device"
            case .keyNotGiven(let variable): "no \(variable) was given"
            case .rootKeyClosed: "what opens it is sealed with the root key, which was not opened"
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

    package init(role: Role, outcome: Outcome, samples: Int) {
        self.role = role
        self.outcome = outcome
        self.samples = samples
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
    package var words: String {
        switch outcome {
        case .opens(let keys):
            "\(role.words): \(word) with \(keys.map(\.words).joined(separator: " and "))"
        case .doesNotOpen(let failing, let keys):
            "\(role.words): \(word) with any key that was given"
                + (failing.isEmpty ? "" : " (\(failing.joined(separator: ", ")))")
                + (keys.isEmpty ? "" : "; other values open with \(keys.map(\.words).joined(separator: " and "))")
        case .notChecked(let reason):
            "\(role.words): \(word), \(reason.words)"
        }
    }
}
