import DurableFiles
import Effects
import Faults
import Glibc
import Testing

@Suite struct FileFaultTests {
    @Test(arguments: [
        (ENOSPC, "file.disk-full", "cannot write /a/b: the disk is full"),
        (EDQUOT, "file.quota", "cannot write /a/b: the disk quota is used up"),
        (EROFS, "file.read-only", "cannot write /a/b: the file system is mounted read-only"),
        (EACCES, "file.no-permission", "cannot write /a/b: permission denied for user id \(geteuid())"),
        (EPERM, "file.no-permission", "cannot write /a/b: permission denied for user id \(geteuid())"),
        (ENOENT, "file.missing", "cannot write /a/b: it does not exist"),
        (ENOTDIR, "file.missing", "cannot write /a/b: Not a directory"),
        (EEXIST, "file.exists", "cannot write /a/b: File exists"),
        (ELOOP, "file.symbolic-link", "cannot write /a/b: it is a symbolic link, which is not followed here"),
        (EIO, "file.disk-error", "cannot write /a/b: Input/output error"),
        (EMFILE, "file.failed", "cannot write /a/b: Too many open files"),
    ])
    func `a refusal of the system has a code, a reason and a hint`(error: Int32, code: String, message: String) {
        let fault = FileFault.failed(.write, path: "/a/b", Errno(error))
        #expect(fault.code == code)
        #expect(fault.message == message)
        #expect(!fault.hints.isEmpty)
        #expect(fault.exit == .failed)
        #expect(fault.errno == Errno(error))
    }

    @Test(arguments: [
        (
            FileFault.exists(path: "/a"), "file.exists", "/a already exists and was not replaced"
        ),
        (
            .tooLarge(path: "/a", limit: 5), "file.too-large",
            "/a is larger than 5 bytes, the most that is read of such a file"
        ),
        (
            .truncated(path: "/a", expected: 5, found: 2), "file.truncated",
            "/a ends too early: 5 bytes were expected, 2 are there"
        ),
        (.wrongKind(path: "/a", needed: .folder), "file.wrong-kind", "/a is not a folder"),
        (.wrongKind(path: "/a", needed: .file), "file.wrong-kind", "/a is not a regular file"),
        (
            .notTemporary(path: "/a"), "file.not-temporary",
            "/a is not a temporary folder of this program and is not removed"
        ),
        (
            .linkInside(path: "/a/b", folder: "/a"), "file.symbolic-link",
            "/a/b is a symbolic link; only /a itself may be one, inside it none is followed"
        ),
        (.unfit(path: "/a", reason: "it is odd"), "file.unfit", "/a is not written to: it is odd"),
        (
            .unreplaceable(path: "/a", .mountPoint), "file.not-replaceable",
            "/a cannot be replaced by a new version of itself: it is mounted there by itself, as a single file of another place"
        ),
        (
            .changed(path: "/a"), "file.changed",
            "/a was changed by somebody else since it was read, and is left as it is"
        ),
        (.locked(path: "/a", holder: nil), "file.locked", "/a is locked by another run"),
        (
            .locked(
                path: "/a",
                holder: LockHolder(process: 7, host: "h", since: Timestamp(seconds: 0), command: "prune")),
            "file.locked", "/a is locked by process 7 on h (prune), since 1970-01-01T00:00:00Z"
        ),
    ])
    func `every other fault has a code, a message and a hint`(fault: FileFault, code: String, message: String) {
        #expect(fault.code == code)
        #expect(fault.message == message)
        #expect(!fault.hints.isEmpty)
        #expect(fault.errno == nil)
        let exits: [String: ExitCode] = [
            "file.locked": .locked, "file.symbolic-link": .refused, "file.unfit": .refused,
            "file.not-replaceable": .refused, "file.changed": .refused,
        ]
        #expect(fault.exit == exits[code] ?? .failed)
    }
}
