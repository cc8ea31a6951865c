import CopyFormat
package import InfisicalData

extension TableSource {
    /// What the database says about FIPS mode.
    package func fipsFlag() throws -> FIPSMode.DatabaseFlag {
        guard facts.has("super_admin", all: ["id", "fipsEnabled"]) else { return .noColumn }
        var flag = FIPSMode.DatabaseFlag.noRow
        try read("super_admin", ["id", "fipsEnabled"]) { (row) throws(CopyFault) in
            guard try row.identifier(0) == RootWrap.sentinelID else { return }
            flag = .row(try row.boolean(1) ?? false)
        }
        return flag
    }
}
