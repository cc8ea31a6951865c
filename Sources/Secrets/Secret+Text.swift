import CLinux
import Glibc

extension Secret {
    /// The value without white space at its ends, as Infisical reads what its environment says.
    package func trimmed() -> Secret {
        withBytes { bytes in
            Secret(copying: UnsafeRawBufferPointer(rebasing: bytes[WhiteSpace.javaScript.trimmed(bytes)]))
        }
    }

    /// What stands before the first line end.
    package func firstLine() -> Secret {
        withBytes { bytes in
            let end = bytes.firstIndex { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") } ?? bytes.endIndex
            return Secret(copying: UnsafeRawBufferPointer(rebasing: bytes[..<end]))
        }
    }

    /// The value as text, for one that came from among secrets and is none, such as a host, a port or a site's address.
    package func revealedText() -> String { withBytes { String(decoding: $0, as: UTF8.self) } }

    /// Lends the bytes with a terminating NUL, for C; the copy is zeroed afterwards. A secret that itself contains a
    /// NUL would be cut there: callers refuse such values.
    package func withCString<Result, Failure: Error>(
        _ body: (UnsafePointer<CChar>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let terminated = Secret(count: count + 1) { target in
            self.withBytes { target.copyMemory(from: $0) }
        }
        return try terminated.withBytes { (bytes) throws(Failure) -> Result in
            try bytes.withMemoryRebound(to: CChar.self) { (characters) throws(Failure) -> Result in
                guard let base = characters.baseAddress else { unreachable("a terminated string has bytes") }
                return try body(base)
            }
        }
    }
}

/// Marks code that cannot be reached; it ends the process without printing memory.
private func unreachable(_ reason: StaticString) -> Never {
    abort()
}

extension Secret {
    /// Keeps the kernel from writing this process's memory to a core dump or showing it to a debugger of the same user.
    package static func protectProcess() {
        var none = rlimit(rlim_cur: 0, rlim_max: 0)
        _ = setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none)
        _ = clinux_forbid_dumps()
    }
}
