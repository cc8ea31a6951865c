package import InfisicalData
import InfisicalStore
package import Postgres
package import Settings

/// What keys are worth on the live database, by a value under each data key; any that an index leads to.
package struct LiveKeys: Sendable {
    package let report: KeyTrialReport
    package let standing: KeyStanding

    /// Why there is no key, as a clause; nil where there is one.
    package func absence(in environment: InstanceEnvironment) -> String? {
        guard standing == .missing, let variable = report.missingVariable else { return nil }
        return LiveKeys.absence(of: variable, in: environment)
    }

    /// The same where nothing was tried.
    package static func absence(
        of variable: String = KeySource.encryptionKeyUTF8.variable, in environment: InstanceEnvironment
    ) -> String {
        if let lost = environment.missingFiles.first { return "the env file \(lost) does not exist" }
        let isFirst = variable == KeySource.encryptionKeyUTF8.variable
        return absence(of: isFirst ? environment.keyVariable : variable, hasFile: !environment.files.isEmpty)
    }

    /// The same by the name of the variable.
    package static func absence(of variable: String, hasFile: Bool) -> String {
        hasFile ? "the env file sets no \(variable)" : "no env file is configured (instance.env_file)"
    }

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
