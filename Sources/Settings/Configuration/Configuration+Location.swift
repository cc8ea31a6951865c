import Secrets

extension Configuration {
    /// Finds and reads the configuration file: the one named by `--config`, by `INFISICAL_OPS_CONFIG`, in the working
    /// folder, in the user's and in the system's configuration folder; nil when there is none.
    ///
    /// A file that is named must exist; the others need not, and count only if nobody else decides what stands in them
    /// (`FileTrust`): they name programs that are executed.
    ///
    /// - Parameter mayBeMissing: whether one that is named need not exist either, because it is going to be made.
    package static func find(
        named path: String?, mayBeMissing: Bool = false, _ surroundings: SettingsSurroundings
    ) throws(SettingsFault) -> Configuration? {
        guard let found = try text(named: path, mayBeMissing: mayBeMissing, surroundings) else { return nil }
        return try Configuration(found.text, path: found.path, isNamed: found.isNamed)
    }

    /// A configuration file as it was found.
    struct Found {
        let path: String
        let text: Secret
        /// Whether somebody named it.
        let isNamed: Bool
    }

    static func text(
        named path: String?, mayBeMissing: Bool = false, _ surroundings: SettingsSurroundings
    ) throws(SettingsFault) -> Found? {
        if let (path, origin) = named(path, surroundings) {
            guard let text = try SettingsFiles.read(path, surroundings.effects) else {
                if mayBeMissing { return nil }
                throw .notFound(path: path, namedBy: origin)
            }
            return Found(path: path, text: text, isNamed: true)
        }
        let trust = FileTrust(surroundings)
        for path in standardPaths(surroundings) {
            let text = try SettingsFiles.read(path, surroundings.effects) {
                (status) throws(SettingsFault) in try trust.check(deciding: path, status)
            }
            if let text { return Found(path: path, text: text, isNamed: false) }
        }
        return nil
    }

    /// Where `init` puts a new file: the named place, else the user's folder, for root the system's.
    package static func newPath(named path: String?, _ surroundings: SettingsSurroundings) -> String {
        if let (path, _) = named(path, surroundings) { return path }
        let standard = standardPaths(surroundings)
        let user = standard.count == 3 && !surroundings.isRoot ? standard[1] : nil
        return user ?? systemPath
    }

    private static let systemPath = "/etc/infisical-ops/" + fileName

    static func standardPaths(_ surroundings: SettingsSurroundings) -> [String] {
        let user = surroundings.userFolder("XDG_CONFIG_HOME", ".config")
        return [surroundings.absolute(fileName, in: surroundings.workingFolder)]
            + (user.map { ["\($0)/infisical-ops/\(fileName)"] } ?? []) + [systemPath]
    }

    private static func named(_ path: String?, _ surroundings: SettingsSurroundings) -> (String, Origin)? {
        let variable = SettingKey.variablePrefix + "CONFIG"
        if let path { return (surroundings.absolute(path, in: surroundings.workingFolder), .flag("--config")) }
        return surroundings.variable(variable).map {
            (surroundings.absolute($0, in: surroundings.workingFolder), .environment(variable))
        }
    }
}
