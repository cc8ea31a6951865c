/// Everything that can be said of the configuration without the instance: what `config check` looks at.
package struct ConfigurationCheck: Sendable {
    /// The configuration file; nil where there is none.
    package let file: String?
    /// Where a file was looked for; nil where there is one.
    package let searched: [String]?
    /// What keeps it from being used, in the order of the file, then of the environment, then of what both name.
    package let problems: [SettingsFault]
    /// What is probably not meant, one sentence each.
    package let notes: [String]
    /// What is in force of all that can be read; nil where nothing can.
    package let configuration: ResolvedConfiguration?

    /// Whether anything is set at all, in a file or by variables.
    package var isConfigured: Bool {
        if file != nil || configuration == nil { return true }
        return configuration?.settings.contains { if case .environment = $0.origin { true } else { false } } ?? true
    }

    /// Whether the file, where there is one, sets anything.
    package var setsSomething: Bool {
        configuration?.settings.contains { if case .file = $0.origin { true } else { false } } ?? true
    }

    /// - Parameter path: what `--config` says.
    package init(named path: String?, _ surroundings: SettingsSurroundings) {
        let found: Configuration.Found?
        do { found = try Configuration.text(named: path, surroundings) } catch {
            self.init(file: error.place, searched: nil, problems: [error])
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
        // What has a right form is looked at beside what has none: nobody wants to come back for each.
        let readable = SettingLayers.readable(surroundings)
        var resolved: ResolvedConfiguration?, notes: [String] = []
        do {
            let layers = try SettingLayers(configuration, [], readable)
            let named = NamedFiles(SettingKey.all.compactMap { layers.strongest[$0] }, readable)
            // What is set in a form that it cannot have is not missing.
            let wrong = Set(problems.compactMap(\.key))
            problems += named.problems.filter { problem in
                if case .incomplete(_, _, let other) = problem { !wrong.contains(other) } else { true }
            }
            notes += named.notes
            let all = try ResolvedConfiguration(configuration, readable)
            for fault in all.envFileFaults where !problems.contains(fault) { problems.append(fault) }
            notes = all.notes + ConfigurationCheck.notes(all) + notes
            resolved = all
        } catch { if !problems.contains(error) { problems.append(error) } }
        self.init(
            file: found?.path, searched: found == nil ? Configuration.standardPaths(surroundings) : nil,
            problems: problems, notes: notes, configuration: resolved)
    }

    private init(
        file: String?, searched: [String]?, problems: [SettingsFault], notes: [String] = [],
        configuration: ResolvedConfiguration? = nil
    ) {
        self.file = file
        self.searched = searched
        self.problems = problems
        self.notes = notes
        self.configuration = configuration
    }

    private static func notes(_ configuration: ResolvedConfiguration) -> [String] {
        configuration.repository == nil
            ? ["\(SettingKey.repository) is not set, so no command can find the backups"] : []
    }
}
