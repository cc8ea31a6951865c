import Glibc

/// Small files, and shell commands on them.
extension TemporaryFolder {
    package func write(_ name: String, _ content: [UInt8]) throws {
        guard let file = fopen(path(name), "w") else { throw TestProblem("cannot write \(name): errno \(errno)") }
        let count = fwrite(content, 1, content.count, file)
        guard fclose(file) == 0 && count == content.count && chmod(path(name), 0o600) == 0 else {
            throw TestProblem("cannot write \(name): errno \(errno)")
        }
    }

    package func write(_ name: String, _ text: String) throws { try write(name, Array(text.utf8)) }

    /// Writes a script that can be run. Another program writes it: one that this process has open for writing would be
    /// open in whatever another thread starts at the same moment, and could not be run until that has ended.
    package func writeProgram(_ name: String, _ text: String) throws {
        try write(name + ".text", text)
        guard run("cp '\(name).text' '\(name)' && chmod 755 '\(name)'") == 0 else { throw TestProblem(said("err")) }
    }

    package func read(_ name: String) throws -> [UInt8] { try TemporaryFolder.read(path: path(name)) }

    package static func read(path: String) throws -> [UInt8] {
        guard let file = fopen(path, "r") else { throw TestProblem("cannot read \(path): errno \(errno)") }
        defer { fclose(file) }
        var content: [UInt8] = [], block = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = fread(&block, 1, block.count, file)
            if count == 0 { return content }
            content += block[..<count]
        }
    }

    package func text(_ name: String) throws -> String { String(decoding: try read(name), as: UTF8.self) }

    /// The first line of a file.
    package func line(_ name: String) throws -> String { String(try text(name).prefix { $0 != "\n" }) }

    /// What a command said, for the message of a test that fails.
    package func said(_ name: String) -> String { (try? text(name)) ?? "nothing" }

    /// Runs a shell command in the folder; what it prints goes to the files `out` and `err`.
    ///
    /// - Returns: its exit status.
    package func run(_ command: String) -> Int32 {
        let status = system("cd '\(path)' && { \(command); } >out 2>err </dev/null")
        return status >> 8 & 0xff
    }
}
