import Age
import InstanceAccess
package import Operations
import Secrets

/// Proof, before a key is replaced, that somebody can open what the new one will be put away in: a phrase, sealed to those
/// to whom backups are. It says nothing of any key.
package struct RotationVerification {
    /// An armored age file.
    package let sealed: String
    private let phrase: String
    private static let title = "check phrase: "

    /// - Throws: `AgeFault`, and what the repository throws.
    package init(_ workplace: Workplace) throws {
        let phrase = try KeyKit.phrase(), recipients = try workplace.escrowRecipients(workplace.repository())
        var content = Array("\(RotationVerification.title)\(phrase)\n".utf8)
        sealed = String(
            decoding: try Age.seal(Secret(consuming: &content), to: recipients, armored: true), as: UTF8.self)
        self.phrase = phrase
    }

    /// Whether it is the phrase, or the whole line that has it, in letters of either case, with or without what stands
    /// between them.
    package func accepts(_ answer: String) -> Bool {
        let plain = { (text: String) in text.uppercased().filter { $0.isLetter || $0.isNumber } }
        return [phrase, RotationVerification.title + phrase].map(plain).contains(plain(answer))
    }
}
