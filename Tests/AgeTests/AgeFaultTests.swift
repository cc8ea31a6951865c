import Age
import Crypto
import Faults
import Testing

@Suite struct AgeFaultTests {
    static let faults: [(AgeFault, String)] = [
        (.notAge, "not-age"), (.unsupportedVersion("v2"), "unsupported-version"),
        (.malformedHeader(why: "x"), "malformed-header"), (.headerChanged, "header-changed"),
        (.passphraseNotAlone, "passphrase-not-alone"), (.workFactorTooHigh(23, limit: 22), "work-factor-too-high"),
        (.malformedArmor(line: 3, why: "x"), "malformed-armor"), (.truncated(afterChunk: 0), "truncated"),
        (.truncated(afterChunk: 2), "truncated"), (.damagedChunk(2), "damaged-chunk"),
        (.emptyLastChunk(2), "empty-last-chunk"), (.trailingData(afterChunk: 2), "trailing-data"),
    ]
    static let keyFaults: [(AgeFault, String)] = [
        (.noMatch(sealedFor: ["X25519"]), "no-match"), (.noMatch(sealedFor: []), "no-match"),
        (.noMatch(sealedFor: ["mlkem768x25519"]), "no-match"), (.passphraseNeeded, "passphrase-needed"),
        (.wrongPassphrase, "wrong-passphrase"),
    ]
    static let inputFaults: [(AgeFault, String)] = [
        (.notRecipient("x", why: nil), "not-a-recipient"), (.notRecipient("x", why: "y"), "not-a-recipient"),
        (.unsupportedRecipient("x", kind: "y"), "unsupported-recipient"),
        (.malformedIdentity(line: 2, why: "x"), "malformed-identity"),
        (.unsupportedIdentity(line: 2, kind: "x"), "unsupported-identity"), (.noIdentity, "no-identity"),
        (.identityNeedsPassphrase, "identity-needs-passphrase"), (.noRecipients, "no-recipients"),
    ]

    private func check(_ fault: AgeFault, _ code: String) {
        #expect(fault.code == "age.\(code)")
        #expect(fault.message.first?.isUppercase == false && !fault.message.hasSuffix("."))
        #expect(!fault.hints.isEmpty)
    }

    @Test(arguments: faults)
    func `a damaged file is exit 13`(fault: AgeFault, code: String) {
        check(fault, code)
        #expect(fault.exit == .damaged)
    }

    @Test(arguments: keyFaults)
    func `a key that does not fit is exit 12`(fault: AgeFault, code: String) {
        check(fault, code)
        #expect(fault.exit == .keyMismatch)
    }

    @Test(arguments: inputFaults)
    func `what cannot be used is refused before anything happens`(fault: AgeFault, code: String) {
        check(fault, code)
        #expect(fault.exit == .refused)
    }

    @Test func `defects and the system's own faults are failures`() {
        for (fault, code) in [
            (AgeFault.targetTooSmall(needed: 2, room: 1), "target-too-small"), (.finished, "finished"),
        ] {
            check(fault, code)
            #expect(fault.exit == .failed)
        }
        let fault = AgeFault.crypto(.noRandomness)
        #expect(fault.code == CryptoFault.noRandomness.code && fault.message == CryptoFault.noRandomness.message)
        #expect(!fault.hints.isEmpty && fault.exit == .failed)
    }

    @Test func `an age file for others says for which kinds`() {
        #expect(AgeFault.noMatch(sealedFor: ["X25519", "ssh-rsa"]).message.contains("X25519, ssh-rsa"))
        #expect(AgeFault.noMatch(sealedFor: ["a", "mlkem768x25519"]).message.contains("not supported"))
    }
}
