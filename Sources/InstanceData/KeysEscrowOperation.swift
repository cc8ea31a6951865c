import Age
import DurableFiles
import Effects
package import Faults
package import InstanceAccess
package import Operations
import Repository
package import Secrets
import Settings

/// Makes a kit with the keys in force, and opens one again.
package struct KeysEscrowOperation {
    /// What was made.
    package struct Made: Sendable {
        package let page: String
        package let labels: [String]
        /// What the database says of the keys in it.
        package let database: KeysLabelOperation.Database
        /// 12 where they do not open the data.
        package var exit: ExitCode { database.exit }
    }

    /// What a kit was found to hold.
    package struct Verified: Sendable {
        package let opened: KeyKit.Opened
        /// The labels of the instance's keys; empty where no env file says any.
        package let inForce: [String]
        /// Whether a key in the kit is one of them.
        package var holdsKeyInForce: Bool { opened.kit.labels.contains(where: inForce.contains) }
        /// That it holds none of them, or that nobody knows, as a sentence without full stop; nil where it does.
        package var concern: String? {
            if holdsKeyInForce { return nil }
            return inForce.isEmpty
                ? "no env file says which key is in force, so there is nothing to compare it with"
                : "it does not hold the key in force, which has the label \(inForce.joined(separator: " or "))"
        }
        /// 2 where it holds other keys than those in force, or there are none to compare with.
        package var exit: ExitCode { holdsKeyInForce ? .done : .partial }
    }

    private let workplace: Workplace

    package init(_ workplace: Workplace) { self.workplace = workplace }

    /// The keys that would be put into a kit.
    ///
    /// - Throws: `KeyKitFault.noKey`; `SettingsFault.unusableKey` for values that Infisical could not use.
    package func kit() throws -> KeyKit {
        let configuration = workplace.configuration
        if let problem = KeysInForce.problem(of: configuration) { throw problem }
        if let kit = KeyKit(workplace.instance) { return kit }
        throw KeyKitFault.noKey(LiveKeys.absence(in: configuration.instance))
    }

    /// - Parameters:
    ///   - recipients: age public keys; empty with a passphrase.
    ///   - path: where the page is written, 0600; nil for nowhere. A file that is there is not replaced.
    package func make(
        _ kit: KeyKit, to recipients: [String], passphrase: Secret?, at path: String?
    ) throws -> Made {
        var names = recipients, parsed = try recipients.map { try AgeRecipient($0) }
        if let passphrase {
            parsed = [.scrypt(passphrase: passphrase)]
            names = ["whoever knows the passphrase"]
        }
        if parsed.isEmpty { throw KeyKitFault.noRecipient }
        let surroundings = workplace.surroundings, now = surroundings.clock.now()
        let page = try kit.page(
            to: parsed, names: names, phrase: try KeyKit.phrase(),
            instance: ControlCharacters.escaped(surroundings.hostName), now: now)
        if let path {
            try KeyCopyFault.refusing(path, surroundings.files) {
                try surroundings.files.publish(Array(page.utf8), at: path, mode: 0o600, existing: .refuse)
            }
        }
        try KeyKitRecords.note(kit.labels, made: now.iso8601, workplace.instance)
        // A copy of a wrong key is worse than none: somebody relies on it.
        return Made(page: page, labels: kit.labels, database: try KeysLabelOperation.ofCopy(workplace))
    }

    /// - Parameters:
    ///   - identityFile: opens a kit that is sealed to a recipient; nil for the configured identity.
    ///   - passphrase: opens one that is sealed with it, and an identity file that is.
    package func verify(
        _ path: String, identityFile: String?, passphrase: () throws -> Secret?
    ) throws -> Verified {
        let files = workplace.surroundings.files
        guard let sealed = KeyKit.sealed(in: try files.readRegular(path, limit: KeyKit.limit)) else {
            throw KeyKitFault.notOne(path: path)
        }
        let opened = try open(sealed, path, identityFile, passphrase)
        try KeyKitRecords.note(
            opened.kit.labels, opened: workplace.surroundings.clock.now().iso8601, workplace.instance)
        return Verified(opened: opened, inForce: KeyKit(workplace.instance)?.labels ?? [])
    }

    private func open(
        _ sealed: [UInt8], _ path: String, _ identityFile: String?, _ passphrase: () throws -> Secret?
    ) throws -> KeyKit.Opened {
        // What it is sealed for is asked with an identity that opens nothing.
        do { return try KeyKit.open(sealed, identities: [try .generate()], path: path) } catch AgeFault.noMatch {
            let own =
                try identityFile.map { try workplace.identities(at: $0) }
                ?? workplace.requireIdentities(try workplace.repository(), override: nil)
            do { return try KeyKit.open(sealed, identities: own.all, path: path) } catch AgeFault.noMatch {
                throw RepositoryFault.identityOpensNothing(file: own.source)
            }
        } catch AgeFault.passphraseNeeded {
            guard let given = try passphrase() else { throw KeyKitFault.needsPassphrase(path: path) }
            return try KeyKit.open(sealed, identities: [.passphrase(given)], path: path)
        }
    }
}
