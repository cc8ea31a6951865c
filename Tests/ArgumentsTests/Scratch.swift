import Glibc
import Testing

/// A temporary folder and the programs of the system, for what only they can judge.
final class Scratch {
    let path: String

    init() throws {
        var template = Array("/tmp/arguments-test-XXXXXX".utf8CString)
        path = try #require(mkdtemp(&template).map { String(cString: $0) })
    }

    deinit { _ = system("rm -rf '\(path)'") }

    @discardableResult
    func write(_ text: String, to name: String) throws -> String {
        let file = try #require(fopen("\(path)/\(name)", "w"))
        fputs(text, file)
        fclose(file)
        return "\(path)/\(name)"
    }

    /// Runs a shell command in the folder; gives back its output, standard error included, and its exit code.
    func run(_ command: String) throws -> (output: String, code: Int32) {
        let pipe = try #require(popen("cd '\(path)' && { \(command); } 2>&1", "r"))
        var bytes: [UInt8] = []
        while case let byte = fgetc(pipe), byte != EOF { bytes.append(UInt8(truncatingIfNeeded: byte)) }
        let status = pclose(pipe)
        return (String(decoding: bytes, as: UTF8.self), (status >> 8) & 0xff)
    }
}
