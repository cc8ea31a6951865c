import Secrets
import Testing

@testable import Settings

@Suite struct RedisURLTests {
    private func url(_ text: String) -> RedisURL? {
        var bytes = Array(text.utf8)
        return RedisURL(Secret(consuming: &bytes))
    }

    @Test func `host, port, user, password and number are read`() throws {
        let plain = try #require(url("redis://redis:6379"))
        #expect(plain.host == "redis" && plain.port == 6379 && plain.database == 0 && !plain.usesTLS)
        #expect(plain.user == nil && plain.password == nil)
        let full = try #require(url("rediss://u:p%40%2f@[::1]:7000/4"))
        #expect(full.host == "::1" && full.port == 7000 && full.user == "u" && full.database == 4 && full.usesTLS)
        #expect(full.password?.withBytes { Array($0) } == Array("p@/".utf8))
        let short = try #require(url("redis://:hunter2@cache"))
        #expect(short.port == 6379 && short.user == nil && short.password != nil)
        #expect(!"\(short)".contains("hunter2"))
    }

    @Test(arguments: ["", "redis://", "http://h", "redis://h/x", "redis://h/-1", "redis://h:0", "h:6379"])
    func `what is no such address is none`(text: String) { #expect(url(text) == nil) }
}
