// Does one file operation in a process of its own: for what belongs to a process (umask, locks) and for kills at an
// effect. Usage: file-victim KILL-KIND POSITION OPERATION PATH [TEXT]
import DurableFiles
import Effects
import Glibc
import TestSupport

let arguments = CommandLine.arguments
guard arguments.count >= 5, let position = Int(arguments[2]) else { exit(64) }
let observer = FailingObserver.Kind(rawValue: arguments[1]).map { FailingObserver(at: position, kind: $0) }
let files = Files(effects: Effects(observer: observer))
let path = arguments[4]
let text = Array((arguments.count > 5 ? arguments[5] : "").utf8)

do {
    switch arguments[3] {
    case "publish": try files.publish(text, at: path)
    case "publish-open": try files.publish(text, at: path, mode: 0o644)
    case "publish-new": try files.publish(text, at: path, existing: .refuse)
    case "folder": try files.createFolder(path)
    case "folder-open": try files.createFolder(path, mode: 0o755)
    case "group":
        let group = PendingGroup(files: files)
        for number in 1...3 {
            try text.withUnsafeBytes { try group.add($0, as: "\(path)/\(number)") }
        }
        try group.commit()
        try group.syncFolders()
    case "remove-tree": try files.removeTree(path)
    case "lock":
        try FileLock.acquire(
            path, .exclusive, wait: 0, holder: "file-victim lock", files: files, cancellation: Cancellation(),
            clock: SystemClock()
        ).release()
    case "hold":
        let lock = try FileLock.acquire(
            path, .exclusive, wait: 0, holder: "file-victim hold", files: files, cancellation: Cancellation(),
            clock: SystemClock())
        // Tells the test that the lock is held, and holds it until the test closes this standard input.
        print("held")
        fflush(nil)
        _ = readLine()
        lock.release()
    default: exit(64)
    }
} catch {
    print(error)
    exit(1)
}
