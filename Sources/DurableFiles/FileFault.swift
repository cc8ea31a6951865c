package import Effects
package import Faults
import Glibc

/// What can go wrong with a file.
package enum FileFault: Fault, Equatable {
    /// What was attempted, in the words of the message.
    package enum Operation: String, Sendable {
        case createFolder = "create the folder"
        case create, open, read, write, list, remove, lock
        /// A new file, whatever it is called until it has its name.
        case createInside = "write into the folder"
        case sync = "write to disk"
        case rename = "put in place"
        case inspect = "look at"
        case changeMode = "change the mode of"
        case changeOwner = "change the owner of"
    }

    /// What keeps another file from taking a file's place.
    package enum Obstacle: Sendable, Equatable {
        /// It has so many names, and the others would go on standing for the old content.
        case hardLinks(Int)
        /// Something is mounted on its name, as containers have single files of their host.
        case mountPoint
        /// The file, or the folder that it lies in, has an attribute that forbids changes.
        case attribute(of: String)
        /// In a folder like /tmp only a file's owner may replace it.
        case stickyFolder(String)
    }

    /// The system refused an operation.
    case failed(Operation, path: String, Errno)
    /// Something exists that must not be replaced.
    case exists(path: String)
    /// Larger than the caller allows, in bytes.
    case tooLarge(path: String, limit: Int)
    /// Ended before the bytes that were expected of it.
    case truncated(path: String, expected: Int, found: Int)
    /// Not what the name must be: a folder where a file is needed, or the reverse.
    case wrongKind(path: String, needed: FileKind)
    /// Removal of a whole folder was asked for one that was not made as a temporary one.
    case notTemporary(path: String)
    /// A symbolic link below a folder inside which none is followed.
    case linkInside(path: String, folder: String)
    /// What lies under the name of a file that is written to in place, such as a lock, and may be somebody else's.
    case unfit(path: String, reason: String)
    /// A file that no other one can take the place of.
    case unreplaceable(path: String, Obstacle)
    /// A file says something else than what it said when it was read.
    case changed(path: String)
    /// Another run holds the lock; who, if it left its name.
    case locked(path: String, holder: LockHolder?)
    /// A signal asked to stop while waiting for a lock.
    case interrupted(signal: Int32)

    /// The file that it is about; nil for an interruption.
    package var path: String? {
        switch self {
        case .failed(_, let path, _), .exists(let path), .tooLarge(let path, _), .truncated(let path, _, _),
            .wrongKind(let path, _), .notTemporary(let path), .linkInside(let path, _), .unfit(let path, _),
            .unreplaceable(let path, _), .changed(let path), .locked(let path, _):
            path
        case .interrupted: nil
        }
    }

    /// The system's error number, where there was one.
    package var errno: Errno? {
        if case .failed(_, _, let error) = self { error } else { nil }
    }

    package var code: String {
        switch self {
        case .failed(_, _, let error): "file." + FileFault.kind(of: error)
        case .exists: "file.exists"
        case .tooLarge: "file.too-large"
        case .truncated: "file.truncated"
        case .wrongKind: "file.wrong-kind"
        case .notTemporary: "file.not-temporary"
        case .linkInside: "file.symbolic-link"
        case .unfit: "file.unfit"
        case .unreplaceable: "file.not-replaceable"
        case .changed: "file.changed"
        case .locked: "file.locked"
        case .interrupted(let signal): Interruption(signal: signal).code
        }
    }

    package var message: String {
        switch self {
        case .failed(let operation, let path, let error):
            "cannot \(operation.rawValue) \(path): \(FileFault.reason(of: error))"
        case .exists(let path): "\(path) already exists and was not replaced"
        case .tooLarge(let path, let limit):
            "\(path) is larger than \(limit) bytes, the most that is read of such a file"
        case .truncated(let path, let expected, let found):
            "\(path) ends too early: \(expected) bytes were expected, \(found) are there"
        case .wrongKind(let path, let needed): "\(path) is not a \(needed == .folder ? "folder" : "regular file")"
        case .notTemporary(let path): "\(path) is not a temporary folder of this program and is not removed"
        case .linkInside(let path, let folder):
            "\(path) is a symbolic link; only \(folder) itself may be one, inside it none is followed"
        case .unfit(let path, let reason): "\(path) is not written to: \(reason)"
        case .unreplaceable(let path, let obstacle):
            "\(path) cannot be replaced by a new version of itself: \(obstacle.text)"
        case .changed(let path): "\(path) was changed by somebody else since it was read, and is left as it is"
        case .locked(let path, let holder):
            "\(path) is locked by " + (holder.map(\.description) ?? "another run")
        case .interrupted(let signal): Interruption(signal: signal).message
        }
    }

    package var hints: [Hint] {
        switch self {
        case .failed(.createInside, let folder, let error): FileFault.hints(for: error, at: folder, in: folder)
        case .failed(_, let path, let error): FileFault.hints(for: error, at: path, in: Files.parent(of: path))
        case .wrongKind(let path, .file):
            [
                .command(["ls", "-ld", path]),
                .check(
                    "copy its content into a regular file: pipes, sockets and devices are not read, because they may never end"
                ),
            ]
        case .exists(let path), .truncated(let path, _, _), .wrongKind(let path, _), .tooLarge(let path, _):
            [.command(["ls", "-ld", path])]
        case .notTemporary(let path): [.check("remove \(path) by hand if it is no longer needed")]
        case .linkInside(let path, _):
            [
                .command(["ls", "-ld", path]),
                .check("find out who created it, then remove the link and move what belongs there in its place"),
            ]
        case .unfit(let path, _):
            [
                .command(["ls", "-li", path]),
                .check("find out who created it, then move \(path) away"),
            ]
        case .unreplaceable(let path, let obstacle): obstacle.hints(for: path)
        case .changed(let path):
            [.command(["ls", "-l", path]), .check("look at what changed in it, then run the same command again")]
        case .locked(_, let holder):
            if let holder {
                [.check("wait for process \(holder.process) to end, or let this run wait for it with --wait 1h")]
            } else {
                [.check("wait for the other run to end, or let this one wait for it with --wait 1h")]
            }
        case .interrupted(let signal): Interruption(signal: signal).hints
        }
    }

    package var exit: ExitCode {
        switch self {
        case .locked: .locked
        case .linkInside, .unfit, .unreplaceable, .changed: .refused
        case .interrupted(let signal): Interruption(signal: signal).exit
        default: .failed
        }
    }
}

