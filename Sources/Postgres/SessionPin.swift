/// What a session is for; decides which settings it pins.
package enum SessionUse: Sendable {
    /// Reads a database, perhaps a stranger's. Whether it may write is left as the server says: `health` wants to know.
    case reading
    /// Makes and fills databases.
    case writing
}

/// A setting that every session pins, so that backup and proof read the same bytes, and a restore writes them,
/// whatever the server, database, role or environment say.
struct SessionPin: Sendable {
    let name: String
    let value: String
    /// Whether it can only be set while the session begins.
    let isForStart: Bool

    private init(_ name: String, _ value: String, isForStart: Bool = false) {
        self.name = name
        self.value = value
        self.isForStart = isForStart
    }

    /// Whether `SHOW` answers with the value; lists show an empty one as an empty quoted name, or as nothing.
    func holds(_ shown: String) -> Bool { shown == value || (value.isEmpty && shown == "\"\"") }

    /// All that any role may set with any supported server, as options of the connection: before anything of the
    /// database can run.
    static func atStart(_ use: SessionUse) -> [SessionPin] {
        switch use {
        case .reading: always
        case .writing: always + writing
        }
    }

    private static let always = [
        // Who and where: a database's own values would run the code of its owner with our rights.
        SessionPin("role", "none"), SessionPin("search_path", ""),
        SessionPin("local_preload_libraries", "", isForStart: true), SessionPin("row_security", "off"),
        // The text form of values, going out and coming in.
        SessionPin("datestyle", "ISO, MDY"), SessionPin("intervalstyle", "postgres"), SessionPin("timezone", "UTC"),
        SessionPin("timezone_abbreviations", "Default"), SessionPin("extra_float_digits", "3"),
        SessionPin("bytea_output", "hex"), SessionPin("xmloption", "content"), SessionPin("xmlbinary", "base64"),
        SessionPin("lc_monetary", "C"), SessionPin("lc_numeric", "C"), SessionPin("lc_time", "C"),
        SessionPin("array_nulls", "on"),
        // How statements are understood.
        SessionPin("standard_conforming_strings", "on"), SessionPin("backslash_quote", "safe_encoding"),
        SessionPin("escape_string_warning", "off"), SessionPin("quote_all_identifiers", "off"),
        SessionPin("transform_null_equals", "off"), SessionPin("exit_on_error", "off"),
        SessionPin("default_transaction_isolation", "read committed"),
        SessionPin("default_transaction_deferrable", "off"),
        // Nothing here ends by itself; limits are set where they are wanted.
        SessionPin("statement_timeout", "0"), SessionPin("lock_timeout", "0"),
        SessionPin("idle_in_transaction_session_timeout", "0"), SessionPin("idle_session_timeout", "0"),
        SessionPin("tcp_user_timeout", "0", isForStart: true),
        // A large table is read by one process, from its first block on, so that the same rows give the same bytes.
        SessionPin("synchronize_seqscans", "off"), SessionPin("max_parallel_workers_per_gather", "0"),
        SessionPin("jit", "off"), SessionPin("gin_fuzzy_search_limit", "0"),
        // Set to `on`, it makes the planner compute the conditions of a table, which may call its owner's functions.
        SessionPin("constraint_exclusion", "partition"),
        // During COPY FROM the server speaks only to report a failure; a notice would look like one.
        SessionPin("client_min_messages", "error"),
    ]

    private static let writing = [
        SessionPin("default_transaction_read_only", "off"), SessionPin("default_tablespace", ""),
        SessionPin("temp_tablespaces", ""), SessionPin("default_table_access_method", "heap"),
        // A function's body may name what is made only later.
        SessionPin("check_function_bodies", "off"),
    ]

    /// What only some of the supported servers know, or what depends on the database: set by a statement.
    static func afterStart(
        _ use: SessionUse, _ version: ServerVersion, serverEncoding: String?
    ) -> [SessionPin] {
        var pins: [SessionPin] = []
        // A database in SQL_ASCII has bytes, which the server does not convert. Else names and values are UTF-8, as
        // everything in this program; COPY is what reads and writes in the server's encoding.
        if serverEncoding == "SQL_ASCII" { pins.append(SessionPin("client_encoding", "SQL_ASCII")) }
        if version.major >= 17 { pins.append(SessionPin("transaction_timeout", "0")) }
        if version.restrictsRelations {
            // A view in the place of a table would run its owner's functions with our rights.
            let kinds = use == .reading ? "view, foreign-table" : ""
            pins.append(SessionPin("restrict_nonsystem_relation_kind", kinds))
        }
        return pins
    }

    /// Only a superuser can set these, and whoever does wants something else than what a backup or a restore wants.
    static let superuserOnly = [
        SessionPin("zero_damaged_pages", "off"), SessionPin("ignore_checksum_failure", "off"),
        SessionPin("session_replication_role", "origin"),
    ]

    /// For a session that was begun without options. In a transaction, such a value ends with it.
    static func statement(_ pins: [SessionPin], isLocal: Bool) -> String {
        pins.map { "SET \(isLocal ? "LOCAL " : "")\($0.name) TO \(Quoting.literal($0.value))" }.joined(separator: "; ")
    }
}

extension Endpoint {
    /// The `options` of a session: what the configuration or `PGOPTIONS` asks for, then the pins.
    package func startupOptions(_ use: SessionUse) -> String {
        var options = StartupOptions(parameters["options"] ?? InheritedOptions.text ?? "")
        for pin in SessionPin.atStart(use) { options.set(pin.name, pin.value) }
        return options.text
    }
}

extension ServerVersion {
    /// Whether it has `restrict_nonsystem_relation_kind`, which came with the minor versions of August 2024.
    fileprivate var restrictsRelations: Bool {
        switch major {
        case ..<15: number >= 140_013
        case 15: number >= 150_008
        case 16: number >= 160_004
        default: true
        }
    }
}
