import Glibc

/// The addresses of this host's interfaces.
enum HostAddresses {
    /// In numbers, without an interface's name behind them.
    static func all() -> [String] {
        var found: Set<String> = ["127.0.0.1", "::1"]
        each { _, address in
            guard let address else { return }
            let family = Int32(address.pointee.sa_family)
            guard family == AF_INET || family == AF_INET6 else { return }
            let length = family == AF_INET ? MemoryLayout<sockaddr_in>.size : MemoryLayout<sockaddr_in6>.size
            var text = [CChar](repeating: 0, count: 64)
            let code = getnameinfo(address, socklen_t(length), &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST)
            let whole = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            // One of a link alone means something only with the interface, which a jail does not have.
            if code == 0, !whole.contains("%") { found.insert(whole) }
        }
        return found.sorted()
    }

    /// Their names.
    static func interfaces() -> Set<String> {
        var found: Set<String> = []
        each { name, _ in found.insert(name) }
        return found
    }

    private static func each(_ body: (String, UnsafeMutablePointer<sockaddr>?) -> Void) {
        var list: UnsafeMutablePointer<ifaddrs>?
        guard getifaddrs(&list) == 0 else { return }
        defer { freeifaddrs(list) }
        var next = list
        while let entry = next {
            body(String(cString: entry.pointee.ifa_name), entry.pointee.ifa_addr)
            next = entry.pointee.ifa_next
        }
    }

    /// The address that the kernel's tables write as hexadecimal words in the byte order of the machine.
    static func text(hex: some StringProtocol) -> String? {
        let digits = Array(hex.utf8)
        guard digits.count == 8 || digits.count == 32 else { return nil }
        var words: [UInt32] = []
        for start in stride(from: 0, to: digits.count, by: 8) {
            guard let word = UInt32(String(decoding: digits[start..<start + 8], as: UTF8.self), radix: 16)
            else { return nil }
            words.append(word)
        }
        // One of the fourth version inside of the sixth is meant as such.
        if words.count == 4, words[0] == 0, words[1] == 0, words[2] == UInt32(0xffff).bigEndian { words = [words[3]] }
        let family = words.count == 1 ? AF_INET : AF_INET6
        var text = [CChar](repeating: 0, count: 64)
        guard words.withUnsafeBytes({ inet_ntop(family, $0.baseAddress, &text, socklen_t(text.count)) }) != nil
        else { return nil }
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
