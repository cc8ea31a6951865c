package import Faults
import InfisicalData

/// Why the values of a database are not migrated to other keys.
package enum RekeyingFault: Fault, Equatable {
    // before anything is changed
    case notInfisical(String)
    /// A table is not as any known version has it; one clause each.
    case unknownSchema([String])
    case hardware
    case unknownStrategy(String)
    case sentinelMissing
    /// The new key is the one that is in force.
    case sameKey(label: String)
    /// The new keys cannot be used; one clause each.
    case unusableKey([String])
    /// The role may not do what it takes.
    case noRights(String)
    /// What the trial of the keys says.
    case wrongKey(String)
    /// Rows name a key that nobody gave.
    case keyNotGiven(variable: String, values: Int, example: ValueName)
    case staged(label: String?)
    case retained(minutes: Int)
    case migration(String)
    /// - Parameters:
    ///   - examples: the first of them, with the reason.
    ///   - settings: how many of them are settings without which a server does not start.
    case closed(count: Int, examples: [String], settings: Int)
    case noTransaction
    case busyReader
    case noNativeRotation(String)
    // while it is done: the caller rolls back
    case changedMeanwhile(table: String, rows: Int64, expected: Int64)
    case notReadBack(column: String, opened: Int, expected: Int)
    case otherContent(column: String)
    case stillOpens(ValueName)
    case otherKey(ValueName)
    case otherIndex(ValueName)
    case otherRoot

    package var code: String {
        switch self {
        case .notInfisical: "rekeying.not-infisical"
        case .unknownSchema: "rekeying.unknown-schema"
        case .hardware: "rekeying.hardware"
        case .unknownStrategy: "rekeying.unknown-strategy"
        case .sentinelMissing: "rekeying.sentinel-missing"
        case .sameKey: "rekeying.same-key"
        case .unusableKey: "rekeying.unusable-key"
        case .noRights: "rekeying.no-rights"
        case .wrongKey: "rekeying.wrong-key"
        case .keyNotGiven: "rekeying.key-not-given"
        case .staged: "rekeying.staged"
        case .retained: "rekeying.retained"
        case .migration: "rekeying.migration"
        case .closed: "rekeying.closed"
        case .noTransaction: "rekeying.no-transaction"
        case .busyReader: "rekeying.busy-reader"
        case .noNativeRotation: "rekeying.no-native-rotation"
        case .changedMeanwhile: "rekeying.changed-meanwhile"
        case .notReadBack: "rekeying.not-read-back"
        case .otherContent: "rekeying.other-content"
        case .stillOpens: "rekeying.still-opens"
        case .otherKey: "rekeying.other-key"
        case .otherIndex: "rekeying.other-index"
        case .otherRoot: "rekeying.other-root"
        }
    }

    package var exit: ExitCode {
        switch self {
        case .notInfisical, .unknownSchema, .hardware, .unknownStrategy, .sameKey, .unusableKey, .noRights, .staged,
            .retained,
            .migration, .noNativeRotation, .noTransaction, .busyReader:
            .refused
        case .wrongKey, .keyNotGiven: .keyMismatch
        case .sentinelMissing, .closed: .damaged
        case .changedMeanwhile, .notReadBack, .otherContent, .stillOpens, .otherKey, .otherIndex, .otherRoot: .failed
        }
    }
}
