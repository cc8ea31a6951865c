import FoundationEssentials
import LiveSupport
import TestSupport

/// What the server of a fixture answered.
struct Truth: Decodable {
    struct Value: Decodable, Hashable {
        let key: String
        let type: String
        let value: String
    }

    struct Stored: Decodable {
        let key: String
        let type: String
        let value: String
        let comment: String
        let version: Int
        let tags: [String]
        let skipMultilineEncoding: Bool?
    }

    struct Import: Decodable {
        let environment: String
        let path: String
        let secrets: [Value]
    }

    struct Versions: Decodable {
        let key: String
        let values: [Numbered]
    }

    struct Numbered: Decodable, Equatable {
        let version: Int
        /// nil where the server told the number only, as in 2024-07.
        let value: String?

        init(version: Int, value: String?) {
            self.version = version
            self.value = value
        }

        init(from decoder: any Decoder) throws {
            var list = try decoder.unkeyedContainer()
            version = try list.decode(Int.self)
            value = try list.decodeNil() ? nil : list.decode(String.self)
        }
    }

    /// What the list call of API v4 answers otherwise.
    struct Newer: Decodable {
        let expanded: [Value]?
        let imports: [Import]?
    }

    struct Folder: Decodable {
        let path: String
        let secrets: [Stored]
        let expanded: [Value]
        let imports: [Import]
        let versions: [Versions]
        let v4: Newer?
    }

    struct Environment: Decodable {
        let slug: String
        let folders: [Folder]
    }

    struct Project: Decodable {
        let id: String
        let slug: String
        let environments: [Environment]
    }

    let projects: [Project]

    /// The address of the user whose personal values are in it.
    let user: String

    private enum CodingKeys: CodingKey { case projects }

    init(from decoder: any Decoder) throws {
        projects = try decoder.container(keyedBy: CodingKeys.self).decode([Project].self, forKey: .projects)
        user = ""
    }

    private init(projects: [Project], user: String) {
        self.projects = projects
        self.user = user
    }

    /// Databases made from another have the truth of that one.
    static func of(_ fixture: LiveFixture) throws -> Truth {
        struct Accounts: Decodable {
            struct User: Decodable { let email: String }
            let users: [User]
        }
        let folder =
            switch fixture {
            case .july, .october, .s7: fixture.rawValue
            case .s8, .upgraded: LiveFixture.october.rawValue
            }
        let read = { (name: String) in try Data(contentsOf: URL(filePath: Fixtures.path("\(folder)/\(name)"))) }
        let truth = try JSONDecoder().decode(Truth.self, from: read("truth.json"))
        let accounts = try JSONDecoder().decode(Accounts.self, from: read("accounts.json"))
        guard let user = accounts.users.first else { throw TestProblem("no users in \(folder)") }
        return Truth(projects: truth.projects, user: user.email)
    }
}
