import Postgres

/// All given values, flag over environment over file, with the standard values below them.
struct SettingLayers {
    /// Settings by key, the strongest given value or the standard one.
    let strongest: [SettingKey: Setting]
    /// Variables that begin like ours and name no key.
    let unknownVariables: [String]

    private static let reserved: Set<String> = [SettingKey.variablePrefix + "CONFIG"]

    init(
        _ file: Configuration?, _ overrides: [SettingOverride], _ surroundings: SettingsSurroundings
    ) throws(SettingsFault) {
        var strongest: [SettingKey: Setting] = [:]
        for key in SettingKey.all {
            if let setting = try SettingLayers.override(key, overrides, surroundings) {
                strongest[key] = setting
            } else if let setting = try SettingLayers.variable(key, surroundings) {
                strongest[key] = setting
            } else if let setting = file?[key] {
                strongest[key] = SettingLayers.rooted(setting, file?.folder ?? "/", surroundings)
            } else if let value = SettingLayers.standard(key, surroundings) {
                strongest[key] = Setting(key: key, value: value, origin: .standard)
            }
        }
        self.strongest = strongest
        let known = Set(SettingKey.all.flatMap(\.variables)).union(SettingLayers.reserved)
        unknownVariables = surroundings.environment.keys
            .filter { $0.hasPrefix(SettingKey.variablePrefix) && !known.contains($0) }.sorted()
    }

    /// What is wrong with the variables of this process that name keys, in the order of the keys.
    static func problems(_ surroundings: SettingsSurroundings) -> [SettingsFault] {
        SettingKey.all.compactMap { key in
            do throws(SettingsFault) {
                _ = try variable(key, surroundings)
                return nil
            } catch { return error }
        }
    }

    /// The surroundings without the variables whose values cannot be read.
    static func readable(_ surroundings: SettingsSurroundings) -> SettingsSurroundings {
        var result = surroundings
        for key in SettingKey.all {
            for name in key.variables {
                guard let text = surroundings.variable(name), SettingValue(text, key.kind) == nil else { continue }
                result.environment[name] = nil
            }
        }
        return result
    }

    private static func override(
        _ key: SettingKey, _ overrides: [SettingOverride], _ surroundings: SettingsSurroundings
    ) throws(SettingsFault) -> Setting? {
        guard let given = overrides.last(where: { $0.key == key }) else { return nil }
        let origin = Origin.flag(given.flag)
        guard let value = SettingValue(given.text, key.kind) else {
            throw .wrongValue(
                place: given.flag, key: key.path, expected: key.kind.expected, isUsage: true,
                excerpt: key.kind.excerpt(given.text))
        }
        // Command lines are seen by every user of the machine; an environment only by its owner.
        if case .url(let url) = value, url.password != nil { throw .passwordRefused(place: given.flag, key: key.path) }
        return rooted(Setting(key: key, value: value, origin: origin), surroundings.workingFolder, surroundings)
    }

    private static func variable(
        _ key: SettingKey, _ surroundings: SettingsSurroundings
    ) throws(SettingsFault) -> Setting? {
        for name in key.variables {
            guard let text = surroundings.variable(name) else { continue }
            let origin = Origin.environment(name)
            guard let value = SettingValue(text, key.kind) else {
                throw .wrongValue(
                    place: origin.description, key: key.path, expected: key.kind.expected, isUsage: false,
                    excerpt: key.kind.excerpt(text))
            }
            return rooted(Setting(key: key, value: value, origin: origin), surroundings.workingFolder, surroundings)
        }
        return nil
    }

    private static func standard(_ key: SettingKey, _ surroundings: SettingsSurroundings) -> SettingValue? {
        switch key.fallback {
        case .nothing: nil
        case .text(let text): SettingValue(text, key.kind)
        case .jobs: .integer(min(4, max(1, surroundings.processors)))
        case .stateFolder: .text(surroundings.standardStateFolder)
        }
    }

    /// The setting with its relative paths taken from `folder`.
    private static func rooted(_ setting: Setting, _ folder: String, _ surroundings: SettingsSurroundings) -> Setting {
        let absolute = { surroundings.absolute($0, in: folder) }
        let value: SettingValue
        switch (setting.key.kind, setting.value) {
        case (.path, .text(let path)), (.pathOrNone, .text(let path)): value = .text(absolute(path))
        case (.paths, .list(let paths)): value = .list(paths.map(absolute))
        // A program's name is looked up in PATH; one with a slash in it is a path, and so never that of whatever folder
        // this happens to run in.
        case (.command, .list(let words)) where words.first?.contains("/") == true:
            value = .list([absolute(words[0])] + words.dropFirst())
        default: value = setting.value
        }
        return Setting(key: setting.key, value: value, origin: setting.origin)
    }
}
