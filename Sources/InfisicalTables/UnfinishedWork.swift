import CopyFormat
import InfisicalData

/// Work of Infisical itself that was cut off, or was going on when the data was taken: half of it may be written.
package enum UnfinishedWork {
    /// One clause for each, for the middle of a sentence; none where all is finished.
    package static func clauses(_ source: any TableSource) throws -> [String] {
        try migrations(source) + upgrades(source)
    }

    private static func migrations(_ source: any TableSource) throws -> [String] {
        let table = "infisical_migrations_lock"
        guard source.facts.has(table, "is_locked") else { return [] }
        var isLocked = false
        try source.read(table, ["is_locked"]) { (row) throws(CopyFault) in
            if try row.integer(0) == 1 { isLocked = true }
        }
        return isLocked
            ? [
                "a migration was going on or was cut off (\(table) is locked): a server with migrations left to run does not "
                    + "start before that is reset"
            ] : []
    }

    private static func upgrades(_ source: any TableSource) throws -> [String] {
        guard source.facts.has("projects", all: ["id", "upgradeStatus"]) else { return [] }
        let name = source.facts.has("projects", "slug") ? "slug" : "id"
        var clauses: [String] = []
        try source.read("projects", [name, "upgradeStatus"]) { (row) throws(CopyFault) in
            guard let status = try row.text(1), ["IN_PROGRESS", "FAILED"].contains(status) else { return }
            let slug = try row.identifier(0) ?? "?"
            clauses.append(
                status == "FAILED"
                    ? "the upgrade of the project \"\(slug)\" to version 3 has failed and may have moved only a part of its secrets"
                    : "the project \"\(slug)\" was being upgraded to version 3: only a part of its secrets may have moved"
            )
        }
        return clauses.sorted()
    }
}
