import Arguments
import Commands
import DurableFiles
import Effects
import FoundationEssentials
import Processes
import TestSupport
import Testing

extension OpsInstance {
    /// Runs a command that has to fail, and checks everything that holds for every failure: the exit code, the code for
    /// scripts, that the message names what and where, that it says what to do now in commands that exist, and that
    /// nothing in the repository changed or stays locked.
    @discardableResult
    func refuses(
        _ arguments: [String], exit: Int32, code: String, naming words: [String] = [],
        environment: [String: EnvironmentValue] = [:], victim: Victim? = nil, changing: Bool = false,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> FaultObject {
        let before = try contents()
        let result = try run(arguments + ["--json"], victim: victim, environment: environment)
        try result.expect(exit, sourceLocation: sourceLocation)
        #expect(result.output == "", sourceLocation: sourceLocation)
        let fault = try result.fault()
        #expect(fault.code == code && fault.exit == exit, "\(fault)", sourceLocation: sourceLocation)
        for word in words {
            #expect(fault.message.contains(word), "\(fault.message)", sourceLocation: sourceLocation)
        }
        Hints.check(fault.hints, sourceLocation: sourceLocation)
        if !changing { try expectUnchanged(since: before, sourceLocation: sourceLocation) }
        try expectUnlocked(sourceLocation: sourceLocation)
        return fault
    }

    /// Every file of the repository with its content; what is in `locks/` is information only.
    func contents() throws -> [String: Data] {
        guard FileManager.default.fileExists(atPath: repository) else { return [:] }
        var contents: [String: Data] = [:]
        for path in try FileManager.default.subpathsOfDirectory(atPath: repository) where !path.hasPrefix("locks/") {
            var isFolder = false
            _ = FileManager.default.fileExists(atPath: repository + "/" + path, isDirectory: &isFolder)
            if !isFolder { contents[path] = try Data(contentsOf: URL(filePath: repository + "/" + path)) }
        }
        return contents
    }

    func expectUnchanged(since before: [String: Data], sourceLocation: SourceLocation = #_sourceLocation) throws {
        let now = try contents()
        let different = Set(before.keys).union(now.keys).filter { before[$0] != now[$0] }.sorted()
        #expect(different == [], "files that changed", sourceLocation: sourceLocation)
    }

    /// Whether nobody holds a lock on the repository, and nothing temporary lies in it.
    func expectUnlocked(sourceLocation: SourceLocation = #_sourceLocation) throws {
        let files = Files(effects: Effects())
        for lock in ["repository", "backup"] {
            let path = repository + "/locks/" + lock
            guard FileManager.default.fileExists(atPath: path) else { continue }
            try FileLock.acquire(
                path, .exclusive, wait: 0, holder: "test", files: files, cancellation: Cancellation(),
                clock: SystemClock()
            ).release()
        }
        if FileManager.default.fileExists(atPath: repository + "/tmp") {
            #expect(try stored("tmp") == [], sourceLocation: sourceLocation)
        }
    }
}

/// What errors say to do.
enum Hints {
    /// Records an issue unless there is a hint, and every command of ours in them is one that the real parser takes.
    static func check(_ hints: [String], sourceLocation: SourceLocation = #_sourceLocation) {
        #expect(!hints.isEmpty, "no hint", sourceLocation: sourceLocation)
        for hint in hints where hint.hasPrefix("run: ") || hint.hasPrefix("run, with ") {
            // What a person fills in from the recovery sheet has a form of its own.
            let fingerprint = "SHA256:" + String(repeating: "A", count: 43)
            guard let start = hint.firstRange(of: ": ") else { continue }
            let given = words(String(hint[start.upperBound...]))
            let words = given.map { $0 == "FINGERPRINT" ? fingerprint : $0 }
            // Each of the words that stand for something else is explained before the command.
            for word in given where word.allSatisfy(\.isUppercase) && !word.isEmpty {
                #expect(hint[..<start.lowerBound].contains(word), "\(hint)", sourceLocation: sourceLocation)
            }
            guard words.first == "infisical-ops" else { continue }
            #expect(
                throws: Never.self, "\(hint)", sourceLocation: sourceLocation,
                performing: { _ = try OpsProgram.program.parse(Array(words.dropFirst())) })
        }
    }

    /// Records an issue where a sentence runs into a command of ours: a reader must see where it begins.
    static func checkSeparated(_ text: String, sourceLocation: SourceLocation = #_sourceLocation) {
        let names = Set(OpsProgram.program.declaration.root.subcommands.map(\.name))
        var rest = text[...]
        while let found = rest.firstRange(of: "infisical-ops ") {
            let before = rest[..<found.lowerBound]
            rest = rest[found.upperBound...]
            guard names.contains(String(rest.prefix { $0.isLetter })) else { continue }
            #expect(before.isEmpty || before.hasSuffix(": "), "\(text)", sourceLocation: sourceLocation)
        }
    }

    /// The words of a command as a POSIX shell takes it apart; the form that `FaultRenderer.shellQuoted` writes.
    static func words(_ command: String) -> [String] {
        var words: [String] = [], word = "", isOpen = false, isQuoted = false, isEscaped = false
        for character in command {
            if isEscaped {
                word.append(character)
                isEscaped = false
            } else if isQuoted {
                if character == "'" { isQuoted = false } else { word.append(character) }
            } else if character == "\\" {
                (isEscaped, isOpen) = (true, true)
            } else if character == "'" {
                (isQuoted, isOpen) = (true, true)
            } else if character == " " {
                if isOpen { words.append(word) }
                (word, isOpen) = ("", false)
            } else {
                word.append(character)
                isOpen = true
            }
        }
        return isOpen ? words + [word] : words
    }
}
