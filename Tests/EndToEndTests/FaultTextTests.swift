import Age
import Booting
import CopyFormat
import Drills
import DurableFiles
import Effects
import Faults
import FoundationEssentials
import HTTP
import InPlace
import Instance
import InstanceAccess
import Jail
import Journal
import Operations
import Postgres
import Processes
import Recovering
import Repository
import Restoring
import Rotation
import Settings
import TestSupport
import Testing

/// Every fault that a person may meet: a stable code, a sentence that says what and where, and hints whose commands are
/// real ones.
@Suite struct FaultTextTests {
    private static let id = "20261123T234700Z-1f2e3d4c"
    private static let standing = RotationStanding(
        RotationWork(
            id: "20261129T120000Z", route: .authSecret, depth: nil, changes: [],
            server: DatabaseServer(identifier: nil, address: "x"), database: .init(name: "d", oid: 5), containers: [],
            files: []), .editing)

    static let operations: [any Fault] = [
        BackupFault.migrationRunning("a server is starting", waited: 60), BackupFault.largeObjects(count: 3),
        ProgramFault.missing("pg_dump", configured: nil, major: 15),
        ProgramFault.missing("pg_dump", configured: "/x/pg_dump", major: 15),
        ProgramFault.missing("pg_restore", configured: nil, major: 15),
        ProgramFault.tooOld(path: "/x/pg_dump", found: "13.2", major: 15),
        ProgramFault.unknown(path: "/x/pg_dump"), BackupFault.rowOfWrongShape(table: "public.t", .badSignature),
        BackupFault.rowsMissing(table: "public.t", sent: 3, read: 2),
        BackupFault.archiveDiffers(path: "/x/pg_dump", .init(missing: ["public.t"], unknown: [])),
        BackupFault.archiveDiffers(path: "/x/pg_dump", .init(missing: [], unknown: ["public.t"])),
        BackupFault.archiveDamaged(path: "/x/pg_dump"), BackupFault.recoveryConflict("a conflict with recovery"),
        RestoreFault.noSuchRole("audit-logs", backup: id), RestoreFault.noSuchTable("t", nearest: nil, backup: id),
        RestoreFault.noSuchTable("t", nearest: "u", backup: id),
        RestoreFault.ambiguousTable("t", candidates: ["a.t", "b.t"]), RestoreFault.rolesMissing(["r"]),
        RestoreFault.databaseExists("d", isLive: true), RestoreFault.rowsDiffer(table: "t", loaded: 1, expected: 2),
        RestoreFault.fileExists("/x/.env"), RestoreFault.passwordInURL, RestoreFault.noEscrow(backup: id),
        InitFault.repositoryGone(path: "/r", signer: "SHA256:x"), InitFault.nothingToAdopt(path: "/r"),
        InitFault.otherSignerPinned(configured: "SHA256:x", given: "SHA256:y"),
        InitFault.nobodyCouldRead(repository: "/r"),
        InitFault.otherRecipients(["age1x"]), InitFault.noPlaceToAdopt,
        InitFault.wrongKind("the repository", path: "/r", needed: .folder),
        InitFault.inside("the configuration", path: "/r/x", of: "the repository", folder: "/r"),
    ]

    static let drills: [any Fault] = [
        DrillFault.noServerPrograms(major: 15), DrillFault.noRoom(place: "/var/tmp", needed: 1 << 30, free: 1 << 20),
        DrillFault.placeClosed("/root"), DrillFault.notScratch("it lacks the drill's mark"),
        DrillFault.doesNotRestore(backup: id, RestoreFault.rowsDiffer(table: "t", loaded: 1, expected: 2)),
        DrillFault.noBackend, DrillFault.noEngine("none answers"), DrillFault.keptContainer,
        DrillFault.noImage("backend"), DrillFault.keptBoot,
        DrillFault.placeOpen("/tmp/x"), DrillFault.scratchFailed(PostgresFault.tooManyConnections(server: "h:1")),
    ]

