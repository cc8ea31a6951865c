import CLinux
package import Effects
import Glibc

/// A lock between processes: flock(2) on an open file, so a process that dies holds nothing.
///
/// The file stays where it is; removing it would let two runs lock two files of one name.
package struct FileLock: ~Copyable {
    /// Any number of shared holders, or one exclusive.
    package enum Mode: Sendable {
        case shared, exclusive
    }

    package let path: String
    private var descriptor: Int32
    private let mode: Mode
    private let effects: Effects

    /// Takes a lock.
    ///
    /// - Parameters:
    ///   - path: the lock's file; made if it is missing and can be.
    ///   - wait: for how many seconds to try; 0 tries once.
    ///   - holder: what this run does, for the message that others get.
    /// - Throws: `.locked` if another run holds it all that time.
    package static func acquire(
        _ path: String, _ mode: Mode, wait: Int, holder: String, files: Files, cancellation: Cancellation,
        clock: any Clock
    ) throws(FileFault) -> FileLock {
        let lock = FileLock(
            path: path, descriptor: try openFile(path, mode, files), mode: mode, effects: files.effects)
        try lock.take(wait: wait, files, cancellation, clock)
        if mode == .exclusive { try lock.leaveName(.current(command: holder, clock: clock)) }
        return lock
    }

    /// Waits until a lock could be taken, and leaves its file as it is; one without a file is free.
    ///
    /// - Throws: as `acquire`, also where the file could not be made.
    package static func requireFree(
        _ path: String, _ mode: Mode, wait: Int, files: Files, cancellation: Cancellation, clock: any Clock
    ) throws(FileFault) {
        guard try files.status(path) != nil else { return try files.requireWritable(Files.parent(of: path)) }
        let lock = FileLock(
            path: path, descriptor: try openFile(path, mode, files, creates: false), mode: mode, effects: files.effects)
        try lock.take(wait: wait, files, cancellation, clock)
    }

    private func take(
        wait: Int, _ files: Files, _ cancellation: Cancellation, _ clock: any Clock
    ) throws(FileFault) {
        let start = clock.monotonic()
        while try !tryOnce() {
            guard clock.monotonic() - start < UInt64(max(0, wait)) * 1_000_000_000 else {
                throw .locked(path: path, holder: currentHolder())
            }
            do { try cancellation.sleep(milliseconds: 100, effects: files.effects) } catch {
                throw .interrupted(signal: error.signal)
            }
        }
    }

    private init(path: String, descriptor: Int32, mode: Mode, effects: Effects) {
        self.path = path
        self.descriptor = descriptor
        self.mode = mode
        self.effects = effects
    }

    deinit {
        if descriptor != -1 { close(descriptor) }
    }

    /// Gives the lock back. Where the system does not take it that way, it goes with its descriptor: what was done under it is
    /// done, whatever is answered here.
    package consuming func release() {
        let held = descriptor
        descriptor = -1
        if mode == .exclusive { _ = ftruncate(held, 0) }
        _ = effects.call(.unlock, path) { clinux_flock(held, LOCK_UN) }
        close(held)
    }

    /// Who left a name in a lock's file and still runs; nil for a shared holder, who leaves none.
    package static func holder(of path: String, files: Files) throws(FileFault) -> LockHolder? {
        guard try files.status(path) != nil else { return nil }
        return LockHolder(text: String(decoding: try files.readRegular(path, limit: 4096), as: UTF8.self))
    }

    /// Opens the lock's file, and refuses what must not be written to: the holder's name would overwrite it.
    private static func openFile(
        _ path: String, _ mode: Mode, _ files: Files, creates: Bool = true
    ) throws(FileFault) -> Int32 {
        let descriptor: Int32
        do { descriptor = try openAnything(path, mode, files, creates) } catch {
            switch error.errno?.code {
            case ELOOP: throw .unfit(path: path, reason: "it is a symbolic link")
            // How the system refuses to open a socket, and a device without a driver.
            case ENXIO, ENODEV, EISDIR: throw .unfit(path: path, reason: "it is not a regular file")
            default: throw error
            }
        }
        var raw = stat()
        let result = files.effects.call(.inspect, path) { fstat(descriptor, &raw) }
        do throws(FileFault) {
            _ = try Files.value(of: result, .lock, path)
            if FileKind(mode: raw.st_mode) != .file {
                throw FileFault.unfit(path: path, reason: "it is not a regular file")
            }
            if raw.st_nlink > 1 { throw FileFault.unfit(path: path, reason: "the same file has other names too") }
        } catch {
            close(descriptor)
            throw error
        }
        return descriptor
    }

    private static func openAnything(
        _ path: String, _ mode: Mode, _ files: Files, _ creates: Bool
    ) throws(FileFault) -> Int32 {
        // A pipe without a writer would keep this call for ever; for a regular file O_NONBLOCK means nothing.
        let flags = O_NOFOLLOW | O_NONBLOCK | O_NOCTTY
        do { return try files.open(path, O_RDWR | (creates ? O_CREAT : 0) | flags, mode: 0o600, .lock) } catch {
            // A repository that can only be read can still be read under its lock.
            let canOnlyRead = error.errno == Errno(EROFS) || error.errno == Errno(EACCES)
            guard mode == .shared, canOnlyRead else { throw error }
            return try files.open(path, O_RDONLY | flags, .lock)
        }
    }

    private func tryOnce() throws(FileFault) -> Bool {
        let operation = mode == .shared ? LOCK_SH : LOCK_EX
        let result = effects.call(.lock, path) { clinux_flock(descriptor, operation | LOCK_NB) }
        if case .failure(Errno(EWOULDBLOCK)) = result { return false }
        _ = try Files.value(of: result, .lock, path)
        return true
    }

    private func leaveName(_ holder: LockHolder) throws(FileFault) {
        let text = Array(holder.text.utf8)
        let result = effects.call(.write, path) {
            ftruncate(descriptor, 0) == 0 ? pwrite(descriptor, text, text.count, 0) : -1
        }
        // The name is only information; a full disk must not keep out the run that would make room.
        if case .failure(let error) = result, [ENOSPC, EDQUOT].contains(error.code) { return }
        _ = try Files.value(of: result, .write, path)
    }

    private func currentHolder() -> LockHolder? {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = pread(descriptor, &buffer, buffer.count, 0)
        return count > 0 ? LockHolder(text: String(decoding: buffer[..<count], as: UTF8.self)) : nil
    }
}
