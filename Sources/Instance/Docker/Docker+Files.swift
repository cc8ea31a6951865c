import Processes

extension Docker {
    /// The content of a regular file of a container, whether that runs or not.
    ///
    /// - Parameters:
    ///   - path: from the container's root; a symbolic link leads to where it leads there.
    ///   - limit: in bytes.
    /// - Throws: `ProcessFault`, `DockerFault.unexpectedAnswer` for whatever is no such file.
    package func file(_ path: String, of container: String, limit: Int) throws -> [UInt8] {
        var entry = try archive(path, of: container, limit: limit)
        // Docker gives the link itself unless it is told to follow; podman follows, and does not know the option.
        if entry == .link { entry = try archive(path, of: container, limit: limit, options: ["--follow-link"]) }
        guard case .file(let content)? = entry else {
            throw DockerFault.unexpectedAnswer("docker cp gave no regular file of at most \(limit) bytes")
        }
        return content
    }

    private func archive(
        _ path: String, of container: String, limit: Int, options: [String] = []
    ) throws -> SingleFileArchive? {
        // Names, attributes and what fills up the last block come on top.
        let spec = CommandSpec(
            "docker", ["cp"] + options + ["\(container):\(path)", "-"], environment: environment,
            output: .collected(limit: limit + (64 << 10)))
        return SingleFileArchive(
            try runner.run(spec, deadline: Docker.patience).succeeded().output, limit: limit)
    }
}
