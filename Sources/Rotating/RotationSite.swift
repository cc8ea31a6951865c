import FoundationEssentials
import InstanceAccess
import Rekeying
import Rotation
import Settings

/// What another process needs to go on with a rotation, none of it secret. It stands in the journal.
struct RotationSite: Codable, Equatable {
    /// An env file that is edited.
    struct File: Codable, Equatable {
        let path: String
        /// What it was and is to be; nil where the journal was lost.
        let record: EnvFileRecord?
        /// By the name of a definition, the variable of Infisical whose value it has.
        let names: [String: String]
    }

    /// A secret inside of Infisical that gets the new value, or is deleted, when the rotation is done.
    struct StoredCopy: Codable, Equatable {
        let place: SecretsAPI.Place
        /// The variable of Infisical whose value it has.
        let variable: String
        /// As it reads in a list.
        let text: String
        let isRemoved: Bool
        /// Label of the earlier key that it is; nil for the value that is exchanged.
        let earlier: String?
    }

    let remake: RemakeRecord
    /// The database's container, where it is made again, too.
    let database: DatabaseContainer?
    let files: [File]
    /// Labels of all keys that the backend's containers have before, and after.
    let oldLabels: Set<String>
    let newLabels: Set<String>
    /// Variables of the backend's containers that change and are no keys; nil in journals of before there were others than
    /// `AUTH_SECRET`.
    let variables: [String]?
    /// Values that no key opens and that stay as they are.
    let leaves: Set<ValueName>
    /// Whether a rotation of Infisical's own that somebody prepared is dropped (S8).
    let replacesStaged: Bool
    /// Secrets inside of Infisical that hold an old value and are left to the operator, as they read in a list.
    let copies: [String]
    /// Those that are not; nil where the journal was lost, or is of before there were any.
    let stored: [StoredCopy]?

    /// What is left to be done about the first of them; nil without one.
    var left: String? { copies.first.map(RotationSite.left) }

    static func left(_ copy: String) -> String {
        "the secret \(copy) still holds the old value: change it, or delete it"
    }

    func text() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }

    /// - Parameter path: of the journal, for the error.
    /// - Throws: `RotationFault.badJournal`.
    init(text: String, path: String) throws {
        do { self = try JSONDecoder().decode(RotationSite.self, from: Data(text.utf8)) } catch {
            throw RotationFault.badJournal(path: path)
        }
    }

    init(
        remake: RemakeRecord, database: DatabaseContainer? = nil, files: [File], oldLabels: Set<String>,
        newLabels: Set<String>,
        variables: [String]? = nil, leaves: Set<ValueName> = [], replacesStaged: Bool = false, copies: [String] = [],
        stored: [StoredCopy]? = nil
    ) {
        self.remake = remake
        self.database = database
        self.files = files
        self.oldLabels = oldLabels
        self.newLabels = newLabels
        self.variables = variables
        self.leaves = leaves
        self.replacesStaged = replacesStaged
        self.copies = copies
        self.stored = stored
    }
}
