package import Faults
package import InfisicalData
import InfisicalStore
package import Postgres
import Settings

/// What the keys at hand are worth on the live database, for whoever reports it and changes nothing.
package enum LiveKey: Sendable {
    /// With the outcome as one clause, and what else should be known.
    case tried(KeyStanding, String, findings: [String], hints: [Hint])
    /// The database could not be asked, or would not answer; a clause that says why.
    case notTried(String)
    case notInfisical

    package var standing: KeyStanding? { if case .tried(let standing, _, _, _) = self { standing } else { nil } }

    /// Tries all keys at hand; a database that lets nobody read them is no reason to say nothing else.
    package static func asked(_ connection: Connection, _ instance: InstanceAccess) -> (LiveKey, rootKey: String?) {
        let isElsewhere = instance.configuration.keyIsElsewhere
        do {
            guard
                let live = try LiveKeys.tried(
                    on: connection, isElsewhere: isElsewhere, KeysInForce(instance).all)
            else { return (.notInfisical, nil) }
            // What the trial found counts, whatever becomes of the advice.
            var advice: [Hint] = []
            do { advice = try hints(live, connection, instance) } catch  where live.standing.isWrong {}
            let text = live.absence(in: instance.configuration.instance) ?? live.report.summary
            let findings = live.report.findings(absenceIsTold: isElsewhere || live.standing == .missing)
            return (.tried(live.standing, text, findings: findings, hints: advice), live.report.rootKey)
        } catch {
            let fault: any Fault = .of(error)
            return (.notTried(fault.message), nil)
        }
    }

    /// How to come to the right key; empty where none is missing.
    private static func hints(
        _ live: LiveKeys, _ connection: Connection, _ instance: InstanceAccess
    ) throws -> [Hint] {
        guard live.standing.isWrong else { return [] }
        let kept = KeptKeySearch(instance, of: try InfisicalDatabase(connection).instanceID(), after: live.report)
        return WrongKey(live.report, isMissing: live.standing == .missing, fileOpens: false, kept: kept).hints
    }
}
