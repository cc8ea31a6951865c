/// Which types may be copied in binary form: built-in types whose send and receive functions have kept their form in all
/// supported versions and do not depend on settings, locale or object ids of the database.
///
/// Left out on purpose: `xml` (its declaration is rewritten), the `reg…` types (their binary form is an object id),
/// `tsquery`, `int2vector` and `oidvector` (PostgreSQL does not read back the binary form of their empty values),
/// domains, enums, composites and everything that an extension or a user defined.
package enum BinaryFormat {
    /// Whether values of this type, given by `pg_type.oid`, have a stable binary form.
    package static func isStable(_ typeOID: UInt32) -> Bool { stable.contains(typeOID) }

    /// Type and array type, by `pg_type.oid`; these numbers are fixed in PostgreSQL's own catalog.
    static let types: [(name: String, oid: UInt32, array: UInt32)] = [
        ("bool", 16, 1000), ("bytea", 17, 1001), ("char", 18, 1002), ("name", 19, 1003), ("int8", 20, 1016),
        ("int2", 21, 1005), ("int4", 23, 1007), ("text", 25, 1009), ("oid", 26, 1028),
        ("tid", 27, 1010), ("xid", 28, 1011), ("cid", 29, 1012), ("json", 114, 199),
        ("point", 600, 1017), ("lseg", 601, 1018), ("path", 602, 1019), ("box", 603, 1020), ("polygon", 604, 1027),
        ("line", 628, 629), ("cidr", 650, 651), ("float4", 700, 1021), ("float8", 701, 1022), ("circle", 718, 719),
        ("macaddr8", 774, 775), ("money", 790, 791), ("macaddr", 829, 1040), ("inet", 869, 1041),
        ("bpchar", 1042, 1014), ("varchar", 1043, 1015), ("date", 1082, 1182), ("time", 1083, 1183),
        ("timestamp", 1114, 1115), ("timestamptz", 1184, 1185), ("interval", 1186, 1187), ("timetz", 1266, 1270),
        ("bit", 1560, 1561), ("varbit", 1562, 1563), ("numeric", 1700, 1231), ("uuid", 2950, 2951),
        ("txid_snapshot", 2970, 2949), ("pg_lsn", 3220, 3221), ("tsvector", 3614, 3643),
        ("jsonb", 3802, 3807), ("jsonpath", 4072, 4073), ("xid8", 5069, 271), ("pg_snapshot", 5038, 5039),
        ("int4range", 3904, 3905), ("numrange", 3906, 3907), ("tsrange", 3908, 3909), ("tstzrange", 3910, 3911),
        ("daterange", 3912, 3913), ("int8range", 3926, 3927), ("int4multirange", 4451, 6150),
        ("nummultirange", 4532, 6151), ("tsmultirange", 4533, 6152), ("tstzmultirange", 4534, 6153),
        ("datemultirange", 4535, 6155), ("int8multirange", 4536, 6157),
    ]

    /// The types, by `pg_type.oid`; all of them are PostgreSQL's own.
    package static var stableTypes: Set<UInt32> { stable }

    private static let stable = Set(types.flatMap { [$0.oid, $0.array] })
}
