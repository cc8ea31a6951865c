import Effects
import FoundationEssentials
import Glibc
import LiveSupport
import Postgres
import Processes
import TestSupport
import Testing

/// Repositories on disks that are full, read-only or gone.
@Suite struct BadInputDiskTests {
    /// What changes enough of the database that a backup has to write chunks.
    private static let work: SQL = "UPDATE audit_logs SET \"userAgent\" = md5(id::text) || gen_random_uuid()"

    /// The last line of a shell script's output is a run's standard output or standard error.
    private func fault(_ line: Substring?) throws -> FaultObject {
        try JSONDecoder().decode(FaultObject.self, from: Data((line ?? "").utf8))
    }

    @Test func `a backup on a full disk fails with the cause, keeps what was there, and goes on when there is room`()
        throws
    {
        let instance = try OpsInstance()
        try instance.ops("backup").expect(0)
        try instance.sql(Self.work)
        // The repository is copied onto a small file system, whose last bytes a filler takes.
        let result = try instance.shell(
            """
            sums() { (cd "$REPOSITORY" && find . -path ./locks -prune -o -type f ! -name filler -exec sha256sum {} + | sort); }
            cp -a "$REPOSITORY" "$REPOSITORY.copy"
            mount -t tmpfs -o size=4m,mode=700 tmpfs "$REPOSITORY"
            cp -a "$REPOSITORY.copy/." "$REPOSITORY"
            dd if=/dev/zero of="$REPOSITORY/filler" bs=4k status=none 2>/dev/null || true
            truncate -s -64k "$REPOSITORY/filler"
            sums >"$HOME/before"
            code=0; "$OPS" backup --json 2>"$HOME/fault" || code=$?
            echo "$code"
            sums >"$HOME/after"
            # Chunks that were written whole may stay, for the next run; everything else is as it was.
            diff "$HOME/before" "$HOME/after" | grep -v '^> .*/chunks/' | grep '^[<>]' || true
            find "$REPOSITORY/tmp" -type f
            flock -xn "$REPOSITORY/locks/backup" true
            code=0; "$OPS" status --json || code=$?
            echo "$code"
            code=0; "$OPS" backup --dry-run --json 2>>"$HOME/forecast" || code=$?
            echo "$code"
            "$OPS" verify --all --level readable -q
            mount -o remount,size=64m "$REPOSITORY" && rm "$REPOSITORY/filler"
            "$OPS" backup --json
            "$OPS" verify --all --level readable -q
            """
        ).expect(0)
        let fault = try fault(Self.text(instance.path("home/fault"))[...])
        #expect(fault.code == "file.disk-full" && fault.exit == 1)
        #expect(fault.message.contains("the disk is full") && fault.message.contains(instance.repository))
        #expect(fault.hints.contains { $0.hasPrefix("run: df -h") })
        let lines = result.output.split(separator: "\n")
        try #require(lines.count == 5, "\(result.output)\(result.errors)")
        #expect(lines[0] == "1" && lines[1].contains(#""backups":1"#) && lines[4].contains(#""sequence":2"#))
        // Neither is silent about what the next run would meet.
        #expect(lines[1].contains(#""repositoryFault":{"code":"file.disk-full""#) && lines[2] == "2" && lines[3] == "1")
        #expect(try self.fault(Self.text(instance.path("home/forecast"))[...]).code == "file.disk-full")
    }

    // Writing is the test above; here it would also be the pipes to PostgreSQL's programs.
    @Test(arguments: [Effect.Kind.sync, .rename, .open])
    func `a disk that stays full at any kind of step ends a backup with its cause`(kind: Effect.Kind) throws {
        let instance = try OpsInstance()
        try instance.ops("backup").expect(0)
        try instance.sql(Self.work)
        // Not at the first: the lock's own file is written too.
        let victim = Victim(kind: .failsBefore, position: 4, effects: [kind], error: ENOSPC, isSticky: true)
        let before = try instance.ids()
        let result = try instance.run(["backup", "--json"], victim: victim)
        try result.expect(1)
        #expect(try result.fault().code == "file.disk-full")
        Hints.check(try result.fault().hints)
        #expect(try instance.ids() == before)
        try instance.ops("backup").expect(0)
        try instance.expectUnlocked()
        try instance.ops("verify", "--all", "--level", "readable").expect(0)
    }

