import LiveSupport
import Postgres
import Testing

@Suite struct DatabaseSettingTests {
    /// What PostgreSQL stores for a setting, set again from what it stored, is stored as the same.
    @Test(arguments: [
        #"search_path TO "$user", public"#, #"search_path TO "a, b", "with ""quotes""", Plain"#, "search_path TO ''",
        "search_path TO DEFAULT", "work_mem TO '7MB'", "timezone TO 'Europe/Vienna'", #"my.own TO 'a "b", c \ ''d'"#,
        "session_preload_libraries TO 'auto_explain', 'other'", "temp_tablespaces TO ''",
    ])
    func `a setting is set again as it was`(assignment: String) throws {
        try LiveServer.withDatabase { connection, endpoint in
            let database = endpoint.database
            let stored = {
                let rows = try connection.query(
                    """
                    SELECT unnest(setconfig) AS text FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase
                    WHERE d.datname = \(database)
                    """)
                return try rows.map { try $0.string("text") }
            }
            try connection.query("ALTER DATABASE \(identifier: database) SET \(raw: assignment)")
            let before = try stored()
            try connection.query("ALTER DATABASE \(identifier: database) RESET ALL")
            for text in before {
                let setting = try #require(DatabaseSetting(assignment: text))
                try connection.query("ALTER DATABASE \(identifier: database) \(raw: setting.sql.text)")
            }
            #expect(try stored() == before)
        }
    }

    @Test func `what is no assignment is none`() {
        #expect(DatabaseSetting(assignment: "no sign") == nil)
        #expect(DatabaseSetting(assignment: "a.b=c=d")?.value == "c=d")
    }
}
