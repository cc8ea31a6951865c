import Effects
import Postgres
import TestSupport
import Testing

@Suite struct ServerPressureTests {
    @Test(arguments: ["Infinity", "-Infinity", "NaN", "1e30", "-5"])
    func `no age of a transaction is beyond belief`(age: String) throws {
        let row = rows(
            ["recovery": "f", "read_only": "f", "connections": "1", "most": "97", "oldest": age])
        try ScriptedServer.run(
            .connected + [.read(until: "S"), .send(row), .read(until: "S"), .send(rows([:]))]
        ) { server in
            let connection = try Connection.open(
                server.endpoint, role: "test", effects: Effects(), cancellation: Cancellation(), deadline: 5)
            let oldest = try #require(try ServerPressure.read(connection).oldestTransaction)
            #expect((0...4e9).contains(oldest))
        }
    }

    private func rows(_ values: [String: String]) -> [UInt8] {
        let columns = Array(values)
        var description: [UInt8] = .number(columns.count, bytes: 2), data: [UInt8] = .number(columns.count, bytes: 2)
        for (name, value) in columns {
            description += Array(name.utf8) + [0]
            description += [UInt8](repeating: 0, count: 18)
            data += .number(value.utf8.count)
            data += Array(value.utf8)
        }
        var answer: [UInt8] = .message("1") + .message("2")
        answer += .message("T", description)
        if !columns.isEmpty { answer += .message("D", data) }
        return answer + .message("C", Array("SELECT\0".utf8)) + .ready
    }
}
