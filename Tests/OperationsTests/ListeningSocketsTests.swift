import DurableFiles
import Effects
import TestSupport
import Testing

@testable import InstanceAccess

/// Who listens on a port, out of the kernel's own table.
@Suite struct ListeningSocketsTests {
    /// As Linux writes it: listening on 127.0.0.1:8080, a connection of it, and somebody else's port.
    private static let table = """
          sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
           0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 31337 1 0000000000000000 100
           1: 0100007F:1F90 0100007F:9C40 01 00000000:00000000 00:00000000 00000000     0        0 31338 1 0000000000000000 20
           2: 00000000:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 31339 1 0000000000000000 100
           3: 00000000000000000000000000000000:1F90 00000000000000000000000000000000:0000 0A 00:0 00:0 0  0  0 31340 1
           4: cut off
        """

    @Test(arguments: [(8080, ["31337", "31340"]), (80, ["31339"]), (443, [])])
    func `only listening sockets of the port count`(port: Int, numbers: [String]) {
        #expect(ListeningSockets.numbers(port, in: Array(Self.table.utf8)) == Set(numbers))
    }

    @Test func `another process in the same place has another number`() throws {
        let files = Files(effects: Effects()), server = try LocalServers.backend()
        let first = try #require(ListeningSockets("http://127.0.0.1:\(server.port)", files))
        #expect(first.numbers.count == 1 && first == ListeningSockets("http://localhost:\(server.port)/", files))
        let other = try LocalServers.backend()
        let second = try #require(ListeningSockets("http://[::1]:\(other.port)", files))
        #expect(first.numbers.isDisjoint(with: second.numbers))
        #expect(ListeningSockets("http://127.0.0.1:1", files)?.numbers.isEmpty == true)
        #expect(ListeningSockets("https://localhost", files) != nil)
    }

    @Test func `a backend elsewhere has no sockets here, and a table that cannot be read tells nothing`() {
        let files = Files(effects: Effects())
        for address in ["http://infisical.example:8080", "http://192.0.2.1", "", "nonsense"] {
            #expect(ListeningSockets(address, files) == nil)
        }
        #expect(ListeningSockets(nil, files) == nil)
        let failing = Files(effects: Effects(observer: FailingObserver(at: 1, kind: .failsBefore) { $0.kind == .open }))
        #expect(ListeningSockets("http://127.0.0.1:8080", failing) == nil)
    }
}
