import DurableFiles
import Faults
import InstanceAccess
import Secrets
import Settings

/// Env files that lie beside those in use and hold an old value. Which files Compose was last given, the containers say, and
/// they are not made anew by a start with one file more that changes nothing: the next start may read one of these as well.
/// Nothing of a rotation depends on them, so what cannot be read is told, and stops nothing.
struct StrayEnvFiles {
    private var paths: [String] = []
    /// What could not be looked through, one clause each.
    private(set) var unread: [String] = []

    /// The size above which nobody calls it an env file.
    private static let limit = 1 << 20

    /// Beside the files that a rotation edits, with one of the values that it replaces.
    init(_ material: RotationMaterial, _ instance: InstanceAccess) {
        let files = instance.surroundings.files, edited = Set(material.site.files.map(\.path))
        let values = material.keys.changed.values.map(\.old)
        for folder in Set(edited.map(Files.parent)).sorted() {
            do throws(FileFault) {
                for entry in try files.list(folder).sorted(by: { $0.name < $1.name }) {
                    let path = "\(folder)/\(entry.name)"
                    guard entry.kind == .file, Self.isCalledEnv(entry.name), !edited.contains(path) else { continue }
                    look(at: path, for: values, files)
                }
            } catch { unread.append(error.message) }
        }
    }

    private mutating func look(at path: String, for values: [Secret], _ files: Files) {
        do throws(FileFault) {
            let text = try files.readSecret(path, limit: Self.limit)
            if values.contains(where: { !EnvFile.lines(of: text, holding: $0).isEmpty }) { paths.append(path) }
        } catch { unread.append(error.message) }
    }

    private static func isCalledEnv(_ name: String) -> Bool {
        name == ".env" || name.hasPrefix(".env.") || name.hasSuffix(".env")
    }

    /// For the end of a plan.
    var lines: [String] {
        paths.isEmpty ? [] : ["Files beside the env files in use that keep the old value:"] + paths.map { "  \($0)" }
    }

    var warnings: [String] {
        unread.map { "whether another env file keeps the old value is not known, so look at it: \($0)" }
    }

    /// What is left to be done about each.
    var left: [String] {
        paths.map {
            "the file \($0) still holds the old value, and a start that reads it puts that in force again: change or delete it"
        } + warnings
    }
}
