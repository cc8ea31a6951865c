import DurableFiles
import InstanceAccess
import Secrets
import Settings

/// Env files that lie beside those in use and hold an old value. Which files Compose was last given, the containers say, and
/// they are not made anew by a start with one file more that changes nothing: the next start may read one of these as well.
struct StrayEnvFiles {
    private let paths: [String]

    /// The size above which nobody calls it an env file.
    private static let limit = 1 << 20

    /// - Parameters:
    ///   - values: the old ones.
    ///   - files: those that are edited.
    init(holding values: [Secret], beside files: [RotationSite.File], _ instance: InstanceAccess) throws {
        let system = instance.surroundings.files, edited = Set(files.map(\.path))
        paths = try Set(edited.map(Self.folder)).sorted().flatMap { folder in
            try system.list(folder).filter { $0.kind == .file && Self.isCalledEnv($0.name) }
                .map { "\(folder)/\($0.name)" }.sorted()
        }.filter { path in
            // What cannot be read here, or is gone again, no start reads either.
            guard !edited.contains(path), let text = try? system.readSecret(path, limit: Self.limit) else {
                return false
            }
            return values.contains { !EnvFile.lines(of: text, holding: $0).isEmpty }
        }
    }

    private static func folder(_ path: String) -> String {
        path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    }

    private static func isCalledEnv(_ name: String) -> Bool {
        name == ".env" || name.hasPrefix(".env.") || name.hasSuffix(".env")
    }

    /// For the end of a plan.
    var lines: [String] {
        paths.isEmpty ? [] : ["Files beside the env files in use that keep the old value:"] + paths.map { "  \($0)" }
    }

    /// What is left to be done about each.
    var left: [String] {
        paths.map {
            "the file \($0) still holds the old value, and a start that reads it puts that in force again: change or delete it"
        }
    }
}
