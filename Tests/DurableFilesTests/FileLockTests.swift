import DurableFiles
import Effects
import Faults
import Glibc
import TestSupport
import Testing

@Suite struct FileLockTests {
    let folder: TemporaryFolder
    let plain = files()

    init() throws { folder = try TemporaryFolder() }

    private func acquire(
        _ mode: FileLock.Mode, wait: Int = 0, files: Files? = nil, cancellation: Cancellation = Cancellation(),
        path: String? = nil
    ) throws(FileFault) -> FileLock {
        try FileLock.acquire(
            path ?? folder.path("lock"), mode, wait: wait, holder: "test", files: files ?? plain,
            cancellation: cancellation, clock: SystemClock())
    }

    private func hold() throws -> ChildProcess {
        let child = try ChildProcess(built: "file-victim", ["none", "0", "hold", folder.path("lock")])
        guard child.readLine() == "held" else { throw TestProblem("the child did not get the lock") }
        return child
    }

    /// The fault that taking the lock ends with.
    private func refusal(_ mode: FileLock.Mode, wait: Int = 0) -> FileFault? {
        do throws(FileFault) {
            _ = try acquire(mode, wait: wait)
            return nil
        } catch { return error }
    }

    @Test func `an exclusive holder in another process is named, and can be taken over from when it ends`() throws {
        let child = try hold()
        for mode in [FileLock.Mode.shared, .exclusive] {
            guard case .locked(let path, let holder?) = refusal(mode) else {
                Issue.record("the lock was not refused with its holder")
                continue
            }
            #expect(path == folder.path("lock"))
            #expect(holder.process == child.id)
            #expect(holder.command == "file-victim hold")
            #expect(abs(holder.since.seconds - Int64(time(nil))) < 60)
        }
        let fault = try #require(refusal(.exclusive))
        #expect(fault.code == "file.locked")
        #expect(fault.exit == .locked)
        #expect(fault.message.contains("is locked by process \(child.id) on "))
        #expect(fault.hints.count == 1)
        #expect(child.wait() == .exited(0))
        try acquire(.exclusive).release()
    }

    @Test func `a killed process holds nothing and is not named`() throws {
        let child = try hold()
        child.send(SIGKILL)
        #expect(child.wait() == .killed(SIGKILL))
        let shared = try acquire(.shared)
        #expect(refusal(.exclusive) == .locked(path: folder.path("lock"), holder: nil))
        #expect(refusal(.exclusive)?.message.hasSuffix("is locked by another run") == true)
        #expect(refusal(.exclusive)?.hints.isEmpty == false)
        shared.release()
    }

    @Test func `shared holders stand beside each other and keep an exclusive one out`() throws {
        let one = try acquire(.shared), other = try acquire(.shared)
        #expect(refusal(.exclusive)?.code == "file.locked")
        one.release()
        #expect(refusal(.exclusive)?.code == "file.locked")
        other.release()
        let exclusive = try acquire(.exclusive)
        #expect(refusal(.shared)?.code == "file.locked")
        #expect(try plain.text(exclusive.path)?.contains("\ntest\n") == true)
        exclusive.release()
        #expect(try plain.text(folder.path("lock")) == "")
    }

    @Test func `a lock that goes out of sight is given back`() throws {
        do { _ = try acquire(.exclusive) }
        try acquire(.exclusive).release()
    }

    @Test func `the lock of util-linux is the same lock`() throws {
        let other = try ChildProcess("flock", [folder.path("lock"), "sh", "-c", "echo held; read line"])
        #expect(other.readLine() == "held")
        #expect(refusal(.shared) == .locked(path: folder.path("lock"), holder: nil))
        #expect(other.wait() == .exited(1))
        let mine = try acquire(.exclusive)
        #expect(try ChildProcess("flock", ["-n", folder.path("lock"), "true"]).wait() == .exited(1))
        mine.release()
    }

    @Test func `waiting gets the lock when it is free`() throws {
        let other = try ChildProcess("flock", [folder.path("lock"), "sh", "-c", "echo held; sleep 0.3"])
        #expect(other.readLine() == "held")
        try acquire(.exclusive, wait: 20).release()
    }

