import DurableFiles
import Faults
import Secrets

/// Where the kept files go on this host, and what is there already.
struct PlacedFiles {
    enum State: Equatable {
        case missing
        case same
        /// Something else is there.
        case other
        /// An earlier run of the same recovery wrote a new key into it.
        case edited
    }

    struct File {
        let kept: KeptFile
        let path: String
        var state: State
        /// Whether a container mounts it: its program is another user than ours.
        var isMounted = false

        /// What is written: nobody else writes it, and others read it only where a container does.
        var mode: UInt32 { isMounted ? kept.mode & 0o755 | 0o600 : 0o600 }
        /// Who can read it, as the end of a step.
        var readers: String {
            mode & 0o077 == 0
                ? "readable by this user only" : "with its mode \(String(mode, radix: 8)), for the container"
        }
    }

    /// What becomes of files that are there with other content.
    enum Existing: Sendable {
        case refuse, replace, keep
    }

    private(set) var files: [File] = []

    /// - Parameters:
    ///   - folder: of the project on the lost host; what lay outside of it goes back to where it was.
    ///   - target: of the project on this host.
    init(_ kept: [KeptFile], from folder: String, into target: String, _ access: Files) throws(FileFault) {
        for file in kept {
            let path = PlacedFiles.moved(file.recorded, from: folder, into: target)
            files.append(File(kept: file, path: path, state: try PlacedFiles.state(path, file.content, access)))
        }
    }

    /// A path of the lost host on this one.
    static func moved(_ path: String, from folder: String, into target: String) -> String {
        if path == folder { return target }
        let start = Files.join(folder, "")
        return path.hasPrefix(start) ? Files.join(target, String(path.dropFirst(start.count))) : path
    }

    private static func state(_ path: String, _ content: Secret, _ access: Files) throws(FileFault) -> State {
        guard let status = try access.status(path, followingLinks: true) else {
            // A link that leads nowhere is no free name.
            return try access.status(path) == nil ? .missing : .other
        }
        guard status.kind == .file, status.size == content.count else { return .other }
        return try access.readSecret(path, limit: content.count).equals(content) ? .same : .other
    }

    /// Takes files that are there for right, whatever they are: nothing better was kept.
    ///
    /// - Parameter recorded: by their paths on the lost host.
    mutating func leave(_ recorded: [String]) {
        for index in files.indices where recorded.contains(files[index].kept.recorded) && files[index].state == .other {
            files[index].state = .same
        }
    }

    /// - Parameter paths: of files on this host into which an earlier run of this recovery wrote a new key.
    mutating func mark(edited paths: [String]) {
        for index in files.indices where paths.contains(files[index].path) && files[index].state == .other {
            files[index].state = .edited
        }
    }

    /// - Parameter paths: of files on this host that containers mount.
    mutating func mark(mounted paths: Set<String>) {
        for index in files.indices where paths.contains(files[index].path) { files[index].isMounted = true }
    }

    /// - Throws: `filesDiffer`.
    func require(_ existing: Existing) throws(RecoveryFault) {
        let others = files.filter { $0.state == .other }.map(\.path)
        if existing == .refuse, !others.isEmpty { throw .filesDiffer(others) }
    }

    /// Writes those that are missing, and where that was asked for, those that differ; a second time changes nothing.
    func write(_ existing: Existing, _ access: Files) throws(FileFault) {
        for file in files where file.state == .missing || (file.state == .other && existing == .replace) {
            try access.createFolder(Files.parent(of: file.path))
            try access.publishSecret(
                file.kept.content, at: file.path, mode: file.mode, existing: file.state == .missing ? .refuse : .replace
            )
        }
    }

    /// What the project will be made from: the files as they are kept, or as they are here and stay.
    func effective(_ existing: Existing, _ access: Files) throws(FileFault) -> [KeptFile] {
        var result: [KeptFile] = []
        for file in files {
            let stays = file.state == .edited || file.state == .other && existing == .keep
            result.append(
                stays
                    ? KeptFile(
                        recorded: file.kept.recorded, content: try access.readSecret(file.path, limit: 4 << 20))
                    : file.kept)
        }
        return result
    }
}
