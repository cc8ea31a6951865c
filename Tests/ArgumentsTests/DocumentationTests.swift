import Arguments
import Faults
import Testing

struct DocumentationTests {
    private static let declaration = Ferry.program.declaration
    private static let paths = [[], ["sail"], ["list"], ["check"], ["unload"], ["harbour"], ["harbour", "rekey"]]

    @Test func `the program's help lists commands by group`() {
        #expect(Self.declaration.help([], width: 80) == Snapshots.programHelp)
    }

    @Test func `a command's help says everything about it`() {
        #expect(Self.declaration.help(["sail"], width: 80) == Snapshots.sailHelp)
    }

    @Test func `a choice is shown in the usage line`() {
        #expect(
            Self.declaration.help(["check"], width: 80).contains("  ferry check [TRIP... | --all] [--level LEVEL]\n"))
        #expect(
            Self.declaration.help(["unload"], width: 80)
                .contains("  ferry unload TRIP [PLACE] (--to-shore NAME | --to-ship URL)\n"))
        #expect(Self.declaration.help(["harbour"], width: 80).contains("  ferry harbour COMMAND\n"))
        #expect(
            Self.declaration.help(["harbour", "rekey"], width: 80).contains("  --key FILE  The new key. Required.\n"))
    }

    @Test(arguments: paths, [40, 60, 80, 132])
    func `no line of help is wider than asked for`(_ path: [String], _ width: Int) {
        for line in Self.declaration.help(path, width: width).split(separator: "\n")
        where !line.hasPrefix("      ferry") {
            #expect(line.count <= width, "\(line)")
            #expect(line.last != " ")
        }
    }

    @Test(arguments: paths)
    func `nothing hidden is shown`(_ path: [String]) {
        let help = Self.declaration.help(path, width: 80)
        #expect(!help.contains("--debug"))
        #expect(!help.contains("pages"))
        #expect(!Self.declaration.reference.contains("--debug"))
        #expect(!Self.declaration.reference.contains("### pages"))
    }

    @Test func `the reference is Markdown`() {
        #expect(Self.declaration.reference == Snapshots.reference)
    }

    @Test func `sound declarations have no defects`() {
        #expect(Self.declaration.defects == [])
    }

    @Test func `defects of declarations are named`() {
        let text = Argument("T", .text, help: "")
        let twice = Option("x", short: "x", value: "V", .text, help: "X.")
        let program = Program<Ferry.Log>(
            name: "p", version: "1", abstract: "P.", groups: ["G"], options: [twice], exitStatuses: [],
            commands: [
                Command(
                    name: "a", abstract: "", group: "G", arguments: [text.repeated(), text],
                    options: [twice, Flag("f", short: "h", help: "")], choices: [.atMostOne(text, twice)],
                    examples: [Example(["a", "--no"], "Not understood.")]
                ) { _, _ in .done },
                Command(
                    name: "b", abstract: "B.", arguments: [text.optional(), Argument("U", .text, help: "U.")]
                ) { _, _ in .done },
                Command(name: "b", abstract: "B.", group: "H") { _, _ in .done },
            ])
        #expect(
            program.declaration.defects == [
                "p: declares the command b twice",
                "p a: has no abstract",
                "p a: declares --x twice",
                "p a: declares -x twice",
                "p a: declares -h twice",
                "p a: declares T twice",
                "p a: --f has no help",
                "p a: T has no help",
                "p a: T has no help",
                "p a: T is repeated and not last",
                "p a: the example p a --no is not understood",
                "p b: T has no help",
                "p b: U follows an optional one",
                "p b: is in no group of the program",
                "p b: is in no group of the program",
            ])
        #expect(program.declaration.help([], width: 80).contains("OTHER\n  b  B.\n"))
    }
}
