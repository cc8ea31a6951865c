import Glibc
import TestSupport

/// Listeners on the host, of every kind that a jailed program must not reach.
struct Outside {
    struct Host {
        let tcp: UInt16
        let tcpBeyond: UInt16
        /// Of another interface than the loopback, or of the loopback where the host has no other.
        let address: String
        let udp: UInt16
        let socket: String
        let runSocket: String
        let abstract: String
        fileprivate let descriptors: [Int32]

        func close() {
            for descriptor in descriptors { Glibc.close(descriptor) }
            unlink(socket)
            unlink(runSocket)
        }

        /// For `probe`.
        var arguments: [String] {
            ["127.0.0.1:\(tcp)", "\(address):\(tcpBeyond)", "\(udp)", socket, runSocket, abstract]
        }
    }

    /// Prints what it reaches, one word a line, then `end`.
    static let probe = """
        #!/usr/bin/python3
        import socket, sys
        def attempt(word, action):
            try:
                action()
                print(word)
            except OSError:
                pass
        def connect(family, address):
            with socket.socket(family, socket.SOCK_STREAM) as s:
                s.settimeout(2)
                s.connect(address)
        def datagram(port):
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
                s.settimeout(0.5)
                s.connect(("127.0.0.1", port))
                s.send(b"x")
                try:
                    s.recv(1)
                except TimeoutError:
                    pass
        def content(path):
            with open(path) as f:
                if not f.read(1):
                    raise OSError
        one, two, udp, path, run, abstract, *files = sys.argv[1:]
        for text in (one, two):
            host, _, port = text.rpartition(":")
            attempt("tcp", lambda: connect(socket.AF_INET, (host, int(port))))
        attempt("udp", lambda: datagram(int(udp)))
        for p in (path, run):
            attempt("unix", lambda: connect(socket.AF_UNIX, p))
        attempt("abstract", lambda: connect(socket.AF_UNIX, "\\0" + abstract))
        for p in files:
            attempt("file", lambda: content(p))
        print("end")
        """

    func open(in folder: String) throws -> Host {
        let address = HostAddress.other
        let one = try bound(SOCK_STREAM, "127.0.0.1"), two = try bound(SOCK_STREAM, address)
        let three = try bound(SOCK_DGRAM, "127.0.0.1")
        let name = "infisical-ops-test-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
        let paths = ["\(folder)/server.sock", "/run/\(name).sock"]
        let sockets = try paths.map { try named(Array($0.utf8)) } + [try named([0] + Array(name.utf8))]
        for path in paths { chmod(path, 0o777) }
        return Host(
            tcp: one.port, tcpBeyond: two.port, address: address, udp: three.port, socket: paths[0],
            runSocket: paths[1], abstract: name,
            descriptors: [one.descriptor, two.descriptor, three.descriptor] + sockets)
    }

    private func bound(_ kind: __socket_type, _ address: String) throws -> (descriptor: Int32, port: UInt16) {
        let descriptor = socket(AF_INET, Int32(kind.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var name = sockaddr_in(), length = socklen_t(MemoryLayout<sockaddr_in>.size)
        name.sin_family = sa_family_t(AF_INET)
        inet_pton(AF_INET, address, &name.sin_addr)
        let done = withUnsafeMutableBytes(of: &name) { bytes -> Bool in
            guard let start = bytes.bindMemory(to: sockaddr.self).baseAddress else { return false }
            return bind(descriptor, start, length) == 0 && getsockname(descriptor, start, &length) == 0
        }
        guard done, kind != SOCK_STREAM || listen(descriptor, 8) == 0 else {
            throw TestProblem("cannot listen on \(address): errno \(errno)")
        }
        return (descriptor, UInt16(bigEndian: name.sin_port))
    }

    private func named(_ name: [UInt8]) throws -> Int32 {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name) }
        let length = socklen_t(2 + name.count)
        let done = withUnsafeBytes(of: &address) { bytes -> Bool in
            guard let start = bytes.bindMemory(to: sockaddr.self).baseAddress else { return false }
            return bind(descriptor, start, length) == 0 && listen(descriptor, 8) == 0
        }
        guard done else { throw TestProblem("cannot listen on a Unix socket: errno \(errno)") }
        return descriptor
    }
}

/// Another address of this host.
private enum HostAddress {
    static var other: String {
        var list: UnsafeMutablePointer<ifaddrs>?
        guard getifaddrs(&list) == 0 else { return "127.0.0.2" }
        defer { freeifaddrs(list) }
        var next = list
        while let entry = next {
            next = entry.pointee.ifa_next
            guard let address = entry.pointee.ifa_addr, Int32(address.pointee.sa_family) == AF_INET else { continue }
            var text = [CChar](repeating: 0, count: 64)
            getnameinfo(
                address, socklen_t(MemoryLayout<sockaddr_in>.size), &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST
            )
            let found = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            if !found.hasPrefix("127.") { return found }
        }
        return "127.0.0.2"
    }
}
