import DurableFiles
package import Effects
import FoundationEssentials
import Glibc

/// What is on the host that a jailed program must not reach, as it is right now.
package struct HostSurvey: Codable, Sendable {
    /// A place that takes packets.
    package struct Target: Codable, Sendable, Hashable {
        package enum Way: String, Codable, Sendable { case tcp, udp }
        package let way: Way
        /// In numbers.
        package let address: String
        package let port: UInt16
        package init(_ way: Way, _ address: String, _ port: UInt16) {
            self.way = way
            self.address = address
            self.port = port
        }

        package var isLoopback: Bool { address.hasPrefix("127.") || address == "::1" }
    }

    package var targets: [Target] = []
    /// Paths of Unix-domain sockets.
    package var sockets: [String] = []
    /// Abstract names of Unix-domain sockets, without the NUL at their front.
    package var abstractNames: [String] = []
    /// Files that a backend would read settings from.
    package var envFiles: [String] = []
    /// The name spaces of the host, by the names of /proc/self/ns.
    package var spaces: [String: String] = [:]

    /// Looks at the host.
    ///
    /// - Parameters:
    ///   - folder: of the program that is to be jailed.
    ///   - sockets: more sockets that must not be reached, such as the container engine's.
    package init(folder: String, sockets: [String], effects: Effects) throws(JailFault) {
        let files = Files(effects: effects)
        let text = { (path: String) throws(JailFault) -> String in
            do throws(FileFault) {
                guard try files.status(path, followingLinks: true) != nil else { return "" }
                return String(decoding: try files.read(path, limit: 16 << 20), as: UTF8.self)
            } catch { throw .cannotSurvey(path, error.message) }
        }
        let addresses = HostAddresses.all()
        var found: Set<Target> = []
        for (way, table) in [(Target.Way.tcp, "tcp"), (.tcp, "tcp6"), (.udp, "udp"), (.udp, "udp6")] {
            found.formUnion(HostSurvey.listeners(try text("/proc/net/\(table)"), way, addresses))
        }
        // A port on which nobody listens now may be served by the time the jail is there.
        found.formUnion(addresses.filter { !$0.hasPrefix("127.") && $0 != "::1" }.map { Target(.tcp, $0, 5432) })
        found.formUnion(HostSurvey.gateways(try text("/proc/net/route")).map { Target(.tcp, $0, 80) })
        found.formUnion(HostSurvey.resolvers(try text("/etc/resolv.conf")).map { Target(.udp, $0, 53) })
        // Addresses that belong to nobody: only a route is asked for.
        found.formUnion([
            Target(.tcp, "192.0.2.1", 443), Target(.udp, "192.0.2.1", 53), Target(.udp, "2001:db8::1", 53),
        ])
        targets = found.sorted { ($0.way.rawValue, $0.address, $0.port) < ($1.way.rawValue, $1.address, $1.port) }
        let names = HostSurvey.socketNames(try text("/proc/net/unix"))
        abstractNames = names.abstract
        self.sockets = Array(Set(names.paths + sockets)).sorted()
        envFiles = try EnvFileSearch(files: files).files(for: folder)
        for space in ["net", "mnt", "pid", "ipc", "uts"] {
            do throws(FileFault) { spaces[space] = try files.target(ofLink: "/proc/self/ns/\(space)") } catch {
                throw .cannotSurvey("/proc/self/ns/\(space)", error.message)
            }
        }
    }

    /// Lines of /proc/net/tcp and its like: `sl local_address rem_address st …`, the words of an address in the byte
    /// order of the machine. A socket of TCP counts when it listens (0A), one of UDP when it is open to all (07).
    static func listeners(_ table: String, _ way: Target.Way, _ addresses: [String]) -> Set<Target> {
        var found: Set<Target> = []
        for line in table.split(separator: "\n").dropFirst() {
            let words = line.split(separator: " ")
            guard words.count > 3, words[3] == (way == .tcp ? "0A" : "07") else { continue }
            let parts = words[1].split(separator: ":")
            guard parts.count == 2, let port = UInt16(parts[1], radix: 16),
                let address = HostAddresses.text(hex: parts[0])
            else { continue }
            switch address {
            case "0.0.0.0": found.formUnion(addresses.filter { !$0.contains(":") }.map { Target(way, $0, port) })
            case "::": found.formUnion(addresses.map { Target(way, $0, port) })
            default: found.insert(Target(way, address, port))
            }
        }
        return found
    }

    /// The interfaces that lead anywhere, by /proc/net/route.
    package static func routes(_ table: String) -> [String] {
        table.split(separator: "\n").dropFirst().compactMap { line in
            line.split(whereSeparator: \.isWhitespace).first.map(String.init)
        }
    }

    /// Of /proc/net/route: `Iface Destination Gateway …`.
    static func gateways(_ table: String) -> [String] {
        table.split(separator: "\n").dropFirst().compactMap { line in
            let words = line.split(whereSeparator: \.isWhitespace)
            guard words.count > 2, words[2] != "00000000" else { return nil }
            return HostAddresses.text(hex: words[2])
        }
    }

    static func resolvers(_ text: String) -> [String] {
        text.split(separator: "\n").compactMap { line in
            let words = line.split(whereSeparator: \.isWhitespace)
            return words.count > 1 && words[0] == "nameserver" ? String(words[1]) : nil
        }
    }

    /// Of /proc/net/unix: seven columns, then the name as it is; an abstract one begins with `@`.
    static func socketNames(_ table: String) -> (paths: [String], abstract: [String]) {
        var paths: Set<String> = [], abstract: Set<String> = []
        for line in table.split(separator: "\n").dropFirst() {
            let words = line.split(separator: " ", maxSplits: 7, omittingEmptySubsequences: true)
            guard words.count == 8 else { continue }
            if words[7].hasPrefix("/") { paths.insert(String(words[7])) }
            // Names that the kernel chose for sockets which only send are nobody's address.
            if words[7].hasPrefix("@") { abstract.insert(String(words[7].dropFirst())) }
        }
        return (paths.sorted(), abstract.sorted())
    }
}
