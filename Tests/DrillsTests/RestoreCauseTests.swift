import Faults
import Postgres
import Repository
import Testing

@testable import Drills

/// Which failed restores are held against the backup.
@Suite struct RestoreCauseTests {
    private func code(_ fault: PostgresFault) throws -> String {
        let id = try #require(BackupID("20261123T234700Z-1f2e3d4c"))
        let result: any Fault = .of(RestoreCause(Failure(fault, context: ["table"])).fault(of: id))
        return result.code
    }

    @Test func `a server that is older, or lacks a locale, is refused and says nothing of the backup`() throws {
        let older = PostgresFault.targetOlder(source: ServerVersion(160_002), target: ServerVersion(140_011))
        #expect(try code(older) == "postgres.target-older")
        #expect(try code(.localeUnknown("xx_YY.UTF-8")) == "postgres.locale-unknown")
    }

    @Test(arguments: ["42704", "0A000", "58P01", "53100", "57P01", "XX000"])
    func `what the scratch server lacks, and its own troubles, are not the backup's`(state: String) throws {
        let fault = PostgresFault.statementFailed(sqlState: state, reason: "r", during: "d")
        #expect(try code(fault) == "drill.scratch-failed")
    }

    @Test(arguments: ["42601", "42883", "22P02", "23505"])
    func `what any server would refuse is held against the backup`(state: String) throws {
        let fault = PostgresFault.statementFailed(sqlState: state, reason: "r", during: "d")
        #expect(try code(fault) == "drill.does-not-restore")
    }

    @Test func `a table that needs an extension which is not installed says nothing of the backup`() {
        let type = "type \"public.vector\" does not exist (SQLSTATE 42704)"
        let function = "function public.uuid_generate_v4() does not exist (SQLSTATE 42883)"
        let lost = "extension uuid-ossp: extension \"uuid-ossp\" is not available (SQLSTATE 0A000)"
        #expect(RestoreCause.isOfServer(type, []))
        #expect(RestoreCause.isOfServer(function, [lost]))
        #expect(!RestoreCause.isOfServer(function, ["function public.f(): syntax error (SQLSTATE 42601)"]))
        #expect(!RestoreCause.isOfServer("syntax error (SQLSTATE 42601)", [lost]))
        #expect(!RestoreCause.isOfServer("no reason given", []))
    }
}
