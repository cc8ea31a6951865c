import DurableFiles
import FoundationEssentials

/// Who listens on a port of this host, by the numbers of the sockets: a process that took the place of another has another
/// socket. From the kernel's tables (`proc_pid_net_tcp` in proc(5)).
struct ListeningSockets: Equatable {
    /// Inode numbers.
    let numbers: Set<String>

    /// - Parameter address: of the backend; nil where it is not on this host, or where the tables cannot be read.
    init?(_ address: String?, _ files: Files) {
        guard let url = address.flatMap({ URL(string: $0) }), let host = url.host(),
            ["127.0.0.1", "localhost", "::1", "[::1]"].contains(host)
        else { return nil }
        let port = url.port ?? (url.scheme == "https" ? 443 : 80)
        var numbers: Set<String> = [], isKnown = false
        do {
            for table in ["/proc/net/tcp", "/proc/net/tcp6"] where try files.status(table) != nil {
                numbers.formUnion(ListeningSockets.numbers(port, in: try files.read(table, limit: 16 << 20)))
                isKnown = true
            }
        } catch { return nil }
        // Without /proc, nobody listening would look like everybody gone.
        if !isKnown { return nil }
        self.numbers = numbers
    }

    /// A line is `sl local_address rem_address st … inode …`, numbers in hex; the state of a listening socket is 0A.
    static func numbers(_ port: Int, in table: [UInt8]) -> Set<String> {
        let ending = ":" + String(port + 0x10000, radix: 16, uppercase: true).dropFirst()
        var found: Set<String> = []
        for line in String(decoding: table, as: UTF8.self).split(separator: "\n").dropFirst() {
            let words = line.split(separator: " ")
            if words.count > 9, words[3] == "0A", words[1].hasSuffix(ending) { found.insert(String(words[9])) }
        }
        return found
    }
}