    @Test func `waiting ends after its time`() throws {
        let child = try hold()
        let start = SystemClock().monotonic()
        #expect(refusal(.exclusive, wait: 1)?.code == "file.locked")
        let passed = SystemClock().monotonic() - start
        #expect(passed > 900_000_000 && passed < 10_000_000_000)
        #expect(child.wait() == .exited(0))
    }

    @Test func `a signal ends the waiting`() throws {
        let child = try hold()
        let cancellation = Cancellation()
        cancellation.cancel(signal: SIGINT)
        do throws(FileFault) {
            _ = try acquire(.exclusive, wait: 60, cancellation: cancellation)
            Issue.record("the lock was taken twice")
        } catch {
            #expect(error == .interrupted(signal: SIGINT))
            #expect(error.exit == .interrupted)
            #expect(error.code == "run.interrupted")
            #expect(error.message == Interruption(signal: SIGINT).message)
            #expect(error.hints == Interruption(signal: SIGINT).hints)
        }
        #expect(child.wait() == .exited(0))
    }

    @Test func `on a read-only disk a shared lock works on an existing file, an exclusive one does not`() throws {
        let disk = try Mount(folder.path("disk"), options: "size=64k")
        try plain.publish([], at: disk.path + "/lock")
        try disk.makeReadOnly()
        try acquire(.shared, path: disk.path + "/lock").release()
        expectFault("file.read-only") { _ = try acquire(.exclusive, path: disk.path + "/lock") }
        expectFault("file.missing") { _ = try acquire(.shared, path: disk.path + "/other") }
    }

    @Test func `a full disk keeps nobody from a lock, only its holder from being named`() throws {
        let disk = try Mount(folder.path("full"), options: "size=64k")
        expectFault("file.disk-full") {
            var filler = try plain.createPending(inFolder: disk.path)
            defer { _ = rename(filler.path, disk.path + "/filler") }
            try [UInt8](repeating: 1, count: 100_000).withUnsafeBytes { try filler.write($0) }
        }
        #expect(try plain.freeSpace(at: disk.path).available == 0)
        let path = disk.path + "/lock"
        let lock = try acquire(.exclusive, path: path)
        #expect(throws: FileFault.locked(path: path, holder: nil)) { _ = try acquire(.exclusive, path: path) }
        lock.release()
        #expect(throws: Never.self) { try acquire(.exclusive, path: path).release() }
    }

    @Test func `a link in the lock's place is not followed, and a missing folder is named`() throws {
        symlink("elsewhere", folder.path("lock"))
        expectFault("file.unfit") { _ = try acquire(.exclusive) }
        #expect(try plain.status(folder.path("elsewhere")) == nil)
        expectFault("file.missing") { _ = try acquire(.exclusive, path: folder.path("none/lock")) }
    }

    @Test func `what would be overwritten by the holder's name is no lock`() throws {
        try plain.publish(Array("precious".utf8), at: folder.path("victim"))
        let odd: [(name: String, make: (String) -> Int32)] = [
            ("hard link", { link(folder.path("victim"), $0) }),
            ("symbolic link", { symlink(folder.path("victim"), $0) }),
            ("pipe", { mkfifo($0, 0o600) }),
            ("folder", { mkdir($0, 0o700) }),
            ("device", { mknod($0, S_IFCHR | 0o600, 1 << 8 | 3) }),
        ]
        for (name, make) in odd {
            let path = folder.path(name)
            try #require(make(path) == 0, "\(name)")
            for mode in [FileLock.Mode.shared, .exclusive] {
                expectFault("file.unfit") { _ = try acquire(mode, path: path) }
            }
            #expect(try plain.text(folder.path("victim")) == "precious", "\(name)")
            if name != "folder" { try plain.remove(path) }
        }
        try acquire(.exclusive, path: folder.path("victim")).release()
    }

    @Test(arguments: FailingObserver.Kind.failing)
    func `whichever step fails, no lock stays`(kind: FailingObserver.Kind) throws {
        var position = 0
        while true {
            position += 1
            let observer = FailingObserver(at: position, kind: kind)
            let failed = fails { try acquire(.exclusive, files: files(observer)).release() }
            guard observer.happened else { break }
            // The last one gives it back, which closing does as well.
            #expect(failed == (position < 5))
            // An open that is done and then reported as failed keeps its descriptor, but has no lock yet.
            try acquire(.exclusive).release()
        }
        #expect(position == 6)
    }
}
