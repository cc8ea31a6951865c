import Effects
import TestSupport
import Testing

@testable import Instance

@Suite struct ContainerConditionTests {
    private let now = Timestamp(seconds: 1_800_000_000)

    private func judged(
        _ state: String, restarts: Int = 0, secondsAgo: Int64 = 3600, _ more: String = ""
    ) throws -> ContainerCondition {
        let started = Timestamp(seconds: now.seconds - secondsAgo).iso8601.dropLast()
        let json = """
            [{"Id":"1","Name":"/db","Image":"sha256:1","RestartCount":\(restarts),"Config":{},
              "State":{"Status":"\(state)","StartedAt":"\(started).123456789Z"\(more)}}]
            """
        let container = try #require(try InspectAnswer.containers(Array(json.utf8)).first)
        return ContainerCondition(container, name: "db", now: now)
    }

    private func health(_ word: String) -> String { ",\"Health\":{\"Status\":\"\(word)\"}" }

    @Test func `one that is not there is missing`() {
        let judged = ContainerCondition(nil, name: "infisical-db", now: now)
        #expect(judged.condition == .missing && judged.reason.contains("infisical-db") && judged.age == nil)
    }

    @Test(arguments: [
        ("healthy", Condition.healthy), ("starting", .starting), ("unhealthy", .unhealthy), ("none", .healthy),
        ("a-word-of-tomorrow", .starting),
    ])
    func `one that runs is what its own check says`(word: String, condition: Condition) throws {
        #expect(try judged("running", health(word)).condition == condition)
        #expect(try judged("running").age == 3600)
    }

    @Test func `one that ended is told by how it ended`() throws {
        #expect(try judged("exited", ",\"ExitCode\":0").reason == "it was stopped, or ended by itself (0)")
        #expect(try judged("exited", ",\"ExitCode\":137").reason == "it was killed (137)")
        #expect(try judged("exited", ",\"ExitCode\":255").reason == "it ended with 255")
        let killed = try judged("exited", ",\"ExitCode\":137,\"OOMKilled\":true")
        #expect(killed.condition == .outOfMemory && killed.reason.contains("memory"))
        let refused = try judged("exited", ",\"ExitCode\":128,\"Error\":\"port is already allocated\"")
        #expect(refused.condition == .stopped && refused.reason.contains("port is already allocated"))
        #expect(try judged("dead").condition == .stopped)
    }

    @Test func `one that was never started, one that is paused`() throws {
        let json = """
            [{"Id":"1","Name":"/db","Image":"i","Config":{},
              "State":{"Status":"created","StartedAt":"0001-01-01T00:00:00Z"}}]
            """
        let created = ContainerCondition(try InspectAnswer.containers(Array(json.utf8)).first, name: "db", now: now)
        #expect(created.condition == .stopped && created.reason == "it was never started" && created.age == nil)
        #expect(try judged("paused").condition == .paused)
    }

    @Test func `one that the engine starts again and again loops`() throws {
        let waiting = try judged("restarting", restarts: 1, ",\"ExitCode\":1")
        #expect(waiting.condition == .crashLoop)
        #expect(waiting.reason == "it was started again once, most recently after it ended with 1")
        let again = try judged("running", restarts: 7, secondsAgo: 3)
        #expect(again.condition == .crashLoop && again.reason == "it was started again 7 times")
        #expect(try judged("running", restarts: 7, secondsAgo: 3, health("healthy")).condition == .healthy)
        // Restarts of last week say nothing of today.
        #expect(try judged("running", restarts: 7, secondsAgo: 600).condition == .healthy)
        let memory = try judged("restarting", restarts: 2, ",\"ExitCode\":137,\"OOMKilled\":true")
        #expect(memory.condition == .outOfMemory)
    }
}
