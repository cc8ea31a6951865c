import Faults
import InfisicalData
import InfisicalStore
import Instance
import Postgres
import Settings

/// Whether the backend would start again, as far as its key decides. One that would not is not stopped.
package struct NextStart {
    private let instance: InstanceAccess

    /// Seconds until the database is given up.
    private static let patience = 5

    package init(_ instance: InstanceAccess) { self.instance = instance }

    /// Tries the key that the backend would start with.
    ///
    /// - Parameter recreation: what its container is about to be made with; nil where it keeps what it has.
    /// - Returns: what should be known; also why the key was not tried, where it could not be: whatever keeps the database
    ///   from answering may be what the restart is to cure.
    /// - Throws: `InstanceFault.keyWouldNotOpen`.
    package func warnings(_ recreation: Recreation?) throws -> [String] {
        do {
            let connection = try DatabaseConnections(instance).open(
                .main, role: "restart", deadline: NextStart.patience)
            defer { connection.close() }
            // A backend that starts on what is left of its data is healthy, and serves nothing.
            return try warnings(recreation, try InfisicalDatabase(connection))
                + LiveStanding.asked(connection, instance).warnings
        } catch let fault as any Fault where fault is PostgresFault || fault is UndiscoveredDatabase {
            if fault.exit == .interrupted || fault.exit == .terminated { throw fault }
            return ["the key was not tried on the database: \(fault.message)"]
        }
    }

    private func warnings(_ recreation: Recreation?, _ database: InfisicalDatabase) throws -> [String] {
        guard database.era != .none else { return [] }
        let flag = try database.fipsFlag(), keys = KeysInForce(instance)
        let holder =
            try recreation.map { KeysInForce.ofRendered(try $0.environment, flag) }
            ?? (instance.containers == nil ? keys.atNextStart(flag) : keys.ofBackend(flag))
        let samples = try database.keySamples(), trial = try KeyTrial.run(samples, with: [holder])
        var isMissing = false
        if case .doesNotOpen = trial.verdict {
        } else {
            if !trial.lacksKey || instance.configuration.keyIsElsewhere { return [] }
            // Where nothing says what it starts with, somebody may give it a key that is in no file.
            let isKnown = recreation != nil || instance.containers != nil || !keys.envFiles.files.isEmpty
            if !isKnown || trial.opensRoot { return [trial.summary] }
            isMissing = true
        }
        // Something deep in the chain is broken: a server starts with this key all the same.
        if trial.isUsable { return [trial.summary] }
        let file = try KeyTrial.run(samples, with: [keys.ofEnvFiles(flag)])
        let wrong = WrongKey(
            trial, isMissing: isMissing, fileOpens: recreation == nil && file.opens,
            kept: KeptKeySearch(instance, of: try database.instanceID(), after: trial))
        throw InstanceFault.keyWouldNotOpen(wrong.text, hints: wrong.hints)
    }
}
