import CLinux
import Effects
import Glibc

/// Starts one child: the only place that calls posix_spawn(3).
struct Spawn {
    let program: String
    let path: String
    let spec: CommandSpec

    /// The three streams as the child gets them; -1 is `/dev/null`. The caller closes them.
    struct Streams {
        var input: Int32 = -1
        var output: Int32 = -1
        var errors: Int32 = -1
    }

    /// Starts the child in a process group of its own, with no descriptors but its streams, no signal blocked, and
    /// every signal at its default.
    ///
    /// - Returns: its process number.
    func start(_ streams: Streams, effects: Effects) throws(ProcessFault) -> Int32 {
        let arguments = try argumentList()
        let environment = try environmentList()
        var actions = posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        add(streams.input, as: 0, O_RDONLY, to: &actions)
        add(streams.output, as: 1, O_WRONLY, to: &actions)
        add(streams.errors, as: 2, O_WRONLY, to: &actions)
        let attached: HeldFile?
        do { attached = try HeldFile.holding(spec.attachment) } catch {
            throw .cannotStart(program: program, folder: spec.workingFolder, error)
        }
        defer { withExtendedLifetime(attached) {} }
        add(attached?.descriptor, to: &actions)
        if let folder = spec.workingFolder { clinux_spawn_change_folder(&actions, folder) }
        Spawn.reset(&attributes)

        var child: Int32 = 0
        let result = effects.call(.spawn, program) { () -> Int32 in
            let code = arguments.withPointers { arguments in
                environment.withPointers { posix_spawn(&child, path, &actions, &attributes, arguments, $0) }
            }
            // Unlike other calls this one answers with the error itself.
            Glibc.errno = code
            return code == 0 ? child : -1
        }
        if case .failure(let error) = result {
            // An observer may call a start failed that was done.
            if child > 0 { Spawn.destroy(child) }
            throw .cannotStart(program: program, folder: spec.workingFolder, error)
        }
        return child
    }

    /// Kills a child with its group, and waits for it.
    static func destroy(_ child: Int32) {
        kill(-child, SIGKILL)
        var status: Int32 = 0
        while waitpid(child, &status, 0) == -1 && Glibc.errno == EINTR {}
    }

    private func argumentList() throws(ProcessFault) -> CStrings {
        var list = CStrings()
        for argument in [spec.executable] + spec.arguments where !list.append(argument) {
            throw .unusable(program: program, reason: "an argument contains a NUL character")
        }
        return list
    }

    private func environmentList() throws(ProcessFault) -> CStrings {
        var list = CStrings()
        // Sorted, so that two runs of one command are the same.
        for (name, value) in spec.environment.sorted(by: { $0.key < $1.key }) {
            guard !name.isEmpty, !name.utf8.contains(UInt8(ascii: "=")) else {
                throw .unusable(program: program, reason: "\"\(name)\" cannot be the name of an environment variable")
            }
            let isUsable =
                switch value {
                case .plain(let text): list.append(name + "=" + text)
                case .secret(let secret): list.append(name + "=", secret)
                }
            if !isUsable {
                throw .unusable(program: program, reason: "the environment variable \(name) contains a NUL character")
            }
        }
        return list
    }

    private func add(_ descriptor: Int32, as number: Int32, _ mode: Int32, to actions: inout posix_spawn_file_actions_t)
    {
        if descriptor == -1 {
            posix_spawn_file_actions_addopen(&actions, number, "/dev/null", mode, 0)
        } else {
            posix_spawn_file_actions_adddup2(&actions, descriptor, number)
        }
    }

    /// Gives the child the attachment, and none of the other descriptors that are not its streams.
    private func add(_ attached: Int32?, to actions: inout posix_spawn_file_actions_t) {
        let number = CommandSpec.attachmentDescriptor
        if let attached { posix_spawn_file_actions_adddup2(&actions, attached, number) }
        clinux_spawn_close_from(&actions, attached == nil ? number : number + 1)
    }

    private static func reset(_ attributes: inout posix_spawnattr_t) {
        var all = sigset_t(), none = sigset_t()
        sigfillset(&all)
        sigdelset(&all, SIGKILL)
        sigdelset(&all, SIGSTOP)
        sigemptyset(&none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setpgroup(&attributes, 0)
        let flags = POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP
        posix_spawnattr_setflags(&attributes, Int16(truncatingIfNeeded: flags))
    }
}
