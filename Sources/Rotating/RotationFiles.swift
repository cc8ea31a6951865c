import DurableFiles
import InstanceAccess
import Repository
import Secrets
import Settings

/// The env files of a rotation: read as they are now, and given the one value or the other. Every call may be done again.
struct RotationFiles {
    private let instance: InstanceAccess
    private let site: RotationSite
    private let keys: RotationKeys
    private var files: Files { instance.surroundings.files }

    init(_ instance: InstanceAccess, _ site: RotationSite, _ keys: RotationKeys) {
        self.instance = instance
        self.site = site
        self.keys = keys
    }

    /// Gives every definition that holds the one value the other one, and proves that all of them have it.
    ///
    /// - Returns: the files that somebody else has changed since the plan was made.
    /// - Throws: `RotationRefusal.filesDiffer`.
    func write(isNew: Bool) throws -> [String] {
        var changed: [String] = []
        for file in site.files {
            let path = file.path
            if try file.record?.state(files) == .other { changed.append(path) }
            guard let now = try read()[path] else { throw RotationRefusal.filesDiffer(path: path, name: nil) }
            for edit in try KeyDefinitions.edits(of: values(file, isNew: isNew), in: [now]) {
                try EnvFileRewrite(edit).write(files)
            }
        }
        // A run that was killed may have written them without being sure that they are on disk.
        for file in site.files { try files.syncFolder(Files.parent(of: file.path)) }
        try prove(isNew: isNew)
        return changed
    }

    /// Whether every definition has the value.
    func hold(isNew: Bool) throws -> Bool {
        do { try prove(isNew: isNew) } catch RotationRefusal.filesDiffer { return false }
        return true
    }

    private func values(_ file: RotationSite.File, isNew: Bool) -> [String: (old: Secret, new: Secret)] {
        file.names.compactMapValues { variable in
            guard let old = keys.old.environment[variable], let new = keys.new.environment[variable] else { return nil }
            return isNew ? (old, new) : (new, old)
        }
    }

    private func prove(isNew: Bool) throws {
        let now = try read()
        for file in site.files {
            for (name, values) in values(file, isNew: isNew) {
                guard now[file.path]?.entry(name)?.value.trimmed().equals(values.new.trimmed()) == true else {
                    throw RotationRefusal.filesDiffer(path: file.path, name: name)
                }
            }
        }
    }

    /// Every env file of the instance by its path, as its reader reads it.
    func read() throws -> [String: EnvFile] {
        guard let project = site.remake.project else {
            return RotationFiles.byPath(try instance.refreshed().configuration.instance.files)
        }
        let all = try ProjectEnvFiles(project.labels, files)
        return RotationFiles.byPath(
            all.ofProject + [all.besides].compactMap(\.self) + all.ofServices.values.flatMap(\.self))
    }

    private static func byPath(_ files: [EnvFile]) -> [String: EnvFile] {
        Dictionary(files.map { ($0.path, $0) }) { first, _ in first }
    }
}
