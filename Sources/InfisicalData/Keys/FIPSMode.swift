/// Whether an instance runs in FIPS mode, where `ENCRYPTION_KEY` is base64.
package enum FIPSMode {
    /// What the database says: the only row of `super_admin` and its column `fipsEnabled`.
    package enum DatabaseFlag: Sendable, Equatable {
        /// It could not be asked, or not yet.
        case notAsked
        /// Databases from before 2025 lack the column.
        case noColumn
        /// The instance was never started.
        case noRow
        case row(Bool)
    }

    /// Active only if the environment says `FIPS_ENABLED=true` and the database agrees or has not been asked yet.
    package static func isActive(environment: Bool, database: DatabaseFlag) -> Bool {
        switch database {
        case .noColumn: false
        case .noRow, .notAsked: environment
        case .row(let enabled): environment && enabled
        }
    }
}