    @Test func `a read-only repository can be read and not be written`() throws {
        let instance = try OpsInstance(nil)
        try instance.sql("CREATE TABLE t AS SELECT generate_series(1, 1000) AS a")
        try instance.ops("backup").expect(0)
        let before = try instance.contents()
        let copy = try instance.restoredName()
        let result = try instance.shell(
            """
            mount --bind "$REPOSITORY" "$REPOSITORY" && mount -o remount,bind,ro "$REPOSITORY"
            for command in backup "backup --dry-run" "repository rekey --yes"; do
                code=0; "$OPS" $command --json 2>&1 >/dev/null || code=$?
                echo "$code"
            done
            "$OPS" verify --all --level readable --json || [ $? = 2 ]
            code=0; "$OPS" status -q >"$HOME/status" || code=$?
            echo "$code"
            "$OPS" list -q >/dev/null && "$OPS" show -q >/dev/null && "$OPS" repair --yes -q
            "$OPS" restore --to-database \(copy) --yes -q
            "$OPS" restore --files "$HOME/kept" --yes -q
            """
        ).expect(0)
        try instance.expectUnchanged(since: before)
        let lines = result.output.split(separator: "\n")
        try #require(lines.count == 8, "\(result.output)\(result.errors)")
        for number in [0, 2, 4] {
            let fault = try fault(lines[number])
            #expect(fault.code == "file.read-only" && lines[number + 1] == "1")
            #expect(fault.message.contains(instance.repository) && fault.hints.contains { $0.contains("findmnt") })
        }
        #expect(lines[6].contains(#""proven":"readable""#) && lines[6].contains("the repository is read-only"))
        // That it could not be written down is no success.
        #expect(lines[6].contains(#""exit":2"#), "\(lines[6])")
        let status = try Self.text(instance.path("home/status"))
        #expect(lines[7] == "2" && status.contains("no backup can be stored: ") && status.contains("findmnt"))
        #expect(try instance.counts(of: [("public", "t")], in: copy) == [1000])
    }

    @Test func `a repository cannot be made on a read-only or a full disk, and nothing is left that looks like one`()
        throws
    {
        let instance = try OpsInstance(nil, initialised: false)
        try FileManager.default.createDirectory(atPath: instance.repository, withIntermediateDirectories: true)
        let result = try instance.shell(
            """
            mount -t tmpfs -o size=4m,nr_inodes=100,mode=700 tmpfs "$REPOSITORY"
            try() { code=0; "$OPS" init --yes --no-configuration --json 2>&1 >/dev/null || code=$?; echo "$code"; }
            try
            mount -o remount,ro "$REPOSITORY"
            try
            code=0; "$OPS" status --json 2>&1 || code=$?; echo "$code"
            mount -o remount,rw,nr_inodes=10000 "$REPOSITORY"
            "$OPS" init --yes --no-configuration -q
            "$OPS" backup -q
            "$OPS" verify --all --level readable -q
            """
        ).expect(0)
        let lines = result.output.split(separator: "\n")
        try #require(lines.count == 6, "\(result.output)\(result.errors)")
        #expect(try fault(lines[0]).code == "file.disk-full" && lines[1] == "1")
        #expect(try fault(lines[2]).code == "file.read-only" && lines[3] == "1")
        #expect(try fault(lines[4]).code == "repository.not-found" && lines[5] == "10")
    }

    @Test func `a disk that is not mounted is not taken for a first run`() throws {
        let instance = try OpsInstance(nil, initialised: false)
        instance.environment["INFISICAL_OPS_REPOSITORY"] = ""
        try instance.ops("init", "--yes", "--repository", instance.repository).expect(0)
        try instance.ops("backup").expect(0)
        let away = instance.path("away"), configured = try instance.configurationText
        try FileManager.default.moveItem(atPath: instance.repository, toPath: away)
        try FileManager.default.createDirectory(atPath: instance.repository, withIntermediateDirectories: true)
        for command in [["init", "--yes"], ["init", "--dry-run"], ["init", "--yes", "--no-configuration"]] {
            let fault = try instance.refuses(
                command, exit: 3, code: "init.repository-gone", naming: [instance.repository, "SHA256:"])
            #expect(fault.hints.joined().contains("mount it"))
        }
        try instance.refuses(["backup"], exit: 10, code: "repository.not-found", naming: [instance.repository])
        #expect(try instance.contents().isEmpty && instance.configurationText == configured)
        try FileManager.default.removeItem(atPath: instance.repository)
        try FileManager.default.moveItem(atPath: away, toPath: instance.repository)
        try instance.ops("init", "--yes").expect(0)
        try instance.ops("backup").expect(0)
    }

    private static func text(_ path: String) throws -> String {
        String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self)
    }
}
