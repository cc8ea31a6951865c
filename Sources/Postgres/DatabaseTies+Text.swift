/// How ties are told, one sentence without full stop each.
extension DatabaseTies {
    /// What keeps a database from being renamed until somebody ends it.
    package var obstacles: [String] {
        prepared.map {
            "the prepared transaction \"\($0.name)\" of \($0.owner), \(DatabaseTies.age($0.seconds)) old, keeps the "
                + "database from being renamed; end it in that database: COMMIT PREPARED or ROLLBACK PREPARED "
                + Quoting.literal($0.name)
        }
    }

    /// What stays with the database that is replaced and is not in the one that takes its place.
    package var remains: [String] {
        slots.map {
            let kept = $0.retained.map { ", and keeps \(DatabaseTies.size($0)) of the write-ahead log" } ?? ""
            return
                "the logical replication slot \"\($0.name)\" (\($0.plugin), \($0.isActive ? "in use" : "not in use")) "
                + "stays with the database that is replaced: its reader gets nothing of the new one\(kept); when nobody "
                + "needs it any more: SELECT pg_drop_replication_slot(\(Quoting.literal($0.name)))"
        }
            + subscriptions.map {
                "the subscription \"\($0.name)\" (\($0.isEnabled ? "enabled" : "disabled")) stays with the database that "
                    + "is replaced, which cannot be dropped before it: DROP SUBSCRIPTION \(Quoting.identifier($0.name))"
            }
    }

    /// Seconds that a transaction may be open without being told: the application's own are shorter.
    private static let usual = 10

    /// Sessions that are in the middle of something when they are ended.
    package var interrupted: [String] {
        sessions.compactMap { session in
            guard let seconds = session.transactionSeconds, seconds >= DatabaseTies.usual || session.strongLocks > 0
            else {
                return nil
            }
            let locks =
                session.strongLocks == 0
                ? "" : " and holds \(session.strongLocks == 1 ? "a lock" : "\(session.strongLocks) locks") on tables"
            return
                "\(session.text) has had a transaction open for \(DatabaseTies.age(seconds))\(locks); it is rolled back"
        }
    }

    private static func age(_ seconds: Int) -> String {
        seconds < 120 ? "\(seconds) s" : seconds < 7200 ? "\(seconds / 60) min" : "\(seconds / 3600) h"
    }

    private static func size(_ bytes: Int) -> String { bytes < 1 << 20 ? "\(bytes) bytes" : "\(bytes >> 20) MiB" }
}

extension DatabaseTies.Session {
    /// Who it is: `process 123 of app ("psql", 10.0.0.3)`.
    fileprivate var text: String {
        let detail = [application.isEmpty ? nil : "\"\(application)\"", client].compactMap { $0 }
        let user = user.isEmpty ? "a role that was dropped" : user
        return "the session of \(user) (process \(pid)\(detail.map { ", " + $0 }.joined()))"
    }
}
