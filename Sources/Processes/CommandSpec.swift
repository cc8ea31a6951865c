import Faults
import Glibc
package import Secrets

/// The value of a child's environment variable.
package enum EnvironmentValue: Sendable, ExpressibleByStringLiteral {
    case plain(String)
    case secret(Secret)

    package init(stringLiteral value: String) { self = .plain(value) }
}

/// A command to run: the program, its arguments, all of its environment, and its three streams.
///
/// A `Secret` enters through the environment or the input, never through an argument, which every user of the machine
/// can read. Descriptions of a command show the program and its arguments, nothing else.
package struct CommandSpec: Sendable {
    /// Where standard input comes from.
    package enum Input: Sendable {
        /// Nothing: the end is there at once.
        case null
        case bytes([UInt8])
        case secret(Secret)
        /// An open descriptor, which stays the caller's.
        case descriptor(Int32)
        /// What the caller writes with `RunningProcess.write`.
        case pipe
    }

    /// Where standard output goes.
    package enum Output: Sendable {
        case null
        /// Kept in memory; more than `limit` bytes end the command with a fault.
        case collected(limit: Int)
        /// The last `limit` bytes are kept in memory.
        case tail(limit: Int)
        /// An open descriptor, which stays the caller's.
        case descriptor(Int32)
        /// What the caller reads with `RunningProcess.read`.
        case pipe
    }

    /// Where standard error goes.
    package enum Errors: Sendable {
        case null
        /// The last `limit` bytes are kept in memory, for messages.
        case tail(limit: Int)
        /// An open descriptor, which stays the caller's.
        case descriptor(Int32)
        /// The same place as standard output, so that the lines of both keep their order.
        case withOutput
    }

    /// A path, or a name that is looked up in `PATH`.
    package var executable: String
    package var arguments: [String]
    /// All of it; nothing is inherited.
    package var environment: [String: EnvironmentValue]
    /// The folder the command starts in; nil is that of this process.
    package var workingFolder: String?
    package var input: Input
    package var output: Output
    package var errors: Errors
    /// What the program finds in a file without a name, under `attachmentPath`.
    package var attachment: [UInt8]?

    /// Where a program reads `attachment`.
    package static let attachmentPath = "/proc/self/fd/\(attachmentDescriptor)"
    static let attachmentDescriptor: Int32 = 3

    package init(
        _ executable: String, _ arguments: [String] = [], environment: [String: EnvironmentValue] = [:],
        workingFolder: String? = nil, input: Input = .null, output: Output = .collected(limit: 1 << 20),
        errors: Errors = .tail(limit: 16 << 10)
    ) {
        self.executable = executable
        self.arguments = arguments
        self.environment = environment
        self.workingFolder = workingFolder
        self.input = input
        self.output = output
        self.errors = errors
    }

    /// Variables of this process, as plain values, for those that a command needs: `PATH`, `HOME`.
    package static func inherited(_ names: [String]) -> [String: EnvironmentValue] {
        var found: [String: EnvironmentValue] = [:]
        for name in names {
            if let value = getenv(name) { found[name] = .plain(String(cString: value)) }
        }
        return found
    }

    /// Those variables of this process whose names are wanted; their values are treated as secrets.
    package static func inherited(_ isWanted: (String) -> Bool) -> [String: EnvironmentValue] {
        var found: [String: EnvironmentValue] = [:], next = environ
        while let entry = next.pointee {
            next += 1
            guard let sign = strchr(entry, Int32(UInt8(ascii: "="))) else { continue }
            let bytes = UnsafeRawBufferPointer(start: entry, count: UnsafePointer(sign) - UnsafePointer(entry))
            let name = String(decoding: bytes, as: UTF8.self)
            if isWanted(name) {
                found[name] = .secret(Secret(copying: UnsafeRawBufferPointer(start: sign + 1, count: strlen(sign + 1))))
            }
        }
        return found
    }

    /// The program's name in messages: the last part of its path.
    var program: String { executable.split(separator: "/").last.map(String.init) ?? executable }
}

extension CommandSpec: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The command line, quoted for a POSIX shell.
    package var description: String {
        ([executable] + arguments).map(FaultRenderer.shellQuoted).joined(separator: " ")
    }
    package var debugDescription: String { description }
    package var customMirror: Mirror {
        Mirror(self, children: ["executable": executable, "arguments": arguments], displayStyle: .struct)
    }
}

extension EnvironmentValue: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "[environment value]" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>(), displayStyle: .enum) }
}
