import Effects
import Glibc
import Processes
import Secrets
import TestSupport
import Testing

@Suite struct StartingTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func makeFile(_ name: String, _ content: String, mode: mode_t) {
        let file = open(folder.path(name), O_WRONLY | O_CREAT | O_CLOEXEC, mode)
        write(file, content, content.utf8.count)
        close(file)
        chmod(folder.path(name), mode)
    }

    @Test func `a program is found in the first folder that has it executable`() {
        mkdir(folder.path("a"), 0o700)
        mkdir(folder.path("b"), 0o700)
        mkdir(folder.path("a/tool"), 0o700)
        makeFile("b/tool", "#!/bin/sh\n", mode: 0o700)
        makeFile("b/text", "text", mode: 0o600)
        let path = "\(folder.path("none")):\(folder.path("a")):\(folder.path("b"))"
        #expect(runner().find("tool", path: path) == folder.path("b/tool"))
        #expect(runner().find("text", path: path) == nil)
        #expect(runner().find(folder.path("b/tool")) == folder.path("b/tool"))
        #expect(runner().find(folder.path("b/text")) == nil)
        #expect(runner().find("sh")?.hasSuffix("/bin/sh") == true)
    }

    @Test func `PATH of the command comes before that of the runner`() throws {
        makeFile("sh", "#!/bin/sh\necho mine\n", mode: 0o700)
        let spec = CommandSpec("sh", ["-c", "echo system"], environment: ["PATH": .plain(folder.path)])
        #expect(text(try runner().run(spec).output) == "mine\n")
    }

    @Test func `a file that is not executable, or is no program, is told`() {
        makeFile("text", "text", mode: 0o600)
        makeFile("junk", "\u{7f}junk", mode: 0o700)
        let path = folder.path("text")
        #expect(throws: ProcessFault.notExecutable(path: path)) { try runner().run(CommandSpec(path)) }
        #expect(throws: ProcessFault.cannotStart(program: "junk", folder: nil, Errno(ENOEXEC))) {
            try runner().run(CommandSpec(folder.path("junk")))
        }
        let none = folder.path("none")
        #expect(throws: ProcessFault.notFound(program: none, package: nil)) { try runner().run(CommandSpec(none)) }
    }

    @Test func `a command starts in its folder, and a missing one is named`() throws {
        #expect(text(try runner().run(shell("pwd -P", folder: folder.path)).output) == folder.path + "\n")
        let none = folder.path("none")
        #expect(throws: ProcessFault.cannotStart(program: "sh", folder: none, Errno(ENOENT))) {
            try runner().run(shell("true", folder: none))
        }
    }

    @Test func `a path that is not absolute is that of this process, whatever folder the command starts in`() throws {
        makeFile("tool", "#!/bin/sh\npwd -P\n", mode: 0o700)
        let here = try #require(linkTarget("/proc/self/cwd")), depth = here.split(separator: "/").count
        // Deeper than this process is: from there the same steps up do not lead to the root.
        var deep = folder.path
        for _ in 0...depth {
            deep += "/d"
            mkdir(deep, 0o700)
        }
        let path = String(repeating: "../", count: depth) + folder.path("tool").dropFirst()
        let spec = CommandSpec(path, environment: ["PATH": "/usr/bin:/bin"], workingFolder: deep)
        #expect(text(try runner().run(spec).succeeded().output) == deep + "\n")
    }

    @Test func `the environment is exactly what was stated`() throws {
        let spec = CommandSpec(
            "env", ["-0"], environment: ["B": "two words", "A": "x=y", "EMPTY": "", "LINE": "a\nb"])
        let output = text(try runner().run(spec).output)
        #expect(output.split(separator: "\0") == ["A=x=y", "B=two words", "EMPTY=", "LINE=a\nb"])
        #expect(try runner().run(CommandSpec("env")).output == [])
    }

    @Test func `arguments arrive as they are`() throws {
        let words = ["", "a b", "'\"$HOME", "é\n", "--", "*"]
        let result = try runner().run(CommandSpec("printf", ["%s\\0"] + words))
        #expect(text(result.output) == words.map { $0 + "\0" }.joined())
    }

    @Test func `an attachment is a file that can be opened again and again, and no other descriptor is there`() throws {
        var spec = CommandSpec(
            "sh", ["-c", "cat $0 $0; ls /proc/self/fd | wc -l", CommandSpec.attachmentPath],
            environment: CommandSpec.inherited(["PATH"]))
        spec.attachment = Array("certificates\n".utf8)
        #expect(try text(runner().run(spec).output) == "certificates\ncertificates\n5\n")
        spec.arguments[1] = "cat $0; ls /proc/self/fd | wc -l"
        spec.attachment = nil
        #expect(try text(runner().run(spec).output) == "4\n")
    }

    @Test func `variables are inherited by name only`() {
        setenv("INFISICAL_OPS_TEST_VARIABLE", "value", 1)
        let found = CommandSpec.inherited(["INFISICAL_OPS_TEST_VARIABLE", "INFISICAL_OPS_TEST_MISSING"])
        guard found.count == 1, case .plain("value")? = found["INFISICAL_OPS_TEST_VARIABLE"] else {
            Issue.record("\(found.keys)")
            return
        }
    }

    @Test func `what C cannot hold is refused before anything starts`() {
        let zero = Secret(count: 3) { _ in }
        let cases: [(CommandSpec, String)] = [
            (CommandSpec("true", ["a\0b"]), "an argument contains a NUL character"),
            (
                CommandSpec("true", environment: ["NAME": "a\0b"]),
                "the environment variable NAME contains a NUL character"
            ),
            (
                CommandSpec("true", environment: ["NAME": .secret(zero)]),
                "the environment variable NAME contains a NUL character"
            ),
            (CommandSpec("true", environment: ["A=B": "c"]), "\"A=B\" cannot be the name of an environment variable"),
            (CommandSpec("true", environment: ["": "c"]), "\"\" cannot be the name of an environment variable"),
        ]
        for (spec, reason) in cases {
            #expect(throws: ProcessFault.unusable(program: "true", reason: reason)) { try runner().run(spec) }
        }
    }

    @Test func `nothing that can be printed of a command shows a secret`() throws {
        let hidden = "correct-horse-battery"
        var bytes = Array(hidden.utf8)
        let secret = Secret(consuming: &bytes)
        let spec = CommandSpec(
            "sh", ["-c", "printf %s \"$PASSWORD\"; cat; exit 3"],
            environment: [
                "PASSWORD": .secret(secret), "OTHER": .plain(hidden), "PATH": .plain(ProcessRunner.inheritedPath),
            ], input: .secret(secret))
        let result = try runner().run(spec)
        // The child did get it, twice.
        #expect(text(result.output) == hidden + hidden)
        var shown = [
            "\(spec)", String(reflecting: spec), "\(spec.environment)", "\(spec.input)", "\(result)",
            String(reflecting: result),
        ]
        var dumped = ""
        dump(spec, to: &dumped)
        dump(result, to: &dumped)
        dump(spec.environment, to: &dumped)
        shown.append(dumped)
        if let fault = fault({ () throws(ProcessFault) in _ = try result.succeeded() }) {
            shown += ["\(fault)", fault.message, "\(fault.hints)"]
        }
        #expect(shown.count == 10)
        for text in shown { #expect(!text.contains(hidden)) }
        #expect("\(spec)".hasPrefix("sh -c 'printf %s"))
    }
}
