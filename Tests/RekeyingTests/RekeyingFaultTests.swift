import Census
import Faults
import Rekeying
import Secrets
import Testing

@Suite("What rekeying says")
struct RekeyingFaultTests {
    private static let name = ValueName(table: "webhooks", column: "urlCipherText", row: "4f")
    private static let all: [RekeyingFault] = [
        .notInfisical("why"), .unknownSchema(["why"]), .hardware, .unknownStrategy("CLOUD"), .sentinelMissing,
        .sameKey(label: "64d8"), .unusableKey(["why"]), .noRights("why"), .wrongKey("why"),
        .keyNotGiven(variable: "ROOT_ENCRYPTION_KEY", values: 3, example: name), .staged(label: nil),
        .staged(label: "64d8"), .retained(minutes: 7), .migration("why"),
        .closed(count: 7, examples: ["one"], settings: 1), .noTransaction, .busyReader, .noNativeRotation("why"),
        .changedMeanwhile(table: "webhooks", rows: 1, expected: 2), .notReadBack(column: "a.b", opened: 1, expected: 2),
        .otherContent(column: "a.b"), .stillOpens(name), .otherKey(name), .otherIndex(name), .otherRoot,
    ]

    @Test func `every fault says what, where and what to do now`() {
        for fault in RekeyingFaultTests.all {
            #expect(fault.code.hasPrefix("rekeying."))
            #expect(fault.message.first?.isUppercase == false || fault.message.hasPrefix("Infisical"))
            #expect(!fault.message.hasSuffix("."))
            #expect(!fault.hints.isEmpty)
        }
        #expect(Set(RekeyingFaultTests.all.map(\.code)).count == RekeyingFaultTests.all.count - 1)
    }

    @Test func `a closed setting and the rest of a long list are told`() {
        let message = RekeyingFault.closed(count: 7, examples: ["one", "two"], settings: 1).message
        #expect(message.contains("7 values: one; two; and 5 more; 1 of them"))
    }

    @Test func `keys that were replaced are kept as bytes, and shown to nobody`() throws {
        let keys = RetiredKeys([
            .init(kind: .root, old: try .some(1), new: try .some(2)),
            .init(kind: .projectData, old: try .some(3), new: try .some(4)),
        ])
        let secret = keys.secret
        #expect(secret.count == 2 * 65)
        let read = try #require(RetiredKeys(secret))
        #expect(read.pairs.map(\.kind) == [.root, .projectData])
        #expect(zip(read.pairs, keys.pairs).allSatisfy { $0.old.equals($1.old) && $0.new.equals($1.new) })
        #expect(RetiredKeys(secret.slice(0..<64)) == nil)
        #expect(RetiredKeys(try .some(9)) == nil)
        #expect(!"\(keys)".contains("1, 1"))
    }
}

extension Secret {
    fileprivate static func some(_ byte: UInt8) throws -> Secret {
        Secret(count: 32) { target in for at in target.indices { target[at] = byte } }
    }
}
