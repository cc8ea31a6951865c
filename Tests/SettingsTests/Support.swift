import Effects
import Faults
import Glibc
import Secrets
import Settings
import TestSupport

/// The bytes of a secret as text; only tests may do this.
func shown(_ secret: Secret?) -> String? {
    secret.map { secret in secret.withBytes { String(decoding: $0, as: UTF8.self) } }
}

func secret(_ text: String) -> Secret {
    var bytes = Array(text.utf8)
    return Secret(consuming: &bytes)
}

func env(
    _ text: String, path: String = "/srv/.env", environment: [String: String] = [:]
) throws(SettingsFault)
    -> EnvFile
{
    try EnvFile(secret(text), path: path, environment: environment.mapValues(secret))
}

/// Everything that a person may see of a fault.
func seen(_ fault: any Fault) -> String {
    FaultRenderer.text(fault) + fault.code + String(describing: fault) + String(reflecting: fault)
}

func write(_ text: String, to path: String) throws {
    guard let file = fopen(path, "w") else { throw TestProblem("cannot write \(path): errno \(errno)") }
    fputs(text, file)
    fclose(file)
}

/// The fault that `body` ends with.
func fault(_ body: () throws -> Void) throws -> SettingsFault {
    do { try body() } catch let fault as SettingsFault { return fault }
    throw TestProblem("a fault was expected")
}

extension SettingsSurroundings {
    /// A user without any variable, in `folder`.
    static func test(
        _ environment: [String: String] = [:], in folder: String = "/work-folder", isRoot: Bool = false
    ) -> SettingsSurroundings {
        SettingsSurroundings(
            environment: environment, workingFolder: folder, isRoot: isRoot, processors: 2, effects: Effects())
    }
}

func configuration(
    _ text: String, path: String = "/etc/infisical-ops/infisical-ops.yaml"
) throws(SettingsFault)
    -> Configuration
{
    try Configuration(secret(text), path: path)
}
