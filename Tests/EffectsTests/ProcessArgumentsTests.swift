import Effects
import Testing

@Suite struct ProcessArgumentsTests {
    @Test func `the words are those that Swift reads from proc`() {
        #expect(ProcessArguments.own() == Array(CommandLine.arguments.dropFirst()))
    }
}
