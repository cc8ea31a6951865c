import Faults

extension SigningReach {
    /// What stops working, one clause a line; below each kind that is made anew by hand, indented, what it is called.
    package var ended: [String] {
        var lines: [String] = []
        if let sessions, sessions.count > 0 {
            let people = sessions.people == 1 ? "1 person" : "\(sessions.people) people"
            lines.append(
                "\(counted(sessions.count, "session")) in browsers and the CLI, of \(people): everybody logs in again")
        }
        let again = "whoever has one logs in again, clients of Universal Auth by themselves"
        if let count = identityTokens, count > 0 {
            lines.append("\(counted(count, "access token")) of machine identities: \(again)")
        }
        if signsWithoutRow {
            lines.append(
                "access tokens of machine identities that are in no table, as Infisical makes them since May 2026, "
                    + "and cannot be counted: \(again)")
        }
        lines += named(tokenAuth, "Token Auth token", "to be issued again by hand", owner: "identity")
        lines += named(
            scim, "SCIM token", "to be made anew by hand and entered in the identity provider", owner: "organization")
        let clients = Client.allCases.compactMap { client in
            self.clients[client].map { counted($0, client.noun) }
        }
        if !clients.isEmpty { lines.append("the tokens of \(clients.joined(separator: ", ")): they log in again") }
        return lines + ["logins, sign-ups and password resets that are half done start over"]
    }

    /// What keeps working, one a line.
    package var kept: [String] {
        [
            (serviceTokens, "service token"), (apiKeys, "API key"), (clientSecrets, "client secret"),
        ].compactMap { count, noun in
            guard let count, count > 0 else { return nil }
            return counted(count, noun) + (noun == "client secret" ? " of Universal Auth" : "")
        }
    }

    private func named(_ tokens: Tokens?, _ noun: String, _ remedy: String, owner: String) -> [String] {
        guard let tokens, tokens.count > 0 else { return [] }
        let names = tokens.named.map { token in
            let name = token.name.isEmpty ? "the one without a name (\(shown(token.id)))" : "\"\(shown(token.name))\""
            return "  \(name) of "
                + (token.owner.map { "the \(owner) \"\(shown($0))\"" } ?? "an \(owner) that is gone")
        }
        let rest = tokens.count - names.count
        return ["\(counted(tokens.count, noun)), \(remedy):"] + names + (rest > 0 ? ["  and \(rest) more"] : [])
    }

    private func counted(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }

    /// A name as it is shown: whoever may make a token chose it.
    private func shown(_ name: String) -> String {
        let most = 80
        // By scalar, not by character: any number of combining marks are one character.
        let scalars = name.unicodeScalars
        guard scalars.count > most else { return ControlCharacters.escaped(name) }
        return ControlCharacters.escaped(String(scalars.prefix(most))) + "…"
    }
}

extension SigningReach.Client {
    fileprivate var noun: String {
        switch self {
        case .gateway: "gateway"
        case .relay: "relay"
        case .kmipServer: "KMIP server"
        case .oauthClient: "OAuth client"
        case .mcpEndpoint: "MCP endpoint"
        }
    }
}
