extension Catalog {
    /// What a restore will leave out, as far as the database that is backed up shows it.
    package struct RestoreObstacle: Sendable, Equatable {
        /// Such as `event trigger`.
        package let kind: String
        package let name: String
        package let reason: Reason

        package enum Reason: String, Sendable {
            /// Only a superuser may make it, and this session's user is none.
            case superuser
            /// The files of the extension are gone.
            case notAvailable = "files"
            /// A failed build left it, so that `pg_dump` leaves it out.
            case invalid
        }

        /// One clause.
        package var text: String {
            let why =
                switch reason {
                case .superuser: "only a superuser can create it"
                case .notAvailable: "this server no longer has the files for it"
                case .invalid: "a failed build left it invalid; REINDEX, or drop it"
                }
            return "\(kind) \(name) (\(why))"
        }
    }

    /// Looks for objects of the connected database that a restore as the same user, on a server like this one, cannot make.
    package static func restoreObstacles(
        _ description: DatabaseDescription, isSuperuser: Bool, _ connection: Connection
    ) throws(PostgresFault) -> [RestoreObstacle] {
        let rows = try connection.query(
            """
            SELECT 'extension' AS kind, e.extname::text AS name, CASE
                WHEN NOT EXISTS (SELECT FROM pg_available_extensions a WHERE a.name = e.extname) THEN 'files'
                ELSE 'superuser' END AS reason
            FROM pg_extension e WHERE e.oid >= 16384 AND NOT EXISTS (
                SELECT FROM pg_available_extension_versions v WHERE v.name = e.extname AND (v.trusted OR NOT v.superuser OR \(isSuperuser)))
            UNION ALL SELECT 'event trigger', t.evtname, 'superuser' FROM pg_event_trigger t
            WHERE NOT \(isSuperuser) AND NOT EXISTS (SELECT FROM pg_depend d
                WHERE d.classid = 'pg_event_trigger'::regclass AND d.objid = t.oid AND d.deptype = 'e')
            UNION ALL SELECT 'publication', p.pubname, 'superuser' FROM pg_publication p
            WHERE NOT \(isSuperuser) AND p.puballtables
            UNION ALL SELECT 'foreign data wrapper', f.fdwname, 'superuser' FROM pg_foreign_data_wrapper f
            WHERE NOT \(isSuperuser) AND NOT EXISTS (SELECT FROM pg_depend d
                WHERE d.classid = 'pg_foreign_data_wrapper'::regclass AND d.objid = f.oid AND d.deptype = 'e')
            ORDER BY 1, 2
            """)
        var obstacles: [RestoreObstacle] = []
        for row in rows {
            guard let reason = RestoreObstacle.Reason(rawValue: try row.string("reason")) else {
                throw .unexpectedAnswer("an obstacle of an unknown kind")
            }
            obstacles.append(
                RestoreObstacle(kind: try row.string("kind"), name: try row.string("name"), reason: reason))
        }
        return obstacles
            + description.invalidIndexes.map { RestoreObstacle(kind: "index", name: $0, reason: .invalid) }
    }

    /// One sentence without full stop; nil where nothing stands in the way.
    package static func warning(of obstacles: [RestoreObstacle]) -> String? {
        if obstacles.isEmpty { return nil }
        return "a restore by this user will leave out: " + obstacles.map(\.text).joined(separator: ", ")
    }
}
