import Glibc

/// The words that this process was started with.
///
/// Swift's own list is read from /proc, which a container or a rescue system may not have: a command would then run as if
/// nothing had been asked of it. The kernel puts the words right below the environment, where they are found without.
package enum ProcessArguments {
    /// Without the program's name.
    package static func own() -> [String] {
        Array((below(environ) ?? CommandLine.arguments).dropFirst())
    }

    /// More words than the kernel lets anybody give.
    private static let limit = 1 << 22

    /// The words below an environment; nil for one that has been moved from where the kernel put it.
    ///
    /// In memory: the number of words, a pointer to each, a null pointer, then the environment.
    static func below(_ environment: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> [String]? {
        let words = UnsafeRawPointer(environment).assumingMemoryBound(to: UInt.self)
        guard words[-1] == 0 else { return nil }
        // The number itself is never taken for a pointer: no process has memory at so low an address.
        guard let count = (0..<limit).first(where: { words[-2 - $0] < UInt(limit) }), words[-2 - count] == UInt(count)
        else { return nil }
        return (0..<count).map { index in
            environment[index - count - 1].map { String(cString: $0) } ?? ""
        }
    }
}