    static let repository: [any Fault] = [
        RepositoryFault.notARepository(path: "/r"), RepositoryFault.gone(path: "/r"),
        RepositoryFault.alreadyThere(path: "/r"),
        RepositoryFault.newerFormat(path: "/r", found: 2),
        RepositoryFault.malformed(path: "keys/x", reason: "it is empty"),
        RepositoryFault.missing(path: "keys/x"), RepositoryFault.noBackups(repository: "/r"),
        RepositoryFault.allRejected(repository: "/r"),
        RepositoryFault.noSuchBackup("x"), RepositoryFault.ambiguousBackup("2", candidates: ["20", "21"]),
        RepositoryFault.latestUncertain(reason: "x is missing", newest: id),
        RepositoryFault.badSignature(path: "backups/x", reason: "it was edited"),
        RepositoryFault.signerNotPinned(repository: "/r"), RepositoryFault.signerUnknown(pinned: "SHA256:x"),
        RepositoryFault.wentBack(newest: 1, remembered: 2), RepositoryFault.brokenChain("number 2 is missing"),
        RepositoryFault.identityMissing(path: nil), RepositoryFault.identityMissing(path: "/x"),
        RepositoryFault.identityOpensNothing(file: "/x"), RepositoryFault.identitySealed(path: "/x"),
        RepositoryFault.notRemakable(path: "p"), RepositoryFault.hostKeysMissing(folder: "/s"),
        RepositoryFault.noRecipients,
        RepositoryFault.tooLarge(what: "the escrow", bytes: 5_000_000),
    ]

    static let others: [any Fault] = [
        SettingsFault.notFound(path: "/x", namedBy: .flag("--config")),
        SettingsFault.badProgram("p", namedBy: .flag("--config"), problem: "is not in PATH"),
        SettingsFault.noRepository(path: "/x", namedBy: .flag("--config")),
        SettingsFault.incomplete(place: "/x:1", key: "instance.commands.stop", other: "instance.commands.start"),
        SettingsFault.unknownKey(place: "/x:1:1", key: "k", nearest: nil),
        SettingsFault.missing(key: "repository.path", variable: "V", searched: []),
        SettingsFault.notAppendable(path: "/x", key: "k", reason: "it is written in braces"),
        InitFault.notCompletable(reason: "x", path: "/x", lines: ["repository.signer: x"]),
        FileFault.failed(.write, path: "/x/y", Errno(28)), FileFault.locked(path: "/x", holder: nil),
        FileFault.notTemporary(path: "/x"), FileFault.linkInside(path: "/x/y", folder: "/x"),
        FileFault.unfit(path: "/x", reason: "it is a symbolic link"),
        FileFault.unreplaceable(path: "/x/y", .hardLinks(2)), FileFault.unreplaceable(path: "/x/y", .mountPoint),
        FileFault.unreplaceable(path: "/x/y", .attribute(of: "/x")),
        FileFault.unreplaceable(path: "/x/y", .stickyFolder("/x")), FileFault.changed(path: "/x"),
        SettingsFault.envNotEditable(path: "/x", line: 3, name: "K", .elsewhere(variable: "V")),
        SettingsFault.envNotReplaceable(path: "/x", .changed(path: "/x")),
        SettingsFault.untrusted(path: "/x", reason: "everybody may write it", cures: [["chmod", "o-w", "/x"]]),
        AgeFault.wrongPassphrase, AgeFault.noIdentity,
        PostgresFault.unreadableRelations(["\"a\".\"b\""]), PostgresFault.tooManyConnections(server: "h:1"),
        ProcessFault.notFound(program: "pg_dump", package: "postgresql-client"),
        UnforeseenFault(Errno(5)), Interruption(signal: 2), Interruption(signal: 15),
        InterruptedRun(
            Interruption(signal: 2), state: "nothing was changed", hints: [.check("run the same command again")]),
        SecretFault.commandFailed(reason: "x", namedBy: .standard), SecretFault.empty(place: "/x", namedBy: .standard),
        SecretFault.notText(place: "/x", namedBy: .standard),
    ]

    static let boots: [any Fault] = [
        JailFault.notPermitted("x"), JailFault.notMade("x"), JailFault.notTight(["a", "b", "c", "d", "e", "f"]),
        JailFault.cannotSurvey("/x", "y"), JailFault.broken("x"), JailFault.cannotStart(program: "x", reason: "y"),
        JailFault.notOurs, BootFault.imageMissing("infisical/infisical:v1"),
        BootFault.imageMissing("infisical/infisical:v1", id: "sha256:0"),
        BootFault.doesNotBoot(reason: "it ended with status 1", cause: nil),
        BootFault.serverDoesNotStart("Redis", reason: "x"), BootFault.canaryDiffers(name: "X"),
        BootFault.canaryNotRead(name: "X", seconds: 1, reason: "it answers 403"), BootFault.notScratch("x"),
        BootFault.unusable("there is no command"), BootFault.containersNotTight(["x"]),
    ]

