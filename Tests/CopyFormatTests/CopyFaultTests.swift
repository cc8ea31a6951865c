import CopyFormat
import Faults
import Testing

@Suite struct CopyFaultTests {
    static let all: [CopyFault] = [
        .badSignature, .unknownFlags(1), .badExtensionLength(-1), .badFieldCount(row: 1, -5),
        .unequalFieldCount(row: 2, 1, expected: 2), .badFieldLength(row: 3, -2), .truncated(afterRows: 4),
        .bytesAfterTrailer, .rowTooLarge(row: 5, limit: 10), .badKeyLength(3), .outOfMemory,
    ]

    @Test(arguments: all) func `every fault says what, and what to do`(fault: CopyFault) {
        #expect(fault.code.hasPrefix("copy."))
        #expect(fault.message.first?.isLowercase == true && fault.message.last != ".")
        #expect(!fault.hints.isEmpty)
        #expect(fault.exit == .damaged || fault.exit == .failed)
    }

    @Test func `codes are distinct`() {
        #expect(Set(Self.all.map(\.code)).count == Self.all.count)
    }
}
