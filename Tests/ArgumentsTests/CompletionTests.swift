import Arguments
import Testing

/// The scripts run in the real shells, with a stand-in for the program that answers `list --names`.
struct CompletionTests {
    private static let cases: [([String], String)] = [
        (["sa"], "sail"),
        ([""], "check harbour list sail unload"),
        (["--js"], "--json"),
        (["--json", "li"], "list"),
        (["harbour", ""], "rekey show"),
        (["harbour", "r"], "rekey"),
        (["harbour", "rekey", "--k"], "--key"),
        (["sail", "--d"], "--dry-run"),
        (["sail", "--level", ""], "fully-proven readable stored"),
        (["sail", "--level", "r"], "readable"),
        (["--config", "list", "sail", "--le"], "--level"),
        (["check", "tr"], "trip-1 trip-2"),
        (["check", "trip-1", "trip-2"], "trip-2"),
        (["unload", "trip-1", "na"], "nautic"),
        (["unload", "--to-shore", "x", "trip-"], "trip-1 trip-2"),
        (["sail", "--config", "set"], "settings.yaml"),
        (["pa"], ""),
        (["sail", "--deb"], ""),
    ]

    private func scratch(_ shell: Shell) throws -> Scratch {
        let scratch = try Scratch()
        try scratch.write(Ferry.program.declaration.completion(for: shell), to: "script")
        let program = try scratch.write(
            "#!/bin/sh\n[ \"$*\" = 'list --names' ] && printf 'trip-1\\ntrip-2\\n'\n", to: "ferry")
        try scratch.write("", to: "settings.yaml")
        #expect(try scratch.run("chmod +x \(program) && mkdir nautic").code == 0)
        return scratch
    }

    private func sorted(_ output: String) -> String {
        output.split(whereSeparator: { $0 == "\n" || $0 == " " }).sorted().joined(separator: " ")
    }

    private func bash(_ words: [String]) throws -> String {
        let scratch = try scratch(.bash)
        let array = (["./ferry"] + words).map { "'\($0)'" }.joined(separator: " ")
        try scratch.write(
            """
            set -u
            source ./script
            COMP_WORDS=(\(array))
            COMP_CWORD=\(words.count)
            _ferry
            printf '%s\\n' "${COMPREPLY[@]}"
            complete -p ferry >/dev/null
            """, to: "test")
        let (output, code) = try scratch.run("bash --norc ./test")
        #expect(code == 0)
        return sorted(output)
    }

    @Test(arguments: cases)
    func `bash completes`(_ words: [String], _ expected: String) throws {
        #expect(try bash(words) == expected)
    }

    @Test(arguments: [
        (["sail", "--level", "=", "st"], "stored"),
        (["sail", "--level", "="], "fully-proven readable stored"),
        (["sail", "--level", "=", "stored", "--jo"], "--jobs"),
        (["sail", "--level=st"], "--level=stored"),
        (["sail", "-j", "3", "--ta"], "--tag"),
        (["check", "--", "--"], ""),
        (["sail", ""], "--config --dry-run --help --jobs --json --level --password --quiet --tag"),
        (["--v"], "--version"),
    ])
    func `bash completes what it splits at the equals sign, and more`(_ words: [String], _ expected: String) throws {
        #expect(try bash(words) == expected)
    }

    @Test func `bash does not run what a candidate says`() throws {
        let scratch = try scratch(.bash)
        try scratch.write("#!/bin/sh\necho 'trip $(touch gone)'\n", to: "ferry")
        try scratch.write(
            "source ./script; COMP_WORDS=(./ferry check ''); COMP_CWORD=2; _ferry; echo \"${COMPREPLY[0]}\"; ls",
            to: "test")
        let output = try scratch.run("bash --norc ./test").output
        #expect(output == "trip\\ \\$\\(touch\\ gone\\)\nferry\nnautic\nscript\nsettings.yaml\ntest\n")
    }

    @Test(arguments: cases)
    func `fish completes`(_ words: [String], _ expected: String) throws {
        let scratch = try scratch(.fish)
        let line = (["./ferry"] + words).joined(separator: " ")
        try scratch.write("source ./script\ncomplete -C '\(line)'\n", to: "test")
        let (output, code) = try scratch.run("HOME=$PWD fish --no-config ./test")
        #expect(code == 0)
        let candidates = output.split(separator: "\n").map { $0.split(separator: "\t")[0] }
        let trimmed = candidates.map { $0.hasSuffix("/") ? $0.dropLast() : $0 }
        #expect(sorted(trimmed.joined(separator: "\n")) == expected)
    }

    @Test func `zsh and fish accept the scripts`() throws {
        for (shell, command) in [(Shell.zsh, "zsh -n"), (.fish, "fish --no-execute"), (.bash, "bash -n")] {
            let scratch = try scratch(shell)
            let (output, code) = try scratch.run("HOME=$PWD \(command) ./script")
            #expect(output == "")
            #expect(code == 0)
        }
    }

    @Test(arguments: [0, 1, 3, 4, 6, 9, 10, 12, 13, 15, 17].map { cases[$0] })
    func `zsh completes`(_ words: [String], _ expected: String) throws {
        let scratch = try scratch(.zsh)
        // A terminal within zsh, in which the line is typed and completed; the candidates are printed from within.
        try scratch.write(
            """
            zmodload zsh/zpty
            zpty shell zsh -f -i
            zpty -w shell 'PS1=; autoload -Uz compinit; compinit -u -d dump; path=(. $path); source ./script'
            zpty -w shell 'compadd () { local a=("$@") i; builtin compadd -A found "$@"; print -rl -- ${found/#/FOUND:} >>found; builtin compadd "$@" }'
            zpty -w shell 'zle -C list list-choices offer; offer() { _main_complete; print done >finished }; bindkey "^T" list; echo RE""ADY'
            zpty -r -m shell line '*READY*'
            zpty -n -w shell $'\(words.isEmpty ? "" : (["ferry"] + words).joined(separator: " "))\\C-t'
            for ((i = 0; i < 300; i++)); do [[ -e finished ]] && break; sleep 0.05; done
            zpty -n -w shell $'\\C-uexit\\n'
            zpty -d shell
            sed -n 's/^FOUND://p' found 2>/dev/null
            """, to: "test")
        let output = try scratch.run("HOME=$PWD ZDOTDIR=$PWD TERM=xterm zsh -f ./test").output
        #expect(Set(sorted(output).split(separator: " ")) == Set(expected.split(separator: " ")))
    }
}
