/// What another `AUTH_SECRET` ends in an instance, and what goes on with it (format specification, section 8).
///
/// Names are as they are in the database, whatever is in them; `ended` and `kept` have them fit to be shown.
package struct SigningReach: Sendable, Equatable {
    /// How many tokens are told by name.
    package static let most = 20
    /// How much of a name is read, in characters of the database.
    package static let longest = 200

    /// A token that somebody has to make anew by hand.
    package struct Token: Sendable, Equatable {
        package let id: String
        /// What people called it; may be empty.
        package let name: String
        /// The identity or the organization that it belongs to; nil where that is gone.
        package let owner: String?

        package init(id: String, name: String, owner: String?) {
            self.id = id
            self.name = name
            self.owner = owner
        }
    }

    /// All tokens of a kind, of which the first are told by name.
    package struct Tokens: Sendable, Equatable {
        package let count: Int
        /// At most `most`.
        package let named: [Token]

        package init(count: Int, named: [Token]) {
            self.count = count
            self.named = named
        }
    }

    /// People who are logged in.
    package struct Sessions: Sendable, Equatable {
        package let count: Int
        package let people: Int

        package init(count: Int, people: Int) {
            self.count = count
            self.people = people
        }
    }

    /// What logs in with a token and is no machine identity.
    package enum Client: String, Sendable, CaseIterable {
        case gateway
        case relay
        case kmipServer
        case oauthClient
        case mcpEndpoint
    }

    // MARK: What ends; nil where this release of Infisical has no table for it

    package var sessions: Sessions?
    /// Access tokens of machine identities that are not revoked, those of Token Auth left out. One that has expired counts
    /// until Infisical removes it, which it does once a day.
    package var identityTokens: Int?
    /// Whether identities are given tokens of which the database knows nothing.
    package var signsWithoutRow = false
    package var tokenAuth: Tokens?
    package var scim: Tokens?
    /// Those of which there are any.
    package var clients: [Client: Int] = [:]

    // MARK: What goes on: what is neither revoked nor expired

    package var serviceTokens: Int?
    /// nil also where the release takes none any more.
    package var apiKeys: Int?
    package var clientSecrets: Int?

    package init() {}
}
