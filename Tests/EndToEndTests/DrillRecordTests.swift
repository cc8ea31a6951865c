import Effects
import FoundationEssentials
import Glibc
import LiveSupport
import Postgres
import Processes
import TestSupport
import Testing

/// What `list`, `show` and `status` say of drills: of those that failed, and of how long ago the last good one was.
@Suite struct DrillRecordTests {
    private struct Status: Decodable {
        struct Drilled: Decodable {
            let backup: String
            let time: String
        }
        struct Failure: Decodable {
            let backup: String
            let level: String
            let code: String
        }
        let undrilled: Bool
        let drilled: Drilled?
        let drillFailure: Failure?
        let exit: Int32
    }

    private func status(_ instance: OpsInstance, _ arguments: String..., expecting code: Int32) throws -> Status {
        try instance.run(["status", "--json"] + arguments).expect(code).object()
    }

    @Test func `a drill that failed is shown beside what was proven before, until one that goes as far succeeds`()
        throws
    {
        let instance = try OpsInstance(.october), place = try DrillPlace(instance)
        try instance.ops("backup").expect(0)
        let never = try status(instance, "--max-drill-age", "1d", expecting: 16)
        #expect(never.undrilled && never.drilled == nil && never.drillFailure == nil)
        #expect(try instance.ops("status", "--max-drill-age", "1d").expect(16).output.contains("no drill has opened"))
        let good = try instance.drill()
        let fresh = try status(instance, "--max-drill-age", "1d", expecting: 0)
        #expect(!fresh.undrilled && fresh.drilled?.backup == good.backup)

        let sql = "UPDATE public.super_admin SET \"allowSignUp\" = NOT \"allowSignUp\""
        let failed = try instance.drill(expecting: 1, doing: sql)
        #expect(failed.proven == "restored")
        let both = try status(instance, "--max-drill-age", "1d", expecting: 2)
        #expect(both.drilled?.backup == good.backup && both.drillFailure?.level == "equal")
        #expect(both.drillFailure?.code == "drill.differs" && both.drillFailure?.backup == good.backup)
        let standing = try instance.lastProof()
        #expect(standing.proof == "decrypts" && standing.drillFailure?.message.contains("super_admin") == true)
        for (command, words) in [
            ("list", "decrypts, last drill failed at equal on 20"),
            ("show", "drill      last drill failed at equal on 20"),
            ("status", "drill       last drill failed at equal on 20"),
        ] {
            let text = try instance.ops(command).expect(command == "status" ? 2 : 0).output
            #expect(text.contains(words), "\(text)")
        }
        // Neither a check of another kind nor a newer backup takes it back.
        try instance.ops("verify").expect(0)
        _ = try instance.drill("--level", "restored")
        try instance.ops("backup").expect(0)
        #expect(try status(instance, expecting: 2).drillFailure != nil)
        #expect(try instance.lastProof().drillFailure == nil)
        // The way out is said, and it leads out.
        let second = try instance.ids()[1], hint = "run: infisical-ops drill \(second)"
        let told = try instance.ops("status").expect(2).output
        #expect(told.contains("drill       until a drill has gone as far; \(hint)"), "\(told)")
        _ = try instance.ops("drill", second).expect(0)
        #expect(try status(instance, expecting: 0).drillFailure == nil)
        // Of the newest itself: a new backup, and its drill.
        try instance.ops("drill").expect(0)
        _ = try instance.drill(expecting: 1, doing: sql)
        let newest = try instance.ops("status").expect(2).output
        #expect(newest.contains("run: infisical-ops backup, then: infisical-ops drill"), "\(newest)")
        try instance.ops("backup").expect(0)
        _ = try instance.drill()
        #expect(try status(instance, expecting: 0).drillFailure == nil)
        try place.expectNothing()
    }

