import Faults
import InfisicalData
import InfisicalStore
import Postgres
package import Repository

/// Whether the live database still holds what the backups say that it held: by the rule that will judge the next backup,
/// before somebody takes what is left of it for all there is.
package enum LiveContent: Sendable, Equatable {
    /// It does, or there is no good backup to compare it with.
    case whole
    /// It holds less than half, or nothing, of something; with the newest backup whose key opened all of its data.
    case shrunk(Assessment, best: BackupID?)
    /// It holds less than half of the most that there was, come to in small steps.
    case declined(Decline)
    /// It could not be asked; why, as a clause.
    case unknown(String)

    /// - Parameter changes: what this program did to the database since the newest backup.
    static func asked(
        _ connection: Connection, _ history: BackupHistory, after changes: [Manifest.OwnChange], _ inventory: Inventory
    ) -> LiveContent {
        do {
            let found = try history.assessment(after: changes) { try Holdings(connection) }
            guard let found, found.isOpen else { return .whole }
            if let decline = found.decline { return .declined(decline) }
            return .shrunk(found, best: KeyKeepers(inventory, history).newestWhole?.id)
        } catch {
            let fault: any Fault = .of(error)
            return .unknown(fault.message)
        }
    }

    package var isShrunk: Bool { if case .shrunk = self { true } else { false } }

    /// What is missing, as a clause; nil where nothing is known to be.
    package var loss: String? { if case .shrunk(let assessment, _) = self { assessment.text } else { nil } }

    /// Which backup to turn to, as a clause; nil where nothing is missing.
    package var remedy: String? {
        guard case .shrunk(_, let best) = self else { return nil }
        return best.map {
            "the newest backup that is not shrunk and whose key opened its data: \($0.text)"
        } ?? "no backup here is known to be whole and to have the right key"
    }

    /// How what is missing comes back, as a clause; nil where no backup is known to have it.
    package var wayBack: String? {
        if case .shrunk(_, let best?) = self { LiveContent.wayBack(best.text) } else { nil }
    }

    /// That nobody knows, as a sentence without full stop; nil where somebody does.
    package var obstacle: String? {
        guard case .unknown(let reason) = self else { return nil }
        return "whether the live database still holds what it held is not known: \(reason)"
    }

    /// How what is missing comes back from a backup that holds it, as a clause.
    package static func wayBack(_ id: String) -> String {
        "to have all of it back, run: infisical-ops restore \(id) --in-place; to look at it first, run: infisical-ops restore "
            + "\(id) --to-database infisical_check"
    }

    /// What makes less the rule from now on.
    package static let accepting = "infisical-ops backup; then: infisical-ops repository accept latest"
}

extension Holdings {
    /// What a live database holds, counted as a backup counts it. Whose database it is, is no question of this:
    /// `DatabaseIdentity` answers it.
    fileprivate init(_ connection: Connection) throws {
        let database = try InfisicalDatabase(connection), summary = try database.summary()
        let figure = { (tables: [String], visible: Int?) throws -> Figure in
            Figure(rows: try tables.reduce(0) { try $0 + database.rows(of: $1) }, visible: visible)
        }
        let hasInternal = database.facts.has("internal_kms")
        let figures: [Kind: Figure] = [
            .rootKeys: Figure(rows: min(try database.rows(of: "kms_root_config"), 1)),
            .kmsKeys: try figure([hasInternal ? "internal_kms" : "kms_keys"], nil),
            .users: try figure(["users"], summary?.users), .organizations: try figure(["organizations"], nil),
            .projects: try figure(["projects"], summary?.projects),
            .secrets: try figure(["secrets", "secrets_v2"], summary?.secrets),
        ]
        // Of the rows of all tables only whether there are any decides.
        let hasRows = try figures.values.contains { $0.rows > 0 } || database.hasRows()
        self.init(rows: hasRows ? 1 : 0, figures: figures)
    }
}
