import Crypto
import DurableFiles
import Effects
import Glibc
import Repository
import TestSupport
import Testing

@Suite struct RecoveryFilesTests {
    let sample: SampleRepository
    init() throws { sample = try SampleRepository() }

    @Test func `both files are there, name the program, and the script is a script`() throws {
        for name in ["recover.sh", "RECOVER.md"] {
            let text = String(decoding: try sample.read(name), as: UTF8.self)
            #expect(text.contains(Release.nameAndVersion) && !text.contains("@VERSION@"))
        }
        try shell("bash -n \"$0\" && \"$0\" --help | grep -q usage", sample.path("recover.sh"))
    }

    @Test func `hashes are those of the files, and what is as it should be is not written again`() throws {
        let observer = RecordingObserver()
        let hashes = try RecoveryFiles.write(
            layout: sample.layout, files: .init(effects: Effects(observer: observer)))
        #expect(Set(hashes.keys) == ["recover.sh", "RECOVER.md"])
        for (name, hash) in hashes { #expect(hash == SHA256.hash(try sample.read(name)).hex) }
        #expect(!observer.kinds.contains(.rename))
    }

    @Test(arguments: ["edited", "pipe", "link", "missing"])
    func `what lies in their place is replaced, and not followed`(kind: String) throws {
        let path = sample.path("recover.sh"), target = sample.folder.path("target")
        let whole = try sample.read("recover.sh")
        try sample.files.publish([1], at: target)
        try sample.remove("recover.sh")
        switch kind {
        case "edited": try sample.write("rm -rf /", to: "recover.sh")
        case "pipe": mkfifo(path, 0o600)
        case "link": symlink(target, path)
        default: break
        }
        try RecoveryFiles.write(layout: sample.layout, files: sample.files)
        #expect(try sample.read("recover.sh") == whole)
        #expect(try sample.files.status(path)?.kind == .file)
        #expect(try sample.files.read(target, limit: 10) == [1])
    }
}
