import Postgres
import Repository

extension Manifest.Database.Server {
    init(_ facts: ServerFacts) {
        let locale = facts.locale
        self.init(
            version: facts.version.description, number: facts.version.number, encoding: locale.encoding,
            collate: locale.collate, ctype: locale.characterType,
            localeProvider: locale.provider == .libc ? nil : "\(locale.provider)", locale: locale.providerLocale,
            systemIdentifier: facts.systemIdentifier)
    }

    /// What the database that is restored into must have.
    var databaseLocale: DatabaseLocale {
        let provider: DatabaseLocale.Provider =
            switch localeProvider {
            case "icu": .icu
            case "builtin": .builtin
            default: .libc
            }
        return DatabaseLocale(
            encoding: encoding, collate: collate, characterType: ctype, provider: provider, providerLocale: locale)
    }
}
