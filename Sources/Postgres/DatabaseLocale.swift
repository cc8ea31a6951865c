/// How the texts of a database are encoded and ordered: what `CREATE DATABASE` must be told again.
package struct DatabaseLocale: Sendable, Hashable {
    /// Who decides how texts are ordered; `pg_database.datlocprovider`.
    package enum Provider: String, Sendable {
        case libc = "c"
        case icu = "i"
        case builtin = "b"
    }

    package let encoding: String
    package let collate: String
    package let characterType: String
    package let provider: Provider
    /// The locale of a provider other than libc.
    package let providerLocale: String?

    package init(
        encoding: String, collate: String, characterType: String, provider: Provider = .libc,
        providerLocale: String? = nil
    ) {
        self.encoding = encoding
        self.collate = collate
        self.characterType = characterType
        self.provider = provider
        self.providerLocale = providerLocale
    }

    /// The name by which people know it.
    package var name: String { providerLocale ?? collate }

    /// The same encoding with a locale of libc, for a server that lacks the original one.
    package func replaced(by locale: String) -> DatabaseLocale {
        DatabaseLocale(encoding: encoding, collate: locale, characterType: locale)
    }

    /// The options of `CREATE DATABASE`; servers below 15 know no providers.
    func options(for server: ServerVersion) -> String {
        var sql = "ENCODING \(Quoting.literal(encoding)) LC_COLLATE \(Quoting.literal(collate))"
        sql += " LC_CTYPE \(Quoting.literal(characterType))"
        switch (provider, providerLocale) {
        case (.icu, let locale?): sql += " LOCALE_PROVIDER icu ICU_LOCALE \(Quoting.literal(locale))"
        case (.builtin, let locale?): sql += " LOCALE_PROVIDER builtin BUILTIN_LOCALE \(Quoting.literal(locale))"
        default: if server.major >= 15 { sql += " LOCALE_PROVIDER libc" }
        }
        return sql
    }
}
