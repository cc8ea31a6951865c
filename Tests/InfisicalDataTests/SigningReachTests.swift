import InfisicalData
import Testing

@Suite struct SigningReachTests {
    private let halfDone = "logins, sign-ups and password resets that are half done start over"

    @Test func `of nothing there is only what is in no database`() {
        let reach = SigningReach()
        #expect(reach.ended == [halfDone])
        #expect(reach.kept == [])
    }

    @Test func `what there is none of is not told`() {
        var reach = SigningReach()
        reach.sessions = .init(count: 0, people: 0)
        reach.identityTokens = 0
        reach.tokenAuth = .init(count: 0, named: [])
        reach.scim = .init(count: 0, named: [])
        reach.serviceTokens = 0
        reach.apiKeys = 0
        reach.clientSecrets = 0
        #expect(reach.ended == [halfDone])
        #expect(reach.kept == [])
    }

    @Test func `each kind says what is to be done about it`() {
        var reach = SigningReach()
        reach.sessions = .init(count: 7, people: 1)
        reach.identityTokens = 1
        reach.signsWithoutRow = true
        reach.tokenAuth = .init(count: 1, named: [.init(id: "1", name: "lives", owner: "token-bot")])
        reach.scim = .init(
            count: 2, named: [.init(id: "2", name: "", owner: "Harrow"), .init(id: "3", name: "Okta", owner: nil)])
        reach.clients = [.relay: 1, .gateway: 2]
        let again = "whoever has one logs in again, clients of Universal Auth by themselves"
        #expect(
            reach.ended == [
                "7 sessions in browsers and the CLI, of 1 person: everybody logs in again",
                "1 access token of machine identities: \(again)",
                "access tokens of machine identities that are in no table, as Infisical makes them since May 2026, and "
                    + "cannot be counted: \(again)",
                "1 Token Auth token, to be issued again by hand:",
                "  \"lives\" of the identity \"token-bot\"",
                "2 SCIM tokens, to be made anew by hand and entered in the identity provider:",
                "  the one without a name (2) of the organization \"Harrow\"",
                "  \"Okta\" of an organization that is gone",
                "the tokens of 2 gateways, 1 relay: they log in again",
                halfDone,
            ])
    }

    @Test func `what goes on is told with its number`() {
        var reach = SigningReach()
        reach.serviceTokens = 6
        reach.apiKeys = 1
        reach.clientSecrets = 9
        #expect(reach.kept == ["6 service tokens", "1 API key", "9 client secrets of Universal Auth"])
    }

    @Test func `a name cannot write lines of its own, nor change what is beside it`() {
        var reach = SigningReach()
        reach.scim = .init(
            count: 1, named: [.init(id: "1", name: "a\nb\u{1b}[2J\u{202e}", owner: "c\r\u{7}\u{2028}")])
        #expect(reach.ended.contains("  \"a\\nb\\u{1b}[2J\\u{202e}\" of the organization \"c\\r\\u{7}\\u{2028}\""))
    }

    @Test(arguments: [80, 81, 200]) func `a long name is cut`(length: Int) {
        var reach = SigningReach()
        // One character, of so many scalars.
        let name = "a" + String(repeating: "\u{301}", count: length - 1)
        reach.scim = .init(count: 1, named: [.init(id: "1", name: name, owner: "x")])
        let line = reach.ended[1]
        #expect(line.contains("…") == (length > 80))
        #expect(line.unicodeScalars.count { $0 == "\u{301}" } == 79)
        #expect(line.hasSuffix("\" of the organization \"x\""))
    }

    @Test func `of many tokens the rest is a number`() {
        var reach = SigningReach()
        let named = (1...SigningReach.most).map { SigningReach.Token(id: "\($0)", name: "t\($0)", owner: "o") }
        reach.tokenAuth = .init(count: 1000, named: named)
        #expect(reach.ended.count == 23)
        #expect(reach.ended[21] == "  and 980 more")
        reach.tokenAuth = .init(count: 20, named: named)
        #expect(reach.ended.count == 22)
    }
}