    @Test func `a backup that does not restore is recorded, and a drill that could not be carried out is not`() throws {
        let instance = try OpsInstance(nil), place = try DrillPlace(instance)
        try instance.connection().execute(
            script: "CREATE DOMAIN public.d AS int CHECK (current_user = 'postgres');"
                + "CREATE TABLE public.t (i public.d); INSERT INTO public.t VALUES (1)")
        try instance.ops("backup").expect(0)
        let before = try instance.stored("proofs").count
        let folder = instance.environment["INFISICAL_OPS_DRILL_FOLDER"]
        instance.environment["INFISICAL_OPS_DRILL_FOLDER"] = .plain(instance.path("none"))
        #expect(try instance.ops("drill").exit != 0)
        #expect(try instance.stored("proofs").count == before)
        instance.environment["INFISICAL_OPS_DRILL_FOLDER"] = folder
        let refused = try instance.run(["drill", "--json"]).expect(1)
        #expect(try refused.fault().code == "drill.does-not-restore", "\(refused.output) \(refused.errors)")
        let standing = try instance.lastProof()
        #expect(standing.proof == nil && standing.drillFailure?.level == "restored")
        #expect(standing.drillFailure?.code == "drill.does-not-restore")

        // The next one replaces the record, and does not add to it.
        let count = try instance.stored("proofs").count
        try instance.run(["drill", "--json"]).expect(1)
        #expect(try instance.stored("proofs").count == count)
        // Where it cannot be written down that is said: on a host without the key, and where the disk takes nothing.
        struct Shown: Decodable { let signer: String }
        let sheet: Shown = try instance.ops("init", "--json", "--no-configuration").expect(0).object()
        let elsewhere = try instance.run(
            ["drill", "--json", "--identity-file", try instance.identityFile],
            environment: [
                "INFISICAL_OPS_STATE_FOLDER": .plain(instance.path("elsewhere")),
                "INFISICAL_OPS_SIGNER": .plain(sheet.signer),
            ]
        ).expect(1)
        #expect(try elsewhere.fault().code == "drill.does-not-restore")
        #expect(try elsewhere.fault().cleanup.joined().contains("was not recorded"), "\(elsewhere.errors)")
        let proofs = "\(instance.repository)/proofs/\(try instance.ids()[0])"
        try FileManager.default.removeItem(atPath: proofs)
        try instance.write([1], to: proofs)
        let full = try instance.run(["drill", "--json"]).expect(1)
        #expect(try full.fault().code == "drill.does-not-restore")
        #expect(try full.fault().cleanup.joined().contains("was not recorded"), "\(full.errors)")
        try place.expectNothing()
    }

    @Test func `what was found ends the run with its code, though it cannot be written down`() throws {
        let instance = try OpsInstance(.october), place = try DrillPlace(instance)
        try instance.ops("backup").expect(0)
        let full = Victim(kind: .failsBefore, effects: [.createFolder], error: ENOSPC, isSticky: true)
        let verified = try instance.run(["verify"], victim: full).expect(2)
        #expect(verified.errors.contains("no proof was recorded: "), "\(verified.errors)")
        let proofs = "\(instance.repository)/proofs/\(try instance.ids()[0])"
        try instance.write([1], to: proofs)
        let drilled = try instance.drill(expecting: 2)
        #expect(drilled.proven == "decrypts" && drilled.warnings.joined().contains("no proof was recorded: "))
        try place.expectNothing()
    }

    @Test func `what no key at hand can prove is told beside what opened`() throws {
        struct Status: Decodable {
            struct Drilled: Decodable { let notProvable: Int? }
            let drilled: Drilled?
        }
        let instance = try OpsInstance(.october), place = try DrillPlace(instance)
        try instance.ops("backup").expect(0)
        let report = try instance.drill()
        let unproven = report.notes.filter { $0.hasPrefix("not provable: ") }
        #expect(!unproven.isEmpty, "\(report.notes)")
        let status: Status = try instance.ops("status", "--json").expect(0).object()
        let count = try #require(status.drilled?.notProvable)
        #expect(count > 0)
        let text = try instance.ops("status").expect(0).output
        #expect(
            text.contains("Z: every value that can be checked offline was opened; \(count) values cannot: "), "\(text)")
        #expect(!text.contains("every ciphertext was opened"))
        try place.expectNothing()
    }

    @Test func `a snapshot of the legacy keys that is missing keeps a drill from decrypts`() throws {
        let instance = try OpsInstance(.s8), place = try DrillPlace(instance)
        try instance.sql("DELETE FROM kms_legacy_encryption_keys")
        _ = try instance.ops("backup")
        let report = try instance.drill(expecting: 2)
        #expect(report.proven == "equal" && report.unchecked.joined().contains("kms_legacy_encryption_keys has no row"))
        #expect(try instance.lastProof().proof == "equal")
        try place.expectNothing()
    }
}
