import Crypto
package import Faults

extension AgeFault {
    package var message: String {
        switch self {
        case .notAge: "this is not an age file"
        case .unsupportedVersion(let version): "this age file has the format \"\(version)\"; only \"v1\" is known"
        case .malformedHeader(let why): "the header of the age file is malformed: \(why)"
        case .headerChanged: "the header of the age file was changed after it was written"
        case .passphraseNotAlone:
            "the age file is sealed with a passphrase and for other recipients too, which is not allowed"
        case .workFactorTooHigh(let factor, let limit):
            "the age file's passphrase needs work factor \(factor); at most \(limit) is allowed"
        case .malformedArmor(let line, let why): "the armor of the age file is malformed in line \(line): \(why)"
        case .noMatch(let kinds):
            kinds.contains(AgeHeader.hybridKind)
                ? "no identity opens the age file; it has a recipient of the post-quantum kind "
                    + "\(AgeHeader.hybridKind), which is not supported"
                : "no identity opens the age file; it is sealed for recipients of the kind "
                    + (kinds.isEmpty ? "(none)" : kinds.joined(separator: ", "))
        case .passphraseNeeded: "the age file is sealed with a passphrase, and none was given"
        case .wrongPassphrase: "the passphrase does not open the age file"
        case .truncated(let chunk):
            chunk == 0
                ? "the age file ends before its content begins" : "the age file ends after chunk \(chunk), too early"
        case .damagedChunk(let chunk): "chunk \(chunk) of the age file is damaged"
        case .emptyLastChunk(let chunk): "chunk \(chunk) of the age file, its last, is empty, which no age file has"
        case .trailingData(let chunk): "data follows the end of the age file, which is chunk \(chunk)"
        case .notRecipient(let text, let why):
            "recipient \"\(text)\" is not an age public key" + (why.map { ": \($0)" } ?? "")
        case .unsupportedRecipient(let text, let kind): "recipient \"\(text)\" is \(kind), which is not supported"
        case .malformedIdentity(let line, let why): "line \(line) of the identity file is not an age identity: \(why)"
        case .unsupportedIdentity(let line, let kind):
            "line \(line) of the identity file is \(kind), which is not supported"
        case .noIdentity: "the identity file holds no identity"
        case .identityNeedsPassphrase: "the identity file is sealed with a passphrase, and none was given"
        case .noRecipients: "nothing can be sealed for nobody: the list of recipients is empty"
        case .targetTooSmall(let needed, let room): "the target buffer has \(room) bytes, \(needed) are needed"
        case .finished: "the age stream was already finished"
        case .crypto(let fault): fault.message
        }
    }

    package var hints: [Hint] {
        switch self {
        case .notAge: [.check("check that the path names an age file")]
        case .unsupportedVersion: [.check("a newer version of this program may know the format")]
        case .malformedHeader, .headerChanged, .passphraseNotAlone, .malformedArmor, .truncated, .damagedChunk,
            .emptyLastChunk, .trailingData:
            [.check("compare the file with another copy of it")]
        case .workFactorTooHigh: [.check("seal the file again with a work factor of 18, the age program's default")]
        case .noMatch: [.check("give the identity file that belongs to one of the recipients")]
        case .passphraseNeeded, .identityNeedsPassphrase: [.check("give the passphrase")]
        case .wrongPassphrase: [.check("check the passphrase: capitals, spaces, keyboard layout")]
        case .notRecipient: [.check("an age public key begins with age1 and has 62 characters; age-keygen prints it")]
        case .unsupportedRecipient:
            [.check("use a plain age recipient (age1 and 58 more characters), as age-keygen makes it")]
        case .malformedIdentity, .noIdentity:
            [.check("an identity file has a line that begins with AGE-SECRET-KEY-1, as age-keygen writes it")]
        case .unsupportedIdentity: [.check("use a plain age identity (AGE-SECRET-KEY-1…), as age-keygen makes it")]
        case .noRecipients: [.check("name at least one age recipient")]
        case .targetTooSmall, .finished:
            [.check("please report this with the command and what it printed")]
        case .crypto: [.check("check the installation of libssl3 and the free memory of this machine")]
        }
    }
}
