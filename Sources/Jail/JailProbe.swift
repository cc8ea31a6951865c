import Glibc

/// Tries, in the place of the program that is to be jailed, to reach what the survey found on the host.
struct JailProbe {
    let plan: JailPlan

    /// What was reached, in words; nothing in a tight jail.
    func reached() -> [String] {
        identity() + spaces()
            + plan.survey.targets.filter(answers).map { "\($0.way.rawValue) \($0.address):\($0.port)" }
            + plan.survey.sockets.filter { connects(Array($0.utf8)) }.map { "the socket \($0)" }
            + plan.survey.abstractNames.filter { connects([0] + Array($0.utf8)) }.map { "the abstract socket \($0)" }
            + plan.survey.envFiles.filter(hasContent).map { "the file \($0)" } + names() + interfaces()
    }

    /// Who this is, and whether it could become more.
    private func identity() -> [String] {
        var problems = getuid() == 0 || geteuid() != plan.user || getgroups(0, nil) != 0 ? ["the rights of root"] : []
        let status = content("/proc/self/status").split(separator: "\n").map {
            $0.split(whereSeparator: \.isWhitespace)
        }
        for (name, wanted) in [
            ("CapEff:", "0000000000000000"), ("CapPrm:", "0000000000000000"), ("CapBnd:", "0000000000000000"),
            ("NoNewPrivs:", "1"), ("Seccomp:", "2"),
        ] where !status.contains(where: { $0.count > 1 && $0[0] == name && $0[1] == wanted }) {
            problems.append("more rights than none (\(name.dropLast()))")
        }
        return problems
    }

    /// Whether each name space is another than the host's.
    private func spaces() -> [String] {
        plan.survey.spaces.keys.sorted().filter { space in
            var target = [CChar](repeating: 0, count: 128)
            let count = readlink("/proc/self/ns/\(space)", &target, target.count)
            let own = count > 0 ? String(decoding: target[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self) : nil
            return own == nil || own == plan.survey.spaces[space]
        }.map { "the host's own \($0) name space" }
    }

    private func interfaces() -> [String] {
        HostAddresses.interfaces().filter { $0 != "lo" }.map { "the interface \($0)" }
    }

    private func names() -> [String] {
        // A name that nobody may have, so that only the way to a name server is tried.
        var result: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo("probe.example.com", nil, nil, &result)
        if let result { freeaddrinfo(result) }
        // Without a server to ask, "no such name" comes from the file of hosts; with one it is an answer.
        let hasServer = !HostSurvey.resolvers(content("/etc/resolv.conf")).isEmpty
        return code == 0 || code == EAI_NONAME && hasServer ? ["a name server"] : []
    }

    /// Whether there is a way to it, or, on this jail's own loopback, somebody who listens.
    private func answers(_ target: HostSurvey.Target) -> Bool {
        var storage = sockaddr_storage()
        guard let length = fill(&storage, target) else { return false }
        let kind = target.way == .tcp ? Int32(SOCK_STREAM.rawValue) : Int32(SOCK_DGRAM.rawValue)
        let channel = socket(Int32(storage.ss_family), kind | Int32(SOCK_NONBLOCK.rawValue), 0)
        guard channel != -1 else { return false }
        defer { close(channel) }
        let code = withUnsafeBytes(of: &storage) { bytes -> Int32 in
            guard let address = bytes.bindMemory(to: sockaddr.self).baseAddress else { return EINVAL }
            return connect(channel, address, length) == 0 ? 0 : errno
        }
        // Whatever is on its way has a route.
        guard code == 0 || code == EINPROGRESS else { return false }
        guard target.isLoopback else { return true }
        if target.way == .udp {
            var byte: UInt8 = 0
            if send(channel, &byte, 1, Int32(MSG_NOSIGNAL)) == -1 { return errno != ECONNREFUSED }
        }
        var polled = pollfd(fd: channel, events: Int16(target.way == .tcp ? POLLOUT : POLLIN), revents: 0)
        _ = poll(&polled, 1, 200)
        var problem: Int32 = 0, size = socklen_t(MemoryLayout<Int32>.size)
        getsockopt(channel, SOL_SOCKET, SO_ERROR, &problem, &size)
        return problem == 0
    }

    private func fill(_ storage: inout sockaddr_storage, _ target: HostSurvey.Target) -> socklen_t? {
        withUnsafeMutableBytes(of: &storage) { bytes -> socklen_t? in
            guard let start = bytes.baseAddress else { return nil }
            if target.address.contains(":") {
                let address = start.assumingMemoryBound(to: sockaddr_in6.self)
                address.pointee.sin6_family = sa_family_t(AF_INET6)
                address.pointee.sin6_port = target.port.bigEndian
                guard inet_pton(AF_INET6, target.address, &address.pointee.sin6_addr) == 1 else { return nil }
                return socklen_t(MemoryLayout<sockaddr_in6>.size)
            }
            let address = start.assumingMemoryBound(to: sockaddr_in.self)
            address.pointee.sin_family = sa_family_t(AF_INET)
            address.pointee.sin_port = target.port.bigEndian
            guard inet_pton(AF_INET, target.address, &address.pointee.sin_addr) == 1 else { return nil }
            return socklen_t(MemoryLayout<sockaddr_in>.size)
        }
    }

    /// Whether a Unix-domain socket is there: taken, busy, or only of another type than asked for.
    private func connects(_ name: [UInt8]) -> Bool {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        // A longer one cannot be connected to by anybody.
        guard name.count < MemoryLayout.size(ofValue: address.sun_path) else { return false }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name) }
        let isAbstract = name.first == 0
        let head = MemoryLayout<sockaddr_un>.offset(of: \.sun_path) ?? 2
        let length = socklen_t(head + name.count + (isAbstract ? 0 : 1))
        let channel = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue), 0)
        guard channel != -1 else { return false }
        defer { close(channel) }
        let code = withUnsafeBytes(of: &address) { bytes -> Int32 in
            guard let start = bytes.bindMemory(to: sockaddr.self).baseAddress else { return EINVAL }
            return connect(channel, start, length) == 0 ? 0 : errno
        }
        return code == 0 || code == EAGAIN || code == EPROTOTYPE
    }

    private func hasContent(_ path: String) -> Bool { !content(path, limit: 1).isEmpty }

    /// The beginning of a file; empty where it cannot be read.
    private func content(_ path: String, limit: Int = 1 << 16) -> String {
        guard let file = fopen(path, "re") else { return "" }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: limit)
        let count = fread(&bytes, 1, limit, file)
        return String(decoding: bytes[..<count], as: UTF8.self)
    }
}
