/// A setting that a database, or a role in it, gives to its sessions: one element of `pg_db_role_setting.setconfig`.
package struct DatabaseSetting: Sendable, Hashable {
    package let parameter: String
    package let value: String

    /// - Parameter assignment: `name=value`; nil for anything else.
    package init?(assignment: String) {
        guard let sign = assignment.firstIndex(of: "=") else { return nil }
        parameter = String(assignment[..<sign])
        value = String(assignment[assignment.index(after: sign)...])
    }

    /// `SET … TO …`, for behind `ALTER DATABASE` and `ALTER ROLE`.
    ///
    /// The value of a list parameter is a list in itself: quoted as one, `"$user", public` would be a single schema of
    /// that name.
    package var sql: SQL {
        let name = Quoting.identifier(parameter)
        guard DatabaseSetting.lists.contains(parameter.lowercased()) else {
            return SQL(raw: "SET \(name) TO \(Quoting.literal(value))")
        }
        let items = DatabaseSetting.items(of: value).map(Quoting.literal)
        return SQL(raw: "SET \(name) TO \(items.isEmpty ? "''" : items.joined(separator: ", "))")
    }

    /// PostgreSQL's parameters that are lists of quoted names (`GUC_LIST_QUOTE`); it allows no new ones.
    private static let lists: Set = [
        "search_path", "temp_tablespaces", "session_preload_libraries", "shared_preload_libraries",
        "local_preload_libraries", "unix_socket_directories",
    ]

    /// The elements of a list: between commas, with or without double quotes; two of them inside quotes are one.
    package static func items(of value: String) -> [String] {
        var items: [String] = [], item = "", isQuoted = false, wasQuoted = false
        func end() {
            if wasQuoted || !item.isEmpty { items.append(item) }
            (item, wasQuoted) = ("", false)
        }
        let scalars = Array(value.unicodeScalars)
        var index = 0
        while index < scalars.count {
            let scalar = scalars[index]
            if isQuoted {
                if scalar != "\"" {
                    item.unicodeScalars.append(scalar)
                } else if index + 1 < scalars.count, scalars[index + 1] == "\"" {
                    item.unicodeScalars.append(scalar)
                    index += 1
                } else {
                    isQuoted = false
                }
            } else if scalar == "\"" {
                (isQuoted, wasQuoted) = (true, true)
            } else if scalar == "," {
                end()
            } else if !scalar.properties.isWhitespace {
                item.unicodeScalars.append(scalar)
            }
            index += 1
        }
        end()
        return items
    }
}
