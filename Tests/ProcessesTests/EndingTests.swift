import Effects
import Glibc
import Processes
import TestSupport
import Testing

@Suite struct EndingTests {
    @Test(arguments: [0, 1, 3, 126, 255] as [Int32])
    func `the status of a program comes back`(status: Int32) throws {
        #expect(try runner().run(shell("exit \(status)")).status == .exited(status))
    }

    @Test func `a program killed by a signal is told with it`() throws {
        let result = try runner().run(shell("echo last words >&2; kill -9 $$"))
        #expect(result.status == .killed(signal: SIGKILL))
        let expected = ProcessFault.killed(program: "sh", signal: SIGKILL, lastLines: ["last words"])
        #expect(throws: expected) { try result.succeeded() }
    }

    @Test func `a deadline ends grandchildren too`() throws {
        var process: Int32 = 0
        let took = try seconds {
            var running = try runner().start(
                shell("sleep 60 & echo $!; wait", output: .pipe), deadline: .milliseconds(300))
            process = try number(&running)
            #expect(isAlive(process))
            #expect(
                fault { () throws(ProcessFault) in _ = try running.wait() }
                    == .timedOut(program: "sh", after: .milliseconds(300)))
        }
        #expect(ends(process))
        #expect(took > 0.25 && took < 10)
    }

    @Test func `a program that ignores the polite signal is killed after its grace`() throws {
        let took = seconds {
            #expect(
                fault { () throws(ProcessFault) in
                    _ = try runner().run(shell("trap '' TERM; sleep 60; sleep 60"), deadline: .milliseconds(200))
                } == .timedOut(program: "sh", after: .milliseconds(200)))
        }
        #expect(took > 0.6 && took < 10)
    }

    @Test func `a program that hears the polite signal may clean up`() throws {
        let folder = try TemporaryFolder()
        let script = "trap 'touch cleaned; exit 0' TERM; echo ready; while :; do sleep 0.01; done"
        var running = try runner(grace: .seconds(10)).start(shell(script, output: .pipe, folder: folder.path))
        #expect(try line(&running) == "ready")
        running.terminate()
        #expect(access(folder.path("cleaned"), F_OK) == 0)
        #expect(try running.wait().status == .exited(0))
    }

    @Test func `a stopped program is ended as well`() throws {
        var running = try runner(grace: .seconds(20)).start(shell("echo ready; kill -STOP $$", output: .pipe))
        #expect(try line(&running) == "ready")
        let took = seconds { running.terminate() }
        #expect(took < 15)
        #expect(try running.wait().status == .killed(signal: SIGTERM))
    }

    @Test func `a program whose owner goes away is ended with its group`() throws {
        var process: Int32 = 0, leader: Int32 = 0
        do {
            var running = try runner().start(shell("sleep 60 & echo $!; wait", output: .pipe))
            leader = running.process
            process = try number(&running)
            #expect(getpgid(process) == leader)
        }
        #expect(ends(process) && ends(leader))
    }

    @Test func `cancelling while it runs ends it`() throws {
        let cancellation = Cancellation()
        var process: Int32 = 0
        let took = try seconds {
            var running = try runner(cancellation).start(shell("sleep 60 & echo $!; wait", output: .pipe))
            process = try number(&running)
            let helper = ProcessThread {
                usleep(100_000); cancellation.cancel(signal: SIGTERM)
            }
            #expect(fault { () throws(ProcessFault) in _ = try running.wait() } == .interrupted(signal: SIGTERM))
            helper.join()
        }
        #expect(ends(process))
        #expect(took < 10)
    }

    @Test func `what a program leaves in the background is neither waited for nor stopped`() throws {
        var process: Int32 = 0
        let took = try seconds {
            let result = try runner().run(shell("sleep 60 & echo $!"))
            process = Int32(text(result.output).dropLast()) ?? 0
            #expect(result.status == .exited(0))
        }
        #expect(took < 10)
        #expect(process > 1 && isAlive(process))
        kill(process, SIGKILL)
    }

    @Test func `no corpse stays`() throws {
        var running = try runner().start(shell("exit 0"))
        let process = running.process
        #expect(try running.wait().status == .exited(0))
        // A second wait answers the same.
        #expect(try running.wait().status == .exited(0))
        #expect(kill(process, 0) == -1 && errno == ESRCH)
    }

    @Test(arguments: [FailingObserver.Kind.failsBefore, .failsAfter])
    func `whichever step fails, the run ends with a fault and no process stays`(kind: FailingObserver.Kind) throws {
        let folder = try TemporaryFolder()
        var position = 0
        while true {
            position += 1
            let observer = FailingObserver(at: position, kind: kind)
            let script = "echo $$ > process; cat >/dev/null; echo out; echo err >&2"
            let found = fault { () throws(ProcessFault) in
                _ = try runner(observer: observer).run(
                    shell(script, input: .bytes(Array("input".utf8)), folder: folder.path))
            }
            guard observer.happened else {
                #expect(found == nil)
                break
            }
            // Looking for the program in the next folder is no failure, so this one may come to nothing.
            if position > 3 { #expect(found != nil) }
            if let file = fopen(folder.path("process"), "r") {
                var process: [CChar] = [CChar](repeating: 0, count: 32)
                _ = fgets(&process, 32, file)
                fclose(file)
                let digits = process.prefix { $0 >= 48 }.map { UInt8(bitPattern: $0) }
                if let number = Int32(text(digits)) { #expect(ends(number)) }
                unlink(folder.path("process"))
            }
        }
        #expect(position > 5)
    }

    /// The first line a program writes.
    private func line(_ running: inout RunningProcess) throws -> String {
        var line: [UInt8] = [], byte = [UInt8(0)]
        while try byte.withUnsafeMutableBytes({ try running.read(into: $0) }) == 1, byte != [10] { line += byte }
        return text(line)
    }

    private func number(_ running: inout RunningProcess) throws -> Int32 {
        guard let number = Int32(try line(&running)) else { throw TestProblem("the child did not tell a number") }
        return number
    }
}

/// A thread beside a test.
final class ProcessThread {
    private var thread = pthread_t()

    init(_ body: @escaping @Sendable () -> Void) {
        final class Work: Sendable {
            let body: @Sendable () -> Void
            init(_ body: @escaping @Sendable () -> Void) { self.body = body }
        }
        let work = Unmanaged.passRetained(Work(body))
        pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                Unmanaged<Work>.fromOpaque(argument).takeRetainedValue().body()
                return nil
            }, work.toOpaque())
    }

    func join() { pthread_join(thread, nil) }
}
