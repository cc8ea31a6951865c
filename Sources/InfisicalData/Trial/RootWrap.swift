/// One row of `kms_root_config`: the KMS root key as a KEK wrapped it.
package struct RootWrap: Sendable, Equatable {
    /// What a row is for. Until S7 there is only the sentinel.
    package enum Role: String, Sendable, CaseIterable {
        /// The wrap in force, the only one that older servers look at.
        case sentinel
        /// Made for a new key that no server has booted with yet.
        case staged
        /// Kept under the previous key for servers that have not been restarted.
        case retained
    }

    package static let sentinelID = "00000000-0000-0000-0000-000000000000"

    package let role: Role
    /// `SOFTWARE`, `HSM`, or nil on databases from before S5.
    package let strategy: String?
    package let blob: [UInt8]
    /// The label that the server noted for the KEK (S8), nil where there is none.
    package let label: String?

    package init(role: Role, strategy: String? = nil, blob: [UInt8], label: String? = nil) {
        self.role = role
        self.strategy = strategy
        self.blob = blob
        self.label = label
    }

    /// Whether a hardware security module made the wrap; no key of the environment opens it.
    package var isInHardware: Bool { strategy == "HSM" }

    /// The role of a row by its id and its marks of time. A row that has neither mark is one that was never finished;
    /// it counts as staged, as the server would try it.
    package static func role(id: String, isSuperseded: Bool) -> Role {
        if id == sentinelID { return .sentinel }
        return isSuperseded ? .retained : .staged
    }
}
