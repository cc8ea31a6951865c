import FoundationEssentials
import LiveSupport
import Postgres
import TestSupport
import Testing

/// What the independent decryptor of `Tests/Support/rekeying` found in a database.
struct Finding: Decodable {
    /// A hash of what each value holds, by table, column and row.
    let values: [String: String]
    /// A name of the key that opened it.
    let by: [String: String]
    let closed: [String]
    /// Values that open with a key of before that is not in use any more.
    let dead: [String]
    /// Values whose row names another key than the one that they are under.
    let misnamed: [String]
    /// Values whose index is not theirs.
    let indexes: [String]
    let equalValuesDiffer: Int
    let problems: [String]
    let boxes: Int
    let members: Int
    let wraps: Int
    let rowsOfSnapshot: Int
    let label: [String?]
    let counts: [String: [String: Int]]
    let keys: [String]
    /// A digest of every `"updatedAt"`, and of all triggers.
    let times: String
    let triggers: String

    /// - Parameters:
    ///   - file: where the decryptor's own output is kept.
    ///   - before: that of an earlier look, whose keys are tried if they are not in use any more.
    init(_ endpoint: Endpoint, envFile: String, in file: String, before: String? = nil) throws {
        let program = Fixtures.path("../Support/rekeying/decryptor")
        let dsn = "host=\(endpoint.host) port=\(endpoint.port) user=postgres dbname=\(endpoint.database)"
        let more = before.map { " --dead \($0)" } ?? ""
        let end = try ChildProcess("sh", ["-c", "'\(program)' '\(dsn)' '\(envFile)' --keys\(more) > '\(file)'"]).wait()
        guard end == .exited(0) else { throw TestProblem("the decryptor: \(end)") }
        self = try JSONDecoder().decode(Finding.self, from: Data(contentsOf: URL(filePath: file)))
    }

    /// Whether the database is whole, and holds what it held before.
    ///
    /// - Parameter leavingTimes: whether rows may be new or changed.
    func expectEquals(_ before: Finding, _ context: String) {
        #expect(problems == [], "\(context)")
        #expect(dead == [], "\(context)")
        #expect(misnamed == [], "\(context)")
        #expect(indexes == [], "\(context)")
        #expect(equalValuesDiffer == 0, "\(context)")
        #expect(Set(closed) == Set(before.closed), "\(context)")
        let differing = before.values.filter { values[$0.key] != $0.value }.keys.sorted()
        #expect(differing.prefix(5) == [], "\(context): \(differing.count) values differ")
        #expect(values.count == before.values.count, "\(context)")
        #expect(times == before.times, "\(context): updatedAt moved")
        #expect(triggers == before.triggers, "\(context): triggers differ")
        #expect(boxes == before.boxes, "\(context)")
        #expect(members == before.members, "\(context)")
        // What one key sealed, one key seals, so that each row still leads to its own.
        var keys: [String: String] = [:]
        for (name, key) in before.by where !name.hasPrefix("kms_root_config") {
            guard let now = by[name] else { continue }
            let known = keys[key] ?? now
            if known != now, before.counts.isEmpty == false { otherKey(name, before, context) }
            keys[key] = known
        }
    }

    private func otherKey(_ name: String, _ before: Finding, _ context: String) {
        // Values of both encodings may come together under one key of the environment, and part from one.
        #expect(kinds.contains { name.hasPrefix($0) }, "\(context): \(name) is under another key than its like")
    }

    private var kinds: [String] { counts.filter { $0.value.keys.contains { $0.hasPrefix("env") } }.map(\.key) }

    private enum CodingKeys: String, CodingKey {
        case values, by, closed, dead, misnamed, indexes, equalValuesDiffer, problems, boxes, members, wraps
        case rowsOfSnapshot, label, counts, keys, times, triggers
    }
}
