import InfisicalData

extension CensusPlan {
    /// The triples of a table: those that the specification names (6, 7), then whatever else has the shape of one.
    ///
    /// - Parameter columns: names of the table's text columns.
    static func triples(of table: String, _ columns: Set<String>) -> [Value] {
        let declared = (environment(table) + organizationBots(table) + legacyProjects(table)).filter { value in
            guard case .triple(let shape) = value.form else { return false }
            return columns.isSuperset(of: [shape.ciphertext, shape.iv, shape.tag])
        }
        let shapes = declared.compactMap { value in
            if case .triple(let shape) = value.form { shape } else { nil }
        }
        let left = columns.subtracting(shapes.flatMap { [$0.ciphertext, $0.iv, $0.tag] })
        return declared
            + TripleShape.all(among: left).map { shape in
                Value(
                    form: .triple(shape),
                    sealing: sealedByPeople[table + "." + shape.ciphertext].map { .unprovable($0) } ?? .unknown)
            }
    }

    /// Why nothing is wrong with an instance whose values of these columns stay closed; nil where its server reads them.
    static func residue(_ table: String, _ shape: TripleShape, _ facts: CatalogFacts) -> String? {
        let successor =
            LegacyTier.columns.first { $0.table == table && $0.ciphertext == shape.ciphertext }?.successor?.column
            ?? BotColumns.all.first { bot in
                bot.table == table && bot.triples.contains { $0.ciphertext == shape.ciphertext }
            }?.successor
        guard let successor, facts.has(table, successor) else { return nil }
        return "left behind by a move to the KMS: no server reads it, and no key at hand opens it"
    }

    private static func environment(_ table: String) -> [Value] {
        LegacyTier.columns.filter { $0.table == table }.map { legacy in
            Value(
                form: .triple(TripleShape(ciphertext: legacy.ciphertext, iv: legacy.iv, tag: legacy.tag)),
                sealing: .environment(encoding: legacy.encoding))
        }
    }

    private static func organizationBots(_ table: String) -> [Value] {
        BotColumns.all.filter { $0.table == table }.flatMap { bot in
            bot.triples.map { triple in
                Value(
                    form: .triple(TripleShape(ciphertext: triple.ciphertext, iv: triple.iv, tag: triple.tag)),
                    sealing: .organizationBot(owner: bot.owner))
            }
        }
    }

    /// Under the key of a version-1/2 project.
    private static func legacyProjects(_ table: String) -> [Value] {
        guard let entry = ofLegacyProject[table] else { return [] }
        return entry.stems.flatMap { stem in
            ["Ciphertext", "CipherText"].map { ending in
                Value(
                    form: .triple(
                        TripleShape(ciphertext: stem + ending, iv: stem + "IV", tag: stem + "Tag")),
                    sealing: .legacyProject(entry.path))
            }
        }
    }

    private static let secretStems = ["secretKey", "secretValue", "secretComment"]

    /// The stems of their columns, and the way to the project; nil where a row does not tell.
    private static let ofLegacyProject: [String: (stems: [String], path: CiphertextColumns.Path?)] = [
        "secrets": (secretStems, CiphertextColumns.ofFolder),
        "secret_versions": (secretStems, CiphertextColumns.ofFolder),
        "secret_approval_requests_secrets": (secretStems, nil),
        "integration_auths": (["access", "accessId", "refresh", "awsAssumeIamRoleArn"], CiphertextColumns.ofProject),
    ]

    /// What only people's own passwords or links open (7, last note).
    private static let sealedByPeople: [String: String] = [
        "user_encryption_keys.encryptedPrivateKey": "only the password of its user opens it",
        "user_encryption_keys.protectedKey": "only the password of its user opens it",
        "backup_private_key.encryptedPrivateKey": "only the password of its user opens it",
        "service_tokens.encryptedKey": "only the service token itself opens it",
        "secret_sharing.encryptedValue": "only the shared link opens it",
    ]
}
