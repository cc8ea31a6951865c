import Postgres

/// Where a drill restores to: a server made for it, which goes with everything in it.
protocol ScratchPlace {
    /// One word for proofs: `local` or `docker`.
    var kind: String { get }
    /// As the superuser, for what only it may do.
    var superuser: Endpoint { get }
    /// What the server, and no other, answers for `ScratchIdentity.setting`.
    var marker: String { get }

    /// Ends the server, and leaves its cluster, which is never started here again.
    ///
    /// - Returns: the folder of the cluster.
    func rest() throws -> String

    /// Ends the server and removes all of it; also after the run was told to stop.
    func discard() throws
    /// Leaves the server running.
    ///
    /// - Parameter databases: those to tell the way to.
    func keep(_ databases: [String], user: String) throws -> DrillReport.Kept
}
