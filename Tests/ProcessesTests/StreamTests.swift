import Effects
import Glibc
import Processes
import Secrets
import TestSupport
import Testing

@Suite struct StreamTests {
    @Test func `an output over its limit ends the program, and says so`() throws {
        #expect(throws: ProcessFault.outputTooLarge(program: "sh", limit: 1000)) {
            try runner().run(shell("head -c 1001 /dev/zero; sleep 60", output: .collected(limit: 1000)))
        }
        #expect(try runner().run(shell("head -c 1000 /dev/zero", output: .collected(limit: 1000))).output.count == 1000)
    }

    @Test func `of a tail the end is kept`() throws {
        let script = "seq 100000; seq 100000 >&2"
        let result = try runner().run(shell(script, output: .tail(limit: 12), errors: .tail(limit: 6)))
        #expect(text(result.output) == "9999\n100000\n".suffix(12))
        #expect(text(result.errors) == "00000\n".suffix(6))
        #expect(result.isOutputCut && result.isErrorsCut)
        #expect(!(try runner().run(shell("echo 1", output: .tail(limit: 2))).isOutputCut))
    }

    @Test func `streams go to descriptors of the caller, also to those of its own streams' numbers`() throws {
        let folder = try TemporaryFolder()
        let source = open(folder.path("in"), O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        let target = open(folder.path("out"), O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        defer {
            close(source)
            close(target)
        }
        #expect(write(source, "hello", 5) == 5 && lseek(source, 0, SEEK_SET) == 0)
        let script = "cat; echo oops >&2"
        let result = try runner().run(
            shell(script, input: .descriptor(source), output: .descriptor(target), errors: .descriptor(target)))
        #expect(result.output == [] && result.errors == [])
        var buffer = [UInt8](repeating: 0, count: 100)
        #expect(pread(target, &buffer, 100, 0) == 10)
        #expect(text(Array(buffer[..<10])) == "hellooops\n")
        // Standard error of this process as the child's output, and nothing as its errors.
        _ = try runner().run(shell("true", output: .descriptor(2), errors: .null)).succeeded()
    }

    @Test func `a descriptor that is none is a fault of the start`() {
        #expect(
            fault { () throws(ProcessFault) in _ = try runner().run(shell("true", input: .descriptor(9999))) }
                == .cannotStart(program: "sh", folder: nil, Errno(EBADF)))
        #expect(
            fault { () throws(ProcessFault) in _ = try runner().run(shell("true", output: .descriptor(9999))) } != nil)
        #expect(
            fault { () throws(ProcessFault) in _ = try runner().run(shell("true", errors: .descriptor(9999))) } != nil)
    }

    @Test func `no input and no output are the null device`() throws {
        let script = "exec 3>&1; readlink /proc/self/fd/0 /proc/self/fd/3 >&2; cat; echo unseen"
        let result = try runner().run(shell(script, output: .null))
        #expect(result.output == [])
        #expect(text(result.errors) == "/dev/null\n/dev/null\n")
    }

    @Test func `the child has its three streams and nothing else open`() throws {
        let folder = try TemporaryFolder()
        // Without O_CLOEXEC, as a library might leave one.
        let leaked = open(folder.path("leaked"), O_RDWR | O_CREAT, 0o600)
        defer { close(leaked) }
        // The list of names is made first; what the shell opened for that is closed when they are looked at.
        let script = "for name in /proc/$$/fd/*; do if [ -e $name ]; then echo ${name##*/}; fi; done"
        #expect(text(try runner().run(shell(script)).succeeded().output) == "0\n1\n2\n")
    }

    @Test func `a program starts with no signal blocked or ignored, in a group of its own`() throws {
        var blocked = sigset_t(), before = sigset_t()
        sigemptyset(&blocked)
        sigaddset(&blocked, SIGUSR1)
        sigaddset(&blocked, SIGTERM)
        pthread_sigmask(SIG_BLOCK, &blocked, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        var running = try runner().start(
            CommandSpec(
                "grep", ["-E", "^Sig(Blk|Ign):", "/proc/self/status"],
                environment: ["PATH": "/usr/bin:/bin"], output: .collected(limit: 4096)))
        let process = running.process
        #expect(getpgid(process) == process)
        let lines = text(try running.wait().succeeded().output).split(separator: "\n")
        let sets = lines.compactMap { $0.split(separator: "\t").last.flatMap { UInt64($0, radix: 16) } }
        // The C library ignores its own signals 32 and 33 in every child; the standard ones are 1 to 31.
        #expect(sets.map { $0 & 0x7fff_ffff } == [0, 0])
    }

    @Test func `bytes and secrets are fed, and a program need not read them`() throws {
        let secret = Secret(count: 300_000) { buffer in
            for index in buffer.indices { buffer[index] = UInt8(truncatingIfNeeded: index &* 7) }
        }
        let spec = CommandSpec("/bin/cat", input: .secret(secret), output: .collected(limit: 1 << 20))
        let output = try runner().run(spec).output
        #expect(output.withUnsafeBytes { Secret(copying: $0) }.equals(secret))
        #expect(try runner().run(CommandSpec("/bin/cat", input: .bytes([]))).output == [])
        let unread = CommandSpec("/bin/true", input: .bytes([UInt8](repeating: 1, count: 10_000_000)))
        #expect(try runner().run(unread).status == .exited(0))
    }

    @Test func `100 MB stream in with flat memory`() throws {
        var running = try runner().start(shell("wc -c", input: .pipe))
        let piece = [UInt8](repeating: 65, count: 1 << 16)
        let before = residentBytes()
        for _ in 0..<1600 { try piece.withUnsafeBytes { try running.write($0) } }
        let grown = residentBytes() - before
        running.closeInput()
        #expect(text(try running.wait().succeeded().output) == "\(1600 << 16)\n")
        // Other tests of this process grow meanwhile; a copy of the stream would be 100 MB.
        #expect(grown < 50_000_000)
    }

    @Test func `100 MB stream out while the other stream is served`() throws {
        let script = "head -c 50000000 /dev/zero; head -c 5000000 /dev/zero >&2; head -c 50000000 /dev/zero"
        var running = try runner().start(shell(script, output: .pipe))
        var buffer = [UInt8](repeating: 0, count: 1 << 16), total = 0
        while true {
            let count = try buffer.withUnsafeMutableBytes { try running.read(into: $0) }
            if count == 0 { break }
            total += count
        }
        #expect(total == 100_000_000)
        #expect(try buffer.withUnsafeMutableBytes { try running.read(into: $0) } == 0)
        #expect(try running.wait().succeeded().isErrorsCut)
    }

    @Test func `writing to a program that failed throws its own fault`() throws {
        var running = try runner().start(shell("exec <&-; echo no thanks >&2; exit 4", input: .pipe))
        #expect(throws: ProcessFault.failed(program: "sh", status: 4, lastLines: ["no thanks"])) {
            try [UInt8](repeating: 0, count: 1 << 20).withUnsafeBytes { try running.write($0) }
        }
    }

    @Test func `writing to a program that has ended well is a fault all the same`() throws {
        var running = try runner().start(CommandSpec("/bin/true", input: .pipe))
        #expect(throws: ProcessFault.inputNotRead(program: "true")) {
            try [UInt8](repeating: 0, count: 1 << 20).withUnsafeBytes { try running.write($0) }
        }
    }

    @Test func `a run has no user for pipes: the input is empty and the output thrown away`() throws {
        let spec = shell("cat; head -c 1000000 /dev/zero", input: .pipe, output: .pipe)
        let result = try runner().run(spec)
        #expect(result.status == .exited(0) && result.output == [])
    }

    /// Bytes of this process in memory.
    private func residentBytes() -> Int {
        guard let file = fopen("/proc/self/statm", "r") else { return 0 }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 128)
        guard fgets(&line, 128, file) != nil else { return 0 }
        let words = text(line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }).split(separator: " ")
        return (words.count > 1 ? Int(words[1]) ?? 0 : 0) * 4096
    }
}
