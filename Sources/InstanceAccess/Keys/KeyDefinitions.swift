import Crypto
import Faults
package import Secrets
package import Settings

/// Where the env files of a compose project define values that are to be replaced, as Compose itself resolves them: never a
/// line because of its name or its value alone.
package struct KeyDefinitions: Sendable {
    /// A variable of a service that says the old value and is to say the new one.
    package struct Target: Sendable {
        package let service: String
        package let variable: String
        package let old: Secret
        package let new: Secret

        package init(service: String, variable: String, old: Secret, new: Secret) {
            self.service = service
            self.variable = variable
            self.old = old
            self.new = new
        }
    }

    /// Renders the project as it would be if variables of its env files, and variables that env files give to services, said
    /// something else. Nothing of it may be written anywhere.
    package typealias Rendering = (
        _ project: [String: Secret], _ services: [String: [String: Secret]]
    ) throws -> RenderedProject

    /// One for each file that changes.
    package let edits: [EnvFileEdit]
    /// The variables of the project's env files that feed a target.
    package let names: [String]

    /// Finds and tries them; changes nothing.
    ///
    /// - Parameters:
    ///   - own: the services of the instance; no other one may change.
    ///   - shell: names of variables that are set where Compose is usually called, as far as that is known.
    /// - Throws: `KeyDefinitionFault`, and what cannot be edited.
    package init(
        _ targets: [Target], in files: ProjectEnvFiles, own: Set<String>, shell: Set<String> = [], render: Rendering
    ) throws {
        let before = try render([:], [:])
        for target in targets {
            guard let value = before.services[target.service]?.environment[target.variable],
                value.trimmed().equals(target.old.trimmed())
            else { throw KeyDefinitionFault.notInForce(service: target.service, variable: target.variable) }
        }
        let search = Search(targets: targets, files: files, own: own, before: before)
        let (feeding, others) = try search.projectNames(render)
        if let name = feeding.keys.sorted().first(where: shell.contains) { throw KeyDefinitionFault.inShell(name) }
        let edits = try search.edits(feeding, keeping: Set(others.map(\.name)))
        try search.prove(edits, others, render)
        self.edits = edits.filter { !$0.isEmpty }
        names = feeding.keys.sorted()
    }

    /// Where there are no containers: every definition, in the env files that the configuration names, of the variables by
    /// which the instance is known to read them.
    ///
    /// - Parameter values: by the name of a variable, what it says and what it is to say.
    package static func edits(
        of values: [String: (old: Secret, new: Secret)], in files: [EnvFile]
    ) throws -> [EnvFileEdit] {
        try Search.edits(values.mapValues { [$0] }, in: files, keeping: []).filter { !$0.isEmpty }
    }
}

/// The steps of the search.
private struct Search {
    let targets: [KeyDefinitions.Target]
    let files: ProjectEnvFiles
    let own: Set<String>
    let before: RenderedProject

    /// A variable of the project's files that holds an old value and that a service outside of the instance reads.
    struct Foreign {
        let name: String
        let service: String
        /// Whether a target is fed by it as well.
        let feeds: Bool
    }

    typealias Values = [String: [(old: Secret, new: Secret)]]

    /// The variables of the project's files that hold an old value and feed a target and nobody else, and those that others
    /// read.
    func projectNames(_ render: KeyDefinitions.Rendering) throws -> (feeding: Values, others: [Foreign]) {
        var feeding: Values = [:], others: [Foreign] = []
        let entries = files.ofProject.flatMap(\.entries)
        for name in Set(entries.map(\.name)).sorted() {
            let held = pairs.filter { pair in
                entries.contains { $0.name == name && $0.value.trimmed().equals(pair.old) }
            }
            guard !held.isEmpty else { continue }
            // A value that nobody has, so that whatever says it has it from here.
            let probe = try GeneratedKeyText.probe()
            let probed = try render([name: probe], [:])
            let feeds = targets.contains { changes($0, in: probed) }
            if let service = strangers(in: probed).first {
                others.append(Foreign(name: name, service: service, feeds: feeds))
            } else if feeds {
                feeding[name] = held
            }
        }
        return (feeding, others)
    }

