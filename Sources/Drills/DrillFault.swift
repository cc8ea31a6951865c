package import Faults
import Repository

/// Why a drill was refused, or could not be carried through.
package enum DrillFault: Fault {
    /// No programs of a PostgreSQL server of at least this major version.
    case noServerPrograms(major: Int)
    /// Bytes that the copy may need, and that the place has.
    case noRoom(place: String, needed: Int, free: Int)
    /// A folder on the way that the user who runs the scratch server cannot pass.
    case placeClosed(String)
    /// The server that was asked does not have the mark of the one that was started.
    case notScratch(String)
    /// The backup cannot be loaded into an empty server.
    case doesNotRestore(backup: String, any Fault)
    /// The scratch server, or this host, gave out while the backup was loaded: that says nothing of the backup.
    case scratchFailed(any Fault)
    /// Nothing says what to start on the restored copy.
    case noBackend
    /// A container was asked for, and no engine can make one; the reason as a clause.
    case noEngine(String)
    /// A copy that Infisical was started on is not left behind.
    case keptBoot
    /// A scratch server in a container is not left behind.
    case keptContainer
    /// Neither the backup nor anybody else says which image the part of the instance runs from.
    case noImage(String)
    /// A folder on the way to the place, which others may change.
    case placeOpen(String)
    /// That the drill failed could not be written down, which says why; never more than what goes with the failure itself.
    case unrecorded(String)

    package var code: String {
        switch self {
        case .noServerPrograms: "drill.no-server-programs"
        case .noRoom: "drill.no-room"
        case .placeClosed: "drill.place-closed"
        case .notScratch: "drill.not-scratch"
        case .doesNotRestore: "drill.does-not-restore"
        case .scratchFailed: "drill.scratch-failed"
        case .noBackend: "drill.no-backend"
        case .noEngine: "drill.no-engine"
        case .keptBoot: "drill.kept-boot"
        case .keptContainer: "drill.kept-container"
        case .noImage: "drill.no-image"
        case .placeOpen: "drill.place-open"
        case .unrecorded: "drill.unrecorded"
        }
    }

    package var message: String {
        switch self {
        case .noServerPrograms(let major):
            "the programs of a PostgreSQL server of version \(major) or newer were not found on this host"
        case .noRoom(let place, let needed, let free):
            "the scratch server may need \(DrillFault.mebibytes(needed)), but \(place) has only "
                + "\(DrillFault.mebibytes(free)) free"
        case .placeClosed(let folder):
            "the user who runs the scratch server cannot reach its folder, because \(folder) is closed to others"
        case .notScratch(let reason): "the server is not the scratch server that was started: \(reason)"
        case .doesNotRestore(let backup, let cause): "the backup \(backup) does not restore: \(cause.message)"
        case .scratchFailed(let cause):
            "the scratch server gave out, which says nothing of the backup: \(cause.message)"
        case .noBackend: "nothing says which program is Infisical's backend, to be started on the restored copy"
        case .noEngine(let reason): "there is no container to drill in: \(reason)"
        case .keptBoot: "a copy that Infisical is started on is never kept: what runs on it may change the server"
        case .keptContainer: "a scratch server is kept only where it runs from the programs of this host"
        case .noImage(let role): "the backup does not say from which image its \(role) ran, and none was named"
        case .unrecorded(let reason): "that it failed was not recorded, so that status does not know of it: \(reason)"
        case .placeOpen(let folder): "others may rename what is in \(folder), so no scratch server is made there"
        }
    }

    package var hints: [Hint] {
        switch self {
        case .noServerPrograms(let major):
            [
                .check(
                    "install PostgreSQL \(major) or newer, on Debian and Ubuntu the package postgresql-\(major) "
                        + "(postgresql where there is no such package); it need not run"),
                .check("PATH and /usr/lib/postgresql/*/bin are searched"),
                .check("or let a container engine run it: --on docker, with the image that the backup was taken from"),
            ]
        case .noRoom: [.check("free some space, or name another folder: drill.folder in the configuration")]
        case .placeClosed(let folder):
            [
                .command(["ls", "-ld", folder]),
                .check("name a folder that others can reach: drill.folder in the configuration"),
            ]
        case .notScratch: [.check("nothing was written to it; please report this with the command and its output")]
        case .doesNotRestore(_, let cause): cause.hints
        case .scratchFailed:
            [
                .check(
                    "look in the kernel's log (dmesg) whether memory ran out, and at the free space of drill.folder"),
                .check("run the same command again"),
            ]
        case .noEngine:
            [
                .check("start the container engine, and look whether it answers: docker version"),
                .check("or drill in a server made from the programs of this host, with --on local"),
            ]
        case .keptBoot: [.command(["infisical-ops", "drill", "--level", "decrypts", "--keep"])]
        case .keptContainer: [.command(["infisical-ops", "drill", "--on", "local", "--keep"])]
        case .noImage(let role):
            [.check("name one with --\(role)-image, or as drill.images.\(role) in the configuration")]
        case .placeOpen(let folder):
            [
                .command(["ls", "-ld", folder]),
                .check("name a folder that only you can write to: drill.folder in the configuration"),
            ]
        case .unrecorded:
            [.check("drill again where the repository can be written to, with the host's signing key")]
        case .noBackend:
            [
                .check(
                    "with a container engine, name the images with --backend-image, --database-image, --redis-image"),
                .check("without one, set drill.backend.command and drill.backend.folder in the configuration"),
                .command(["infisical-ops", "drill", "--level", ProofLevel.decrypts.rawValue]),
            ]
        }
    }

    package var exit: ExitCode {
        switch self {
        case .noServerPrograms, .noRoom, .placeClosed, .notScratch, .noBackend, .noEngine, .keptBoot, .placeOpen,
            .keptContainer, .noImage:
            .refused
        case .doesNotRestore(_, let cause): cause.exit == .damaged ? .damaged : .failed
        case .scratchFailed: .failed
        case .unrecorded: .partial
        }
    }

    private static func mebibytes(_ bytes: Int) -> String { "\(bytes >> 20) MiB" }
}
