/// One thing that the program does to the world outside its memory.
package struct Effect: Sendable {
    /// What is done.
    package enum Kind: String, Sendable, CaseIterable {
        // files
        case createFolder, open, read, write, sync, rename, syncFolder, remove, list, inspect, changeMode, lock, unlock
        // PostgreSQL
        case connect, statement, copyOut, copyIn, closeConnection
        // processes
        case spawn, await, signal
        // other servers
        case request
        // time
        case sleep
    }

    package let kind: Kind
    /// A path, a program's name, the first word of a statement; never a value or a secret.
    package let subject: String
    /// The how-manieth effect of the process this is, from 1.
    package let number: Int
}

/// Watches every effect of a run, and may make one fail. The product runs without an observer; the one that injects
/// failures lives in a test executable.
package protocol EffectObserver: Sendable {
    /// Called just before the effect. A result other than nil makes it fail with that `errno` without being done.
    func before(_ effect: Effect) -> Int32?
    /// Called just after the effect was done. A result other than nil makes the caller see a failure all the same.
    func after(_ effect: Effect) -> Int32?
}
