import Age
import InstanceAccess
import Operations
import Rotating
import Secrets
import Testing

@Suite struct RotationVerificationTests {
    @Test func `only what the escrow identity opens is the phrase`() throws {
        let site = try RotationBench(), workplace = try site.bench.workplace()
        let verification = try RotationVerification(workplace)
        let identities = try workplace.requireIdentities(workplace.repository(), override: nil)
        let opened = try Age.open(Array(verification.sealed.utf8), identities: identities.all)
        let text = opened.withBytes { String(decoding: $0, as: UTF8.self) }
        #expect(text.hasPrefix("check phrase: ") && text.hasSuffix("\n"))
        let phrase = String(text.dropFirst("check phrase: ".count).dropLast())
        for right in [phrase, phrase.lowercased(), phrase.replacing("-", with: " "), "  \(phrase)\t", text] {
            #expect(verification.accepts(right), "\(right)")
        }
        for wrong in ["", "-", String(phrase.dropLast()), phrase + "A", "check phrase: ", "check \(phrase)"] {
            #expect(!verification.accepts(wrong), "\(wrong)")
        }
        // Another run has another one.
        #expect(try !RotationVerification(workplace).accepts(phrase))
    }
}
