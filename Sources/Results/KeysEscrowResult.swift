import Faults
package import InstanceAccess
package import InstanceData

/// What `keys escrow` made, or opened.
package struct KeysEscrowResult: CommandResult {
    package struct Value: Encodable, Sendable {
        /// As Infisical calls it.
        let name: String
        /// Empty for what has none.
        let labels: [String]
    }

    package let schema = "infisical-ops/keys-escrow/1"
    /// `made` or `opened`.
    package let outcome: String
    /// The file of the kit; absent where it was printed.
    package let file: String?
    package let values: [Value]
    /// Whether it holds the key in force; absent with `made`, which takes it from there.
    package let holdsKeyInForce: Bool?
    /// The check phrase that was sealed with it; only with `opened`.
    package let phrase: String?
    /// What the keys are worth on the database, as `keys label` says it; nobody asks it for a kit that is opened.
    package let database: String
    /// One sentence without full stop each.
    package let warnings: [String]
    package let exit: Int32

    package init(made kit: KeyKit, _ made: KeysEscrowOperation.Made, at file: String?) {
        outcome = "made"
        self.file = file
        values = KeysEscrowResult.values(kit)
        holdsKeyInForce = nil
        phrase = nil
        database = made.database.word
        warnings = [made.database.closed].compactMap(\.self)
        exit = made.exit.rawValue
    }

    package init(_ verified: KeysEscrowOperation.Verified, at file: String) {
        outcome = "opened"
        self.file = file
        values = KeysEscrowResult.values(verified.opened.kit)
        holdsKeyInForce = verified.holdsKeyInForce
        phrase = verified.opened.phrase
        database = KeysLabelOperation.Database.notTried("").word
        warnings = [verified.concern].compactMap(\.self)
        exit = verified.exit.rawValue
    }

    private static func values(_ kit: KeyKit) -> [Value] {
        kit.values.map { Value(name: $0.name, labels: $0.labels) }
    }
}
