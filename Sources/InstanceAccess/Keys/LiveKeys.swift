package import InfisicalData
import InfisicalStore
package import Postgres

/// What keys are worth on the live database, by a value under each data key; any that an index leads to.
package struct LiveKeys: Sendable {
    package let report: KeyTrialReport
    package let standing: KeyStanding

    /// - Parameter holders: whose keys, in the order of their weight, by what the database says about FIPS mode.
    /// - Returns: nil for a database that is not Infisical's.
    package static func tried(
        on connection: Connection, isElsewhere: Bool, _ holders: (FIPSMode.DatabaseFlag) -> [KeyHolder]
    ) throws -> LiveKeys? {
        let database = try InfisicalDatabase(connection)
        if let text = database.otherSchemaText { throw InstanceFault.otherSchema(text) }
        guard database.era != .none else { return nil }
        let flag = try database.fipsFlag()
        return try LiveKeys(try database.keySamples(), holders(flag), isElsewhere: isElsewhere)
    }

    package init(_ samples: KeySamples, _ holders: [KeyHolder], isElsewhere: Bool) throws {
        report = try KeyTrial.run(samples, with: holders)
        standing = KeyStanding(report, isElsewhere: isElsewhere)
    }
}