    static let recovery: [any Fault] = [
        RecoveryFault.noComposeFile(backup: id), RecoveryFault.filesNotKept(["/x"], backup: id),
        RecoveryFault.filesDiffer(["/x"]), RecoveryFault.projectUnusable(reason: "x"),
        RecoveryFault.noService(role: "database", project: "p"),
        RecoveryFault.instanceExists(project: "p", containers: ["c"]), RecoveryFault.dataExists("the volume v"),
        RecoveryFault.databaseFilled("d", server: "h:1"),
        RecoveryFault.otherKey(backup: id, needed: "a", found: ["b"], reason: nil), RecoveryFault.noKey(backup: id),
        RecoveryFault.notInfisical(backup: id), RecoveryFault.copyDoesNotOpen("x", backup: id),
        RecoveryFault.otherUnfinished(
            backup: id, folder: "/x", command: ["infisical-ops", "recover", id, "--into", "/x"],
            record: "/s/recovery.json"),
        RecoveryFault.badRecord(path: "/x"),
        RecoveryFault.partFails(role: "redis", condition: "stopped", reason: "x", hints: []),
        RecoveryFault.notConfigured("recover creates containers"),
    ]

    static let instance: [any Fault] = [
        DockerFault.notInstalled, DockerFault.engineNotRunning(address: "unix:///x"),
        DockerFault.noPermission(socket: "/x", group: "docker"), DockerFault.unexpectedAnswer("docker inspect"),
        DockerFault.instanceNotFound(names: ["a"], candidates: []), DockerFault.severalInstances(["a", "b"]),
        HTTPFault.refused(url: "http://h/", reason: "x"), HTTPFault.timedOut(url: "http://h/", seconds: 5),
        HTTPFault.closed(url: "http://h/"), HTTPFault.unknownHost(url: "http://h/"),
        HTTPFault.failed(url: "http://h/", reason: "x"), RedisFault.unknownHost("h"),
        RedisFault.refused(server: "h:1", reason: "x"), RedisFault.timedOut(server: "h:1", seconds: 3),
        RedisFault.notAuthenticated(server: "h:1"), RedisFault.notReady(server: "h:1", reason: "LOADING"),
        RedisFault.lost(server: "h:1", reason: "x"), RedisFault.unexpectedAnswer(server: "h:1"),
        RedisFault.untrusted(server: "h:1"),
        RedisFault.noTLS(server: "h:1", reason: "x"), HTTPFault.untrusted(url: "http://h/"),
        InstanceFault.commandStays(key: "instance.commands.start", after: .seconds(90)),
        InstanceFault.notControlled(role: "redis"), InstanceFault.variablesLost(container: "c", names: ["X"]),
        InstanceFault.noContainers,
        InstanceFault.missing(role: "backend", names: ["x"]), InstanceFault.noCommand(key: "instance.commands.stop"),
        InstanceFault.composeMissing, InstanceFault.notComposed(container: "c"), InstanceFault.filesGone(["/x"]),
        InstanceFault.drifted(container: "c", differences: ["the image"], apply: ["docker", "compose", "up"]),
        InstanceFault.otherImage(container: "c", wanted: "a", got: "b"),
        InstanceFault.otherEnvironment(container: "c", names: ["X"]),
        InstanceFault.notRemade(container: "c", ["it has no key"]),
        InstanceFault.unhealthy(role: "backend", condition: "starting", reason: "", hints: []),
        InstanceFault.commandFailed(key: "instance.commands.stop", reason: "x"),
        InPlaceFault.otherKey(backup: id, needed: "a", inForce: "has b", hints: KeptKey.noneHints),
        InPlaceFault.noKey(backup: id, reason: "x", hints: []),
        InPlaceFault.copyDoesNotOpen("x", hints: KeptKey.noneHints),
        InPlaceFault.replacesOther(other: "a", backup: "b"),
        InPlaceFault.mayNotRename(database: "d", user: "u"),
        InPlaceFault.preparedTransactions(database: "d", count: 1), InPlaceFault.noRoom(free: 1, needed: 2),
        InPlaceFault.redisUnreachable("x"), InPlaceFault.redisUnknown("x"),
        InPlaceFault.nothingToUndo(database: "d", nil, list: ["psql", "-l"]),
        InPlaceFault.nothingToUndo(database: "d", "k", list: ["psql", "-l"]), InPlaceFault.otherDatabase("d"),
        InPlaceFault.olderServer(backup: id, needed: "2 migrations", running: "1 migrations"),
        InstanceFault.notStopped(["x"]),
        InstanceFault.keyWouldNotOpen("x", hints: KeptKey.noneHints), JournalFault.otherKind(path: "/x"),
        JournalFault.damaged(path: "/x", line: 2),
        RotationFault.stillOpen(title: "x", standing), RotationFault.committed(title: "x"),
        RotationFault.badJournal(path: "/x"), RotationFault.disagrees("x"),
        RotationFault.halted("x", title: "y", standing),
        InPlaceFault.badJournal(path: "/x"), InPlaceFault.otherInstance(database: "d", path: "/x"),
        InPlaceFault.unfinished("x", command: ["infisical-ops", "restore", "--in-place"]),
        InPlaceFault.halted("x", command: ["infisical-ops", "restore", "--in-place"]), InstanceFault.otherSchema("x"),
    ]

