/// The settings that every session pins, so that backup and proof read the same bytes whatever server, database, role
/// or environment say.
enum SessionSettings {
    private static let pinned = [
        ("datestyle", "ISO"), ("intervalstyle", "postgres"), ("timezone", "UTC"), ("extra_float_digits", "3"),
        ("bytea_output", "hex"), ("xmloption", "content"), ("lc_monetary", "C"), ("search_path", ""),
        ("row_security", "off"), ("standard_conforming_strings", "on"),
        // Nothing here ends by itself; limits are set where they are wanted.
        ("statement_timeout", "0"), ("lock_timeout", "0"), ("idle_in_transaction_session_timeout", "0"),
        ("idle_session_timeout", "0"), ("transaction_timeout", "0"),
        ("max_parallel_workers_per_gather", "0"), ("jit", "off"),
        // A large table is read from its first block on, so that the same rows give the same bytes.
        ("synchronize_seqscans", "off"),
        // During COPY FROM the server speaks only to report a failure; a notice would look like one.
        ("client_min_messages", "error"),
    ]

    /// One statement for one round trip. A setting that the server does not know (they came with later versions) is
    /// left out by the join.
    ///
    /// Names and values of statements are UTF-8, as everything in this program; COPY is what reads and writes in the
    /// server's encoding. A database in SQL_ASCII has bytes, which the server does not convert.
    static let statement: SQL = """
        SELECT pg_catalog.set_config(wanted.name, wanted.value, false)
        FROM ROWS FROM (
            pg_catalog.unnest(\(array: pinned.map(\.0))::text[]), pg_catalog.unnest(\(array: pinned.map(\.1))::text[])
        ) AS wanted (name, value)
        JOIN pg_catalog.pg_settings AS known ON pg_catalog.lower(known.name) = wanted.name
        UNION ALL
        SELECT pg_catalog.set_config('client_encoding', CASE pg_catalog.current_setting('server_encoding')
            WHEN 'SQL_ASCII' THEN 'SQL_ASCII' ELSE 'UTF8' END, false)
        """
}
