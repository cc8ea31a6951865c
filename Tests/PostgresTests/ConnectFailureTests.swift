import Testing

@testable import Postgres

/// How the text that libpq gives for a failed connection is read. `ConnectTests` has the live half.
@Suite struct ConnectFailureTests {
    @Test(arguments: [
        (
            "connection to server at \"10.0.0.1\", port 5432 failed: FATAL:  28P01: password authentication failed for user \"u\"\n",
            "28P01", "password authentication failed for user \"u\""
        ),
        // The first word is translated; the code is not.
        (
            "Verbindung zum Server auf »db« fehlgeschlagen: TÖDLICH:  3D000: Datenbank »d« existiert nicht\nORT:  x.c:1",
            "3D000", "Datenbank »d« existiert nicht"
        ),
        (
            "connection to server at \"::1\", port 1 failed: Connection refused\n"
                + "connection to server at \"127.0.0.1\", port 1 failed: FATAL:  53300: sorry, too many clients already\n",
            "53300", "sorry, too many clients already"
        ),
        ("FATAL:  57P03: the database system is starting up", "57P03", "the database system is starting up"),
        ("FATAL:  08006: : odd", "08006", ": odd"),
    ]) func `the code and the reason are found in libpq's text`(text: String, state: String, reason: String) {
        let found = ConnectFailure.serverRefusal(in: text)
        #expect(found?.state == state && found?.reason == reason)
    }

    @Test(arguments: [
        "", "\n\n", "could not translate host name \"x\" to address: Name or service not known",
        "FATAL:  28p01: lower case is no code", "FATAL:  28P0: too short", "FATAL: 28P01: one blank only",
        "FATAL:  28P01", "FATAL:  28P01:", "FATAL:  28P01: ", ":  28P01", "é:  é: é",
    ]) func `a text without a code has none`(text: String) {
        #expect(ConnectFailure.serverRefusal(in: text) == nil)
    }
}
