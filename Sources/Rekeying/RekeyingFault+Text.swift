package import Faults
import InfisicalData

extension RekeyingFault {
    package var message: String {
        switch self {
        case .notInfisical(let reason): "the values of this database cannot be migrated: \(reason)"
        case .unknownSchema(let clauses):
            "this database is not as any known version of Infisical has it: \(clauses.joined(separator: "; "))"
        case .hardware:
            "a hardware security module (HSM) keeps the key of the root key: it can be rotated only there"
        case .unknownStrategy(let strategy):
            "kms_root_config.\"encryptionStrategy\" is \"\(strategy)\", which this version does not know"
        case .sentinelMissing:
            "kms_root_config has no row \(RootWrap.sentinelID): a server that starts on this database makes a new root "
                + "key, and all that is under the old one is lost"
        case .sameKey(let label): "the new key is the one that is in force (label \(label))"
        case .unusableKey(let clauses): "the new key cannot be used: \(clauses.joined(separator: "; "))"
        case .noRights(let reason): "the role of this session may not migrate values: \(reason)"
        case .wrongKey(let summary): "the keys that were given are not those of this database: \(summary)"
        case .keyNotGiven(let variable, let values, let example):
            "\(values == 1 ? "one value names" : "\(values) values name") \(variable) as \(values == 1 ? "its" : "their") key, and it was not given; the first is \(example.text)"
        case .staged(let label):
            "a rotation of Infisical's own is prepared\(label.map { " (label \($0))" } ?? ""): the next server that "
                + "starts with that key takes it into use"
        case .retained(let minutes):
            "a server started with the previous key \(minutes) minutes ago: it would not start again after this rotation"
        case .migration(let text): text
        case .closed(let count, let examples, let settings):
            "no key that was given opens \(count == 1 ? "one value" : "\(count) values"): \(examples.joined(separator: "; "))"
                + (count > examples.count ? "; and \(count - examples.count) more" : "")
                + (settings > 0
                    ? "; \(settings) of them are settings of the instance, without which newer servers do not start"
                    : "")
        case .noTransaction: "values are migrated inside a transaction that the caller has begun, and there is none"
        case .busyReader: "the session that reads has to be outside any transaction"
        case .noNativeRotation(let reason): "Infisical's own rotation cannot be prepared: \(reason)"
        case .changedMeanwhile(let table, let rows, let expected):
            "\(rows == 1 ? "one row" : "\(rows) rows") of the table \(table) \(rows == 1 ? "was" : "were") changed instead of \(expected): somebody else wrote meanwhile"
        case .notReadBack(let column, let opened, let expected):
            "\(opened) values of \(column) open with the new keys after they were written, instead of \(expected)"
        case .otherContent(let column): "the values of \(column) do not hold what they held before"
        case .stillOpens(let name): "\(name.text) still opens with a key that is to be of no use any more"
        case .otherKey(let name): "\(name.text) is under another key than its row names"
        case .otherIndex(let name): "the index beside \(name.text) is not that of its value"
        case .otherRoot: "the wrap of the root key does not open with the new key to the root key that was written"
        }
    }

    package var hints: [Hint] {
        switch self {
        case .notInfisical, .unknownSchema:
            [.check("see that this is Infisical's database, of a version that this program knows")]
        case .hardware, .unknownStrategy:
            [.check("see which keys Infisical itself can exchange, in its administration of encryption keys")]
        case .sentinelMissing: [.command(["infisical-ops", "list"])]
        case .sameKey, .unusableKey: [.check("let a new key be made: 16 random bytes as 32 lower-case hex characters")]
        case .noRights: [.check("connect as the role that owns Infisical's tables")]
        case .wrongKey, .keyNotGiven: [.command(["infisical-ops", "keys", "check"])]
        case .staged: [.check("finish that rotation in Infisical, or say that it is to be replaced")]
        case .retained:
            [.check("see that every server has the key in force, and try again an hour after the last start")]
        case .migration: [.check("try again when the migration is over")]
        case .closed:
            [
                .command(["infisical-ops", "census", "--live"]),
                .check("if a key of earlier days opens them, give it with --old-key-file FILE"),
                .check(
                    "if nothing does, they can stay as they are: --dry-run --leave-unreadable FILE writes the list of them into a "
                        + "new file; review it, and give it to the run with --leave-unreadable FILE"),
            ]
        case .noNativeRotation: [.check("choose another depth, which needs all servers to be stopped")]
        case .noTransaction, .busyReader, .otherContent, .notReadBack, .stillOpens, .otherKey, .otherIndex, .otherRoot:
            [.check("nothing was changed; please report this with the command and what it printed")]
        case .changedMeanwhile: [.check("see who else writes into the database; nothing was changed")]
        }
    }
}
