import TestSupport
import Testing

@testable import Instance

@Suite struct LogStreamTests {
    private func lines(_ script: String) throws -> [LogStream.Line] {
        let scripted = try ScriptedDocker(script)
        let stream = try scripted.docker.log(of: "x", tail: nil, since: nil)
        var lines: [LogStream.Line] = []
        while let line = try stream.next() { lines.append(line) }
        return lines
    }

    @Test func `both streams are read as one, line by line`() throws {
        let lines = try lines(
            "echo '2026-01-01T00:00:00Z one'; echo '2026-01-01T00:00:01Z two words' >&2; printf 'end'")
        #expect(lines.map(\.time) == ["2026-01-01T00:00:00Z", "2026-01-01T00:00:01Z", "end"])
        #expect(lines.map(\.text) == ["one", "two words", ""])
        #expect(try self.lines("true").isEmpty)
    }

    @Test func `a line without end is cut, and the next one is whole again`() throws {
        let lines = try lines("printf 't '; head -c 3000000 /dev/zero | tr '\\0' x; printf '\\nu next\\n'")
        #expect(lines.count == 2 && lines[1].time == "u" && lines[1].text == "next")
        // More than is shown, so that what reaches across the end of that can be masked.
        #expect(lines[0].text.utf8.count > LogStream.shown && lines[0].text.utf8.count <= 2 * LogStream.shown)
    }

    @Test func `the times that the engine writes into a long line are taken out, others are not`() throws {
        let time = "2026-01-01T00:00:00.123456789Z"
        let lines = try lines(
            """
            piece() { head -c 16384 /dev/zero | tr '\\0' "$1"; }
            printf '\(time) '; piece a; printf '\(time) '; piece b; printf '\(time) end\\n'
            printf '\(time) x \(time) y\\n'
            """)
        let whole = String(repeating: "a", count: 16384) + String(repeating: "b", count: 16384) + "end"
        #expect(lines.map(\.text) == [whole, "x \(time) y"])
    }

    @Test func `a huge log is read in pieces`() throws {
        let scripted = try ScriptedDocker("yes '2026-01-01T00:00:00Z a line of a log that never ends' | head -n 200000")
        let stream = try scripted.docker.log(of: "x", tail: nil, since: nil)
        var count = 0
        while try stream.next() != nil { count += 1 }
        #expect(count == 200_000)
    }

    @Test func `the last lines are what the engine gives, without their times`() throws {
        let scripted = try ScriptedDocker("echo \"t $*\"; echo 'u second' >&2")
        #expect(try scripted.docker.lastLines(of: "x", count: 7) == ["logs --timestamps --tail 7 x", "second"])
    }
}
