package import Postgres
package import Repository
package import Restoring

extension Manifest.Database.Server {
    package init(_ facts: ServerFacts) {
        let locale = facts.locale
        self.init(
            version: facts.version.description, number: facts.version.number, encoding: locale.encoding,
            collate: locale.collate, ctype: locale.characterType,
            localeProvider: locale.provider == .libc ? nil : "\(locale.provider)", locale: locale.providerLocale,
            systemIdentifier: facts.systemIdentifier)
    }

    /// What the database that is restored into must have.
    package var databaseLocale: DatabaseLocale {
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

extension DatabaseProperties {
    package init(_ kept: Manifest.Database.Properties) {
        self.init(connectionLimit: kept.connectionLimit, isTemplate: kept.template, tablespace: kept.tablespace)
    }
}

extension Manifest.Database.Properties {
    package init(_ properties: DatabaseProperties) {
        self.init(
            connectionLimit: properties.connectionLimit, template: properties.isTemplate,
            tablespace: properties.tablespace)
    }
}

extension Manifest.Database {
    package var descriptionSettings: [DescriptionLoad.Setting] {
        settings.map { .init(role: $0.role, assignment: $0.assignment) }
    }
}