    @Test func `each has a code, a sentence and hints that work`() {
        for fault in Self.operations + Self.drills + Self.repository + Self.others + Self.instance + Self.boots
            + Self.recovery
        {
            let words = fault.code.split(separator: ".")
            let isPlain = fault.code.allSatisfy { $0.isLowercase || $0.isNumber || $0 == "-" || $0 == "." }
            #expect(words.count == 2 && isPlain, "\(fault.code)")
            let startsLow =
                fault.message.first?.isUppercase != true
                || ["Infisical ", "Redis ", "Compose "].contains { fault.message.hasPrefix($0) }
            #expect(!fault.message.hasSuffix(".") && startsLow, "\(fault.message)")
            Hints.check(fault.hints.map { FaultRenderer.text($0) })
            for text in [fault.message] + fault.hints.map({ FaultRenderer.text($0) }) { Hints.checkSeparated(text) }
            #expect(fault.exit != .done && fault.exit != .partial)
            // Whoever is told of damage is told what to do about it.
            if fault.exit == .damaged, fault is RepositoryFault {
                let repairs = fault.hints.contains { hint in
                    switch hint {
                    case .command(let list), .pattern(let list, _): list.starts(with: ["infisical-ops", "repair"])
                    case .check: false
                    }
                }
                #expect(repairs, "\(fault.code)")
            }
        }
    }

    @Test func `the hints of causes in logs are commands that work`() throws {
        let folder = Fixtures.path("server-logs")
        let files = try FileManager.default.contentsOfDirectory(atPath: folder)
        var lines = [
            "does not decrypt this database's root key", "Migration table is already locked",
            "password authentication failed", "JavaScript heap out of memory", "Invalid environment variables",
        ]
        for file in files {
            let data = try Data(contentsOf: URL(filePath: "\(folder)/\(file)"))
            lines += String(decoding: data, as: UTF8.self).split(separator: "\n").map(String.init)
        }
        let causes = lines.compactMap { LogCause.find(in: [$0], of: .backend) }
        #expect(Set(causes.map(\.code)).count >= 14)
        for cause in causes { Hints.check(cause.hints.map { FaultRenderer.text($0) }) }
    }

    @Test func `names with control characters stay on one line`() {
        let fault = RestoreFault.noSuchTable("a\nb\u{1b}[2J\u{202e}", nearest: nil, backup: Self.id)
        let text = FaultRenderer.text(Failure(fault, cleanup: [RestoreFault.databaseExists("c\rd", isLive: false)]))
        #expect(text.split(separator: "\n").count == 3)
        #expect(text.contains(#"a\nb\u{1b}[2J\u{202e}"#) && text.contains(#"c\rd"#))
        #expect(!text.contains("\u{1b}") && !text.contains("\u{202e}"))
        #expect(ControlCharacters.escaped("größe 表 🗝") == "größe 表 🗝")
    }
}
