import DurableFiles
import Effects
import Faults
import Testing

@testable import Journal

/// What is said of a journal that cannot be used: it is refused before anything is touched, and never guessed at.
@Suite struct JournalFaultTests {
    @Test(arguments: [
        (JournalFault.otherKind(path: "/state/x.journal"), "journal.other-kind"),
        (.damaged(path: "/state/x.journal", line: 7), "journal.damaged"),
    ])
    func `it is named, and how to go on`(fault: JournalFault, code: String) {
        #expect(fault.code == code && fault.exit == .refused && fault.message.contains("/state/x.journal"))
        #expect(fault.hints.first == .command(["cat", "/state/x.journal"]) && fault.hints.count == 2)
    }

    @Test func `the line that is damaged is counted`() {
        #expect(JournalFault.damaged(path: "/x", line: 7).message.contains("line 7"))
    }

    @Test func `what is wrong with the file itself is told as anywhere else`() {
        let inner = FileFault.failed(.write, path: "/state/x.journal", Errno(28)), outer = JournalFault.file(inner)
        #expect(outer.code == inner.code && outer.message == inner.message && outer.exit == inner.exit)
        #expect(outer.hints == inner.hints)
    }
}
