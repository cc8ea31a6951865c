import CLinux
import DurableFiles
import Effects
import FoundationEssentials
import Glibc

/// Builds the walls around this process, which is the first of its name spaces: mounts, the loopback, the host's name.
struct JailWalls {
    let plan: JailPlan
    let effects: Effects

    func build() throws(JailFault) {
        if plan.spaces.contains(.names) { try step("name the host") { clinux_set_host_name("drill") } }
        if plan.spaces.contains(.network) { try step("raise the loopback") { clinux_raise_loopback() } }
        guard plan.spaces.contains(.mounts) else { return }
        try step("keep mounts to itself (is this a chroot?)") { clinux_make_mounts_private() }
        // Held open, because what is mounted over a folder above them hides them.
        let kept = ([plan.folder] + plan.writable)
        var held: [Int32] = []
        defer { for descriptor in held { close(descriptor) } }
        for path in kept { held.append(try place(path)) }
        try step("make the host's files read-only") { clinux_set_read_only("/", 1, 1) }
        for path in plan.hidden where try isFolder(path) {
            try step("hide \(path)") { clinux_mount_memory(path, "mode=1777,size=50%") }
        }
        // Before the processes' folder is another one: the descriptors are bound by their paths in it.
        for (path, descriptor) in zip(kept, held) {
            try makeFolders(path)
            try step("keep \(path)") { clinux_bind("/proc/self/fd/\(descriptor)", path) }
        }
        for path in plan.writable {
            try step("keep \(path) writable") { clinux_set_read_only(path, 0, 0) }
        }
        if plan.spaces.contains(.processes) {
            try step("show its own processes only") { clinux_mount_processes("/proc") }
        }
        if plan.coversSockets { for path in plan.survey.sockets { try cover(path) } }
        if plan.coversEnvFiles { for path in plan.survey.envFiles { try cover(path) } }
    }

    private func step(_ what: String, _ body: () -> Int32) throws(JailFault) {
        guard case .failure(let error) = effects.call(.open, what, body) else { return }
        if error.code == EPERM || error.code == EINVAL || error.code == EACCES {
            throw .notPermitted("it cannot \(what): \(error.text)")
        }
        throw .notMade("it cannot \(what): \(error.text)")
    }

    private func place(_ path: String) throws(JailFault) -> Int32 {
        let opened = effects.call(.open, path) { clinux_open_place(AT_FDCWD, path, O_DIRECTORY | O_NOFOLLOW) }
        switch opened {
        case .success(let descriptor): return descriptor
        case .failure(let error): throw .notMade("cannot open the folder \(path): \(error.text)")
        }
    }

    private func status(_ path: String) throws(JailFault) -> FileStatus? {
        do { return try Files(effects: effects).status(path, followingLinks: true) } catch {
            // What this process cannot even look at, no other one can reach by that name.
            return nil
        }
    }

    private func isFolder(_ path: String) throws(JailFault) -> Bool {
        var link: FileStatus?
        do throws(FileFault) { link = try Files(effects: effects).status(path) } catch {
            throw .notMade("cannot look at \(path): \(error.message)")
        }
        return link?.kind == .folder
    }

    private func makeFolders(_ path: String) throws(JailFault) {
        var made = ""
        for part in path.split(separator: "/") {
            made += "/" + part
            let result = effects.call(.createFolder, made) { mkdir(made, 0o755) }
            // On the host's own, read-only files it must be there already.
            if case .failure(let error) = result, error.code != EROFS, error.code != EEXIST {
                throw .notMade("cannot make \(made): \(error.text)")
            }
        }
    }

    /// Puts nothing in the place of a file or a folder; a symbolic link is followed to what it leads to.
    private func cover(_ path: String) throws(JailFault) {
        guard let status = try status(path) else { return }
        if status.kind == .folder {
            try step("hide \(path)") { clinux_mount_memory(path, "mode=755,size=4k") }
        } else {
            try step("hide \(path)") { clinux_bind("/dev/null", path) }
        }
    }
}
