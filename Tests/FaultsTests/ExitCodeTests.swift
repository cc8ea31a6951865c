import Faults
import Testing

@Suite struct ExitCodeTests {
    @Test func `of several exit codes the most important one is left with`() {
        #expect(ExitCode.mostImportant([.done, .partial, .stale, .damaged, .keyMismatch]) == .keyMismatch)
        #expect(ExitCode.mostImportant([.partial, .unhealthy]) == .unhealthy)
        #expect(ExitCode.mostImportant([.notFound, .damaged]) == .notFound)
        #expect(ExitCode.mostImportant([]) == .done)
    }

    @Test func `the order is 14, 12, 13, 15, 16, 2, 0, whichever comes first`() {
        let order: [ExitCode] = [.unfinishedRotation, .keyMismatch, .damaged, .unhealthy, .stale, .partial, .done]
        #expect(order.map(\.rawValue) == [14, 12, 13, 15, 16, 2, 0])
        for (index, code) in order.enumerated() {
            #expect(ExitCode.mostImportant(order[index...]) == code)
            #expect(ExitCode.mostImportant(order[index...].reversed()) == code)
        }
    }

    @Test func `the numbers are those that scripts rely on`() {
        #expect(ExitCode.allCases.map(\.rawValue) == [0, 1, 2, 3, 10, 11, 12, 13, 14, 15, 16, 64, 130, 143])
    }
}
