package import Instance
package import InstanceAccess

extension HealthFinding {
    /// What is known of the database beside its backups; that nobody knows is said by what is about the backups.
    package static func beside(_ standing: LiveStanding) -> [HealthFinding] {
        if let doubt = standing.doubt {
            return [HealthFinding(doubt.word, doubt.message, hints: doubt.hints, isGrave: true)]
        }
        return standing.remarks.map { HealthFinding($0.word, $0.text, hints: $0.hints) }
    }
}