extension FileFault.Obstacle {
    /// A clause.
    fileprivate var text: String {
        switch self {
        case .hardLinks(let count): "it has \(count) names (hard links), and the others would keep the old content"
        case .mountPoint: "it is mounted there by itself, as a single file of another place"
        case .attribute(let path): "an attribute of \(path) forbids changes (chattr)"
        case .stickyFolder(let folder): "in \(folder) only its owner may replace it"
        }
    }

    fileprivate func hints(for path: String) -> [Hint] {
        switch self {
        case .hardLinks:
            [
                .command(["find", Files.parent(of: path), "-xdev", "-samefile", path]),
                .check("give it one name only, for instance by a copy that takes its place"),
            ]
        case .mountPoint:
            [
                .command(["findmnt", "-T", path]),
                .check("run this where the file really lies, or mount its folder instead of the file"),
            ]
        case .attribute(let path):
            [.command(["lsattr", "-d", path]), .command(["chattr", "-i", "-a", path])]
        case .stickyFolder(let folder):
            [.command(["ls", "-ld", folder, path]), .check("run this as the file's owner")]
        }
    }
}

extension FileFault {
    /// The same of a file under the name that it was to get: nobody knows the temporary one.
    func naming(_ path: String, insteadOf temporary: String) -> FileFault {
        guard case .failed(let operation, temporary, let error) = self else { return self }
        return .failed(operation, path: path, error)
    }

    private static func kind(of error: Errno) -> String {
        switch error.code {
        case ENOSPC: "disk-full"
        case EDQUOT: "quota"
        case EROFS: "read-only"
        case EACCES, EPERM: "no-permission"
        case ENOENT, ENOTDIR: "missing"
        case EEXIST: "exists"
        case ELOOP: "symbolic-link"
        case EIO: "disk-error"
        default: "failed"
        }
    }

    private static func reason(of error: Errno) -> String {
        switch error.code {
        case ENOSPC: "the disk is full"
        case EDQUOT: "the disk quota is used up"
        case EROFS: "the file system is mounted read-only"
        case EACCES, EPERM: "permission denied for user id \(geteuid())"
        case ENOENT: "it does not exist"
        case ELOOP: "it is a symbolic link, which is not followed here"
        default: error.text
        }
    }

    private static func hints(for error: Errno, at path: String, in folder: String) -> [Hint] {
        switch error.code {
        case ENOSPC: [.command(["df", "-h", folder]), .command(["df", "-i", folder])]
        case EDQUOT: [.command(["quota", "-s"]), .command(["df", "-h", folder])]
        case EROFS: [.command(["findmnt", "-T", folder])]
        case EACCES, EPERM:
            [
                .command(["ls", "-ld", folder] + (folder == path ? [] : [path])),
                .check("the owner and mode of these paths must allow user id \(geteuid()) to do this"),
            ]
        case ENOENT, ENOTDIR: [.command(["ls", "-la", Files.parent(of: path)])]
        case ELOOP: [.command(["readlink", "-f", path]), .check("give the path that the link points to")]
        case EIO: [.check("the disk reports an error; look at the kernel's log with dmesg")]
        default: [.command(["ls", "-ld", path])]
        }
    }
}
