import Testing

@testable import Booting

/// Whose a container is, and when it is nobody's any more.
@Suite struct DrillOwnerTests {
    private func other(process: Int32? = nil, began: String? = nil, boot: String? = nil) -> DrillOwner {
        let own = DrillOwner.own
        return DrillOwner(
            process: process ?? own.process, began: began ?? own.began, space: own.space, boot: boot ?? own.boot)
    }

    @Test func `its text says it, and one that is none is nobody's`() {
        let own = DrillOwner.own
        #expect(DrillOwner(text: own.text) == own && own.boot.utf8.count == 12)
        for text in ["", "1", "1-2-3", "0-2-3-4", "1--3-4", "1-2-3-", "1-2-3-4-5", "a-2-3-4"] {
            #expect(DrillOwner(text: text) == nil, "\(text)")
        }
    }

    @Test func `one that runs is not gone; one whose number is free, or another process's, is`() {
        #expect(!DrillOwner.own.isGone && !DrillOwner.own.isOfOtherBoot)
        #expect(other(began: "1").isGone)
        // Above the highest number that the kernel gives.
        #expect(other(process: Int32.max).isGone)
    }

    @Test func `of another machine with the same name space nothing is known`() {
        for owner in [other(process: Int32.max, boot: "0"), other(began: "1", boot: "0")] {
            #expect(!owner.isGone && owner.isOfOtherBoot)
        }
    }
}
