/// The links of the key chain below the root key, as the tables of one database hold them: KMS keys, data keys, and
/// values under each of them.
package struct KeyChain: Sendable {
    /// Where a ciphertext lies; never what it holds.
    package struct Place: Sendable, Hashable {
        package let table: String
        package let column: String
        /// The row in words, such as `the KMS key 4f…` or `the project "web"`.
        package let row: String

        package init(_ table: String, _ column: String, _ row: String) {
            self.table = table
            self.column = column
            self.row = row
        }

        /// `internal_kms.encryptedKey of the KMS key 4f…`.
        package var text: String { "\(table).\(column) of \(row)" }
    }

    /// What a value is sealed with.
    package enum Sealer: Sendable, Hashable {
        case rootKey
        /// A KMS key, by id: certificates use the project's directly.
        case kmsKey(String)
        /// The data key of an organization, by id.
        case organization(String)
        /// The data key of a project, by id.
        case project(String)
        /// The key that the boxes of a version-1/2 project hold.
        case legacyProject(String)
        /// The symmetric key of an organization's bot (until S5).
        case organizationBot(String)
    }

    /// A row of `kms_keys` with its material.
    package struct KMSKey: Sendable {
        package enum Material: Sendable {
            /// A blob under the root key.
            case wrapped([UInt8])
            /// A provider's; it cannot be opened here.
            case external(provider: String)
            case missing
        }

        package let id: String
        package let place: Place
        package let material: Material
        /// The KMS key whose earlier material this is; nil for the one in use.
        package let earlierOf: String?

        var isMissing: Bool { if case .missing = material { true } else { false } }

        package init(id: String, place: Place, material: Material, earlierOf: String? = nil) {
            self.id = id
            self.place = place
            self.material = material
            self.earlierOf = earlierOf
        }
    }

    /// The data key of an organization or a project.
    package struct DataKey: Sendable {
        package let owner: Sealer
        package let place: Place
        /// The KMS key that wraps it.
        package let kmsKey: String?
        /// nil until a server first needed it.
        package let wrapped: [UInt8]?

        package init(owner: Sealer, place: Place, kmsKey: String?, wrapped: [UInt8]?) {
            self.owner = owner
            self.place = place
            self.kmsKey = kmsKey
            self.wrapped = wrapped
        }
    }

    /// A value and the key that must open it.
    package struct Value: Sendable {
        package enum Form: Sendable {
            /// A blob under the root key, a versioned one under any other.
            case bytes([UInt8])
            /// nil if the columns do not hold a triple.
            case triple(LegacyTriple?)
        }

        package let place: Place
        package let sealer: Sealer
        package let form: Form

        package init(place: Place, sealer: Sealer, form: Form) {
            self.place = place
            self.sealer = sealer
            self.form = form
        }
    }

    package let kmsKeys: [KMSKey]
    package let dataKeys: [DataKey]
    package let values: [Value]
    package let legacyKeys: [LegacyKey]
    /// What was not looked at, and why: tables of a form that no known version has. One clause each.
    package let unread: [String]

    package init(
        kmsKeys: [KMSKey] = [], dataKeys: [DataKey] = [], values: [Value] = [], legacyKeys: [LegacyKey] = [],
        unread: [String] = []
    ) {
        self.kmsKeys = kmsKeys
        self.dataKeys = dataKeys
        self.values = values
        self.legacyKeys = legacyKeys
        self.unread = unread
    }

    package static let empty = KeyChain()

    /// Whether the database holds anything that only its root key opens: a server that finds no root key then makes a
    /// new one silently, and all of this is lost.
    package var needsRootKey: Bool {
        !kmsKeys.isEmpty || dataKeys.contains { $0.wrapped != nil } || values.contains { $0.sealer == .rootKey }
    }
}
