import FoundationEssentials
import LiveSupport
import Testing

/// What no run may ever print: the instance's keys and passwords, and the keys that the host keeps for the repository.
enum Secrecy {
    /// Records an issue for every secret of an instance that a run printed.
    static func check(_ result: OpsResult, _ instance: OpsInstance) {
        for name in found(in: result.output + result.errors, of: instance) {
            Issue.record("\(result.arguments.first ?? "") printed a secret: \(name)")
        }
    }

    /// The names of the secrets that a text holds; the values must not stand in the log of the tests either.
    static func found(in text: String, of instance: OpsInstance) -> [String] {
        secrets(of: instance).filter { secret in
            // As it is, and as JSON writes it.
            let escaped = secret.value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
            return text.contains(secret.value) || text.contains(escaped)
        }.map(\.name)
    }

    /// Every secret that lies around an instance now, by what it is.
    static func secrets(of instance: OpsInstance) -> [(name: String, value: String)] {
        var secrets = [(name: "the server's password", value: LiveServer.password)]
        for path in [instance.envFile] + instance.moreEnvFiles {
            for line in text(path).split(whereSeparator: \.isNewline) {
                let parts = line.split(separator: "=", maxSplits: 1)
                let isSecret = ["_KEY", "_SECRET", "_PASSWORD", "_URI", "REDIS_URL"].contains { parts[0].hasSuffix($0) }
                if parts.count == 2, isSecret, parts[1].utf8.count > 5 {
                    secrets.append(("\(parts[0]) of the env file", String(parts[1])))
                }
            }
        }
        for path in files(below: instance.state) {
            for line in text(path).split(whereSeparator: \.isNewline)
            where line.hasPrefix("AGE-SECRET-KEY-1") || (line.utf8.count == 64 && line.allSatisfy(\.isHexDigit)) {
                secrets.append((path, String(line)))
            }
        }
        return secrets
    }

    private static func text(_ path: String) -> String {
        (try? Data(contentsOf: URL(filePath: path))).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }

    private static func files(below folder: String) -> [String] {
        ((try? FileManager.default.subpathsOfDirectory(atPath: folder)) ?? []).map { folder + "/" + $0 }
    }
}
