package import Crypto
package import Faults

/// Every way in which an age file, a recipient or an identity can be wrong. The caller says which file it was.
package enum AgeFault: Fault, Equatable {
    // The file
    case notAge
    case unsupportedVersion(String)
    case malformedHeader(why: String)
    /// The file key fits, the header does not: it was changed after it was written.
    case headerChanged
    /// A file sealed with a passphrase may have no other way in, otherwise it would not prove who made it.
    case passphraseNotAlone
    case workFactorTooHigh(Int, limit: Int)
    case malformedArmor(line: Int, why: String)

    // The key
    case noMatch(sealedFor: [String])
    case passphraseNeeded
    case wrongPassphrase

    // The payload; chunks are counted from 1
    case truncated(afterChunk: Int)
    case damagedChunk(Int)
    case emptyLastChunk(Int)
    case trailingData(afterChunk: Int)

    // Recipients and identities
    case notRecipient(String, why: String?)
    case unsupportedRecipient(String, kind: String)
    case malformedIdentity(line: Int, why: String)
    case unsupportedIdentity(line: Int, kind: String)
    case noIdentity
    case identityNeedsPassphrase
    case noRecipients

    // The call
    case targetTooSmall(needed: Int, room: Int)
    case finished
    case crypto(CryptoFault)

    package var code: String {
        switch self {
        case .notAge: "age.not-age"
        case .unsupportedVersion: "age.unsupported-version"
        case .malformedHeader: "age.malformed-header"
        case .headerChanged: "age.header-changed"
        case .passphraseNotAlone: "age.passphrase-not-alone"
        case .workFactorTooHigh: "age.work-factor-too-high"
        case .malformedArmor: "age.malformed-armor"
        case .noMatch: "age.no-match"
        case .passphraseNeeded: "age.passphrase-needed"
        case .wrongPassphrase: "age.wrong-passphrase"
        case .truncated: "age.truncated"
        case .damagedChunk: "age.damaged-chunk"
        case .emptyLastChunk: "age.empty-last-chunk"
        case .trailingData: "age.trailing-data"
        case .notRecipient: "age.not-a-recipient"
        case .unsupportedRecipient: "age.unsupported-recipient"
        case .malformedIdentity: "age.malformed-identity"
        case .unsupportedIdentity: "age.unsupported-identity"
        case .noIdentity: "age.no-identity"
        case .identityNeedsPassphrase: "age.identity-needs-passphrase"
        case .noRecipients: "age.no-recipients"
        case .targetTooSmall: "age.target-too-small"
        case .finished: "age.finished"
        case .crypto(let fault): fault.code
        }
    }

    package var exit: ExitCode {
        switch self {
        case .notAge, .unsupportedVersion, .malformedHeader, .headerChanged, .passphraseNotAlone, .workFactorTooHigh,
            .malformedArmor, .truncated, .damagedChunk, .emptyLastChunk, .trailingData:
            .damaged
        case .noMatch, .passphraseNeeded, .wrongPassphrase: .keyMismatch
        case .notRecipient, .unsupportedRecipient, .malformedIdentity, .unsupportedIdentity, .noIdentity,
            .identityNeedsPassphrase, .noRecipients:
            .refused
        case .targetTooSmall, .finished, .crypto: .failed
        }
    }
}
