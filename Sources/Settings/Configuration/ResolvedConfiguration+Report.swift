import Secrets

extension ResolvedConfiguration {
    /// One line of `config show`.
    package struct Line: Sendable, Equatable {
        package let key: String
        /// What is in force; `••••` for a secret, nil when nothing is.
        package let value: String?
        package let origin: Origin?
    }

    package static let mask = "••••"

    /// Every value with its origin: the keys of the file, then the database that results, then the instance's own values.
    package func lines() -> [Line] {
        SettingKey.all.filter(isShown).map { key in
            let setting = self[key]
            return Line(key: key.path, value: setting?.value.description, origin: setting?.origin)
        } + databaseLines() + instanceLines()
    }

    /// Standard names of containers mean nothing where there are none.
    private func isShown(_ key: SettingKey) -> Bool {
        switch key {
        case .containers: self[key] != nil
        case .backendContainer, .databaseContainer, .redisContainer:
            containers != .none || (self[key].map { $0.origin != .standard } ?? false)
        default: true
        }
    }

    private func databaseLines() -> [Line] {
        // A standard address is never used by itself.
        var lines = [
            Line(
                key: "database in force", value: database.isNamed ? database.description : nil,
                origin: database.isNamed ? database.origin : nil),
            Line(
                key: "database password", value: database.passwordOrigin.map { _ in ResolvedConfiguration.mask },
                origin: database.passwordOrigin),
        ]
        if let auditLogs {
            lines.append(
                Line(key: "audit-log database", value: auditLogs.description, origin: auditLogs.origin))
        }
        return lines
    }

    private func instanceLines() -> [Line] {
        let values: [(String, Sourced<Secret>?)] = [
            ("encryption key", instance.encryptionKey ?? running?.encryptionKey),
            ("root encryption key", instance.rootEncryptionKey ?? running?.rootEncryptionKey),
            ("auth secret", instance.authSecret ?? running?.authSecret),
            ("redis", redis?.value),
        ]
        let masked = values.map { name, value in
            Line(key: name, value: value.map { _ in ResolvedConfiguration.mask }, origin: value?.origin)
        }
        let site = instance.siteURL ?? running?.siteURL
        return masked + [Line(key: "site", value: site?.value.revealedText(), origin: site?.origin)]
    }
}
