import Crypto
import Glibc
import Secrets
import Testing

func secret(_ text: String) -> Secret {
    var bytes = Array(text.utf8)
    return Secret(consuming: &bytes)
}

func secret(_ bytes: [UInt8]) -> Secret { bytes.withUnsafeBytes { Secret(copying: $0) } }

func bytes(hex: String) throws -> [UInt8] { try #require(Hex.decode(hex)) }

func hex(_ secret: Secret) -> String { secret.withBytes { Hex.encode($0) } }

/// A folder of its own that goes with the value.
final class ScratchFolder {
    let path: String

    init() throws {
        var template = Array("/tmp/infisical-ops-test-XXXXXX".utf8CString)
        path = String(cString: try #require(mkdtemp(&template)))
    }

    deinit { system("rm -rf '\(path)'") }

    func write(_ name: String, _ content: [UInt8]) throws {
        let file = try #require(fopen("\(path)/\(name)", "w"))
        defer { fclose(file) }
        try #require(fwrite(content, 1, content.count, file) == content.count)
        chmod("\(path)/\(name)", 0o600)
    }

    func write(_ name: String, _ text: String) throws { try write(name, Array(text.utf8)) }

    func read(_ name: String) throws -> [UInt8] {
        let file = try #require(fopen("\(path)/\(name)", "r"))
        defer { fclose(file) }
        var content: [UInt8] = [], block = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = fread(&block, 1, block.count, file)
            if count == 0 { return content }
            content += block[..<count]
        }
    }

    func text(_ name: String) throws -> String { String(decoding: try read(name), as: UTF8.self) }

    /// Runs a shell command in the folder; answers its exit status.
    func run(_ command: String) -> Int32 {
        let status = system("cd '\(path)' && { \(command); } >out 2>err </dev/null")
        return status >> 8 & 0xff
    }
}
