import CLibPQ

extension Connection {
    /// The fault of a failed result. Reads the SQLSTATE and names; the primary message only where its class cannot
    /// quote row values and no function of the database wrote it; DETAIL, CONTEXT and QUERY never.
    func fault(of result: OpaquePointer, during: String) -> PostgresFault {
        guard let state = field(clibpq_field_sqlstate, of: result) else {
            // No SQLSTATE: libpq itself failed, which means the connection.
            return handle.map { PQstatus($0) } == CONNECTION_OK
                ? .unexpectedAnswer("a failure without a code during \(during)") : lost(during)
        }
        let reason =
            Refusal.isRaised(by: field(clibpq_field_function, of: result))
            ? Refusal.raised : field(clibpq_field_message, of: result) ?? "no reason given"
        switch state {
        case "42501": return .permissionDenied(reason: reason)
        case "55P03": return .lockNotAvailable(reason: reason)
        case "57014": return .cancelled(during: during)
        case "57P01", "57P02", "57P03", "57P05", "25P03":
            return .connectionLost(server: endpoint.server, during: during, reason: reason)
        case "53100": return .serverDiskFull(reason: reason)
        case "53300": return .tooManyConnections(server: endpoint.server)
        case "3D000": return .noSuchDatabase(name: endpoint.database, server: endpoint.server)
        case "42P04": return .databaseExists(name: reason.quotedName ?? reason)
        case "42P06", "42P07", "42701", "42710", "42723": return .duplicate(reason: reason)
        default: break
        }
        // Data exceptions and violated constraints quote values even in their primary message.
        if ["22", "23", "44"].contains(state.prefix(2)) { return .badData(sqlState: state, place: place(in: result)) }
        if state.hasPrefix("08") {
            return .connectionLost(server: endpoint.server, during: during, reason: reason)
        }
        return .statementFailed(sqlState: state, reason: reason, during: during)
    }

    func place(in result: OpaquePointer) -> String {
        let names: [(String, Int)] = [
            ("table", clibpq_field_table), ("column", clibpq_field_column), ("constraint", clibpq_field_constraint),
            ("type", clibpq_field_type),
        ]
        return names.compactMap { name, code in field(code, of: result).map { "\(name) \($0)" } }
            .joined(separator: ", ")
    }

    func field(_ code: Int, of result: OpaquePointer) -> String? {
        PQresultErrorField(result, Int32(code)).map { String(cString: $0) }
    }
}

extension String {
    /// The first part between double quotes, if any.
    fileprivate var quotedName: String? {
        let parts = split(separator: "\"", omittingEmptySubsequences: false)
        return parts.count >= 3 ? String(parts[1]) : nil
    }
}
