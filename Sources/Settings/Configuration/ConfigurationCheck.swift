import DurableFiles

/// Everything that can be said of the configuration without the instance: what `config check` looks at.
package struct ConfigurationCheck: Sendable {
    /// The configuration file; nil where there is none.
    package let file: String?
    /// What keeps it from being used, in the order of the file, then of the environment, then of what both name.
    package let problems: [SettingsFault]
    /// What is probably not meant, one sentence each.
    package let notes: [String]
    /// What is in force; nil while there are problems.
    package let configuration: ResolvedConfiguration?

    /// - Parameter path: what `--config` says.
    package init(named path: String?, _ surroundings: SettingsSurroundings) {
        let found: Configuration.Found?
        do { found = try Configuration.text(named: path, surroundings) } catch {
            self.init(file: error.place, problems: [error])
            return
        }
        var problems: [SettingsFault] = [], configuration: Configuration?
        if let found {
            do {
                let reading = try Configuration.reading(found.text, path: found.path, isNamed: found.isNamed)
                configuration = reading.configuration
                problems += reading.problems
            } catch { problems.append(error) }
        }
        problems += SettingLayers.problems(surroundings)
        guard problems.isEmpty else {
            self.init(file: found?.path, problems: problems)
            return
        }
        do {
            let resolved = try ResolvedConfiguration(configuration, surroundings)
            let missing = try ConfigurationCheck.missing(resolved, surroundings)
            self.init(
                file: found?.path, problems: missing, notes: resolved.notes + ConfigurationCheck.notes(resolved),
                configuration: missing.isEmpty ? resolved : nil)
        } catch { self.init(file: found?.path, problems: [error]) }
    }

    private init(
        file: String?, problems: [SettingsFault], notes: [String] = [], configuration: ResolvedConfiguration? = nil
    ) {
        self.file = file
        self.problems = problems
        self.notes = notes
        self.configuration = configuration
    }

    /// Files and programs that are named and not there. Those that `init` or a run makes need not be.
    private static func missing(
        _ configuration: ResolvedConfiguration, _ surroundings: SettingsSurroundings
    ) throws(SettingsFault) -> [SettingsFault] {
        var missing: [SettingsFault] = []
        let files = Files(effects: surroundings.effects)
        for setting in configuration.settings where setting.origin != .standard {
            var paths: [String] = []
            switch (setting.key, setting.value) {
            case (.pgDump, .text(let path)), (.passphraseFile, .text(let path)),
                (.databasePasswordFile, .text(let path)):
                paths = [path]
            case (.files, .list(let list)): paths = list
            case (_, .list(let words)) where setting.key.kind == .command:
                // A program's name without a folder is looked up when it is run.
                paths = words.prefix(1).filter { $0.contains("/") }
            default: continue
            }
            for path in paths {
                do {
                    if try files.status(path, followingLinks: true) == nil {
                        missing.append(.notFound(path: path, namedBy: setting.origin))
                    }
                } catch { missing.append(.file(error)) }
            }
        }
        return missing
    }

    private static func notes(_ configuration: ResolvedConfiguration) -> [String] {
        configuration.repository == nil
            ? ["\(SettingKey.repository) is not set, so no command can find the backups"] : []
    }
}
