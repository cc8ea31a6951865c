import Effects
import Faults
import Glibc
import Testing

@testable import Postgres

@Suite struct PostgresFaultTests {
    private static let session = ClientSession(pid: 4711, user: "root", application: "psql", address: "10.0.0.1")

    static let all: [PostgresFault] = [
        .notNamed, .unknownHost("db"),
        .certificateNotAccepted(server: "h:1", reason: "certificate verify failed", authority: "DB_ROOT_CERT"),
        .connectionRefused(server: "h:1", reason: "connection refused"),
        .unreachable(server: "h:1", reason: "no route to host"), .connectTimedOut(server: "h:1", seconds: 15),
        .wrongPassword(user: "u", server: "h:1", origin: "INFISICAL_POSTGRES_PASSWORD in .env"),
        .notAllowed(user: "u", database: "d", server: "h:1", reason: "no pg_hba.conf entry"),
        .noSuchDatabase(name: "d", server: "h:1"), .tooManyConnections(server: "h:1"),
        .serverNotReady(server: "h:1", reason: "the database system is starting up"),
        .connectFailed(server: "h:1", reason: "invalid sslmode"), .tooOld(ServerVersion(130_011), server: "h:1"),
        .interrupted(Interruption(signal: SIGTERM)),
        .connectionLost(server: "h:1", during: "COPY", reason: "terminating connection"),
        .deadlinePassed(during: "SELECT", seconds: 30), .cancelled(during: "COPY"),
        .permissionDenied(reason: "permission denied for table t"), .lockNotAvailable(reason: "could not obtain lock"),
        .serverDiskFull(reason: "could not extend file"), .databaseExists(name: "d"),
        .duplicate(reason: "relation \"t\" already exists"), .badData(sqlState: "23505", place: "constraint t_pkey"),
        .statementFailed(sqlState: "42601", reason: "syntax error", during: "SELECT"),
        .unexpectedAnswer("no column x"), .notUnicode(column: "relname"),
        .unreadableRelations(["\"public\".\"a\"", "\"public\".\"b\""]),
        .relationsKeepChanging(attempts: 10, example: "\"public\".\"t\" was dropped"),
        .locksNotAvailable(attempts: 60, reason: "could not obtain lock on relation \"t\""),
        .snapshotGone(reason: "the session that held it has ended"),
        .targetOlder(source: ServerVersion(160_002), target: ServerVersion(150_004)), .rolesMissing(["a", "b"]),
        .localeUnknown("xx_YY.UTF-8"), .noServerPrograms("initdb"), .scratchServerFailed("initdb ended with 1"),
        .otherDatabase("d"), .sessionsStay(database: "d", [session], beginning: 1, seconds: 20),
        .unknownClients(database: "d", [session]), .mayNotEnd(database: "d", [session], user: "u"),
        .mayNotClose(database: "d", user: "u"), .preparedTransactions(database: "d", count: 2),
        .lockHeld(2025, [session], seconds: 30), .notDurable("synchronous_commit is off"),
    ]

    @Test(arguments: all.indices) func `every fault says what happened and what to do`(index: Int) {
        let fault = Self.all[index]
        #expect(fault.code.hasPrefix("postgres.") && fault.code.count > 12)
        #expect(
            !["postgres.connect", "postgres.statement", "postgres.workflow", "postgres.fence"].contains(fault.code))
        // Only the word of a statement may stand in capitals.
        let first = fault.message.prefix { $0 != " " }
        #expect(first.first?.isLowercase == true || first.allSatisfy(\.isUppercase), "\(fault.message)")
        #expect(fault.message.last != ".")
        #expect(!fault.hints.isEmpty)
        #expect(!FaultRenderer.text(fault).contains("Optional("))
    }

    @Test func `codes are distinct`() { #expect(Set(Self.all.map(\.code)).count == Self.all.count) }

    @Test func `what a message must name is in it`() {
        let texts = Self.all.map(\.message).joined(separator: "\n")
        for word in [
            "DB_ROOT_CERT", "user u", "database d", "h:1", "15 seconds", "13.11", "during COPY",
            "constraint t_pkey", "23505", "42601", "\"public\".\"a\", \"public\".\"b\"", "10 attempts", "60 attempts",
            "16.2", "15.4", "xx_YY.UTF-8", "initdb", "process 4711 (psql of root from 10.0.0.1)", "20 seconds",
            "2 prepared transactions", "2025", "synchronous_commit is off",
        ] {
            #expect(texts.contains(word), "\(word)")
        }
    }

    @Test func `a password that was looked for nowhere is said to come from nowhere`() {
        let fault = PostgresFault.wrongPassword(user: "u", server: "h:1", origin: nil)
        #expect(FaultRenderer.text(fault).contains("PGPASSFILE"))
    }

    @Test func `what was refused before anything changed says so, an interruption passes its signal on`() {
        let refused = Self.all.filter { $0.exit == .refused }.map(\.code)
        #expect(
            refused.sorted() == [
                "postgres.database-exists", "postgres.locale-unknown", "postgres.may-not-close", "postgres.may-not-end",
                "postgres.not-named", "postgres.not-unicode", "postgres.other-database",
                "postgres.prepared-transactions", "postgres.roles-missing", "postgres.target-older",
                "postgres.too-old", "postgres.unknown-clients", "postgres.unreadable-relations",
            ])
        #expect(PostgresFault.interrupted(Interruption(signal: SIGTERM)).exit == .terminated)
        #expect(PostgresFault.interrupted(Interruption(signal: SIGINT)).exit == .interrupted)
    }

    @Test func `a fault without a place or a reason still reads well`() {
        #expect(
            PostgresFault.badData(sqlState: "22P02", place: "").message == "the server refuses a row, SQLSTATE 22P02")
        #expect(
            PostgresFault.connectionLost(server: "h:1", during: "COPY", reason: nil).message
                == "the connection to h:1 was lost during COPY")
    }
}