    /// The edits of all files, the project's and those of the services.
    func edits(_ feeding: Values, keeping: Set<String>) throws -> [EnvFileEdit] {
        var wanted: [String: (file: EnvFile, values: Values)] = [:], order: [String] = []
        let want = { (file: EnvFile, name: String, pairs: [(old: Secret, new: Secret)]) in
            if wanted[file.path] == nil { order.append(file.path) }
            wanted[file.path, default: (file, [:])].values[name, default: []] += pairs
        }
        for file in files.ofProject + [files.besides].compactMap(\.self) {
            for (name, pairs) in feeding { want(file, name, pairs) }
        }
        for target in targets {
            for file in files.ofServices[target.service] ?? [] {
                let said = ProjectEnvFiles.values(files.ofServices[target.service] ?? [])[target.variable]
                guard said?.trimmed().equals(target.old.trimmed()) == true else { continue }
                want(file, target.variable, [(target.old, target.new)])
            }
        }
        return try order.compactMap { wanted[$0] }.flatMap {
            try Search.edits($0.values, in: [$0.file], keeping: keeping)
        }
    }

    static func edits(_ values: Values, in files: [EnvFile], keeping: Set<String>) throws -> [EnvFileEdit] {
        try files.map { file in
            var changes: [EnvFileEdit.Change] = []
            for (name, pairs) in values.sorted(by: { $0.key < $1.key }) {
                for pair in pairs
                where file.entries.contains(where: {
                    $0.name == name && $0.value.trimmed().equals(pair.old.trimmed())
                }) {
                    changes.append(.replace(name: name, old: pair.old, new: pair.new))
                }
            }
            // A definition that only refers to another file's changes with that.
            while true {
                do throws(SettingsFault) { return try EnvFileEdit(file, changes, keeping: keeping) } catch {
                    guard case .envNotEditable(_, _, let name, .elsewhere(let variable)) = error,
                        values[variable] != nil, let place = changes.firstIndex(where: { $0.name == name })
                    else { throw error }
                    changes.remove(at: place)
                }
            }
        }
    }

    /// Renders the project with what the files will say, and looks at every service.
    func prove(_ edits: [EnvFileEdit], _ others: [Foreign], _ render: KeyDefinitions.Rendering) throws {
        let changes = files.changes(edits)
        let project = try render(changes.ofProject, changes.ofServices)
        for target in targets {
            let value = project.services[target.service]?.environment[target.variable]
            if value?.trimmed().equals(target.new.trimmed()) == true { continue }
            if let other = others.first(where: \.feeds) {
                throw KeyDefinitionFault.shared(name: other.name, service: other.service)
            }
            throw KeyDefinitionFault.notInFiles(
                service: target.service, variable: target.variable, place: literal(target.old))
        }
        if let other = strangers(in: project).first {
            let names = Set(edits.flatMap(\.places).map(\.name)).sorted()
            throw KeyDefinitionFault.shared(name: names.joined(separator: ", "), service: other)
        }
    }

    // MARK: - Comparing

    private var pairs: [(old: Secret, new: Secret)] {
        var pairs: [(old: Secret, new: Secret)] = []
        for target in targets where !pairs.contains(where: { $0.old.equals(target.old.trimmed()) }) {
            pairs.append((target.old.trimmed(), target.new))
        }
        return pairs
    }

    private func changes(_ target: KeyDefinitions.Target, in project: RenderedProject) -> Bool {
        let now = before.services[target.service]?.environment[target.variable]
        let then = project.services[target.service]?.environment[target.variable]
        return now.flatMap { now in then.map { !now.equals($0) } } ?? (now != nil || then != nil)
    }

    /// Services outside of the instance that are not what they were.
    private func strangers(in project: RenderedProject) -> [String] {
        Set(before.services.keys).union(project.services.keys).subtracting(own).filter {
            before.services[$0]?.digest != project.services[$0]?.digest
        }.sorted()
    }

    /// Where a compose file itself says the value: `file:line`.
    private func literal(_ value: Secret) -> String? {
        for (path, text) in files.compose {
            if let line = EnvFile.lines(of: text, holding: value).first { return "\(path):\(line)" }
        }
        return nil
    }
}

private enum GeneratedKeyText {
    /// 32 hexadecimal digits.
    static func probe() throws(CryptoFault) -> Secret {
        var bytes = Array(Hex.encode(try Random.bytes(count: 16)).utf8)
        return Secret(consuming: &bytes)
    }
}
