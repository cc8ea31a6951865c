/// `repository.json`: what this folder is. It is not secret and not signed; nothing but refusals follows from it.
package struct RepositoryDescription: Codable, Sendable, Equatable {
    package static let schema = "infisical-ops/repository"
    /// The newest format that this program reads, and the one that it writes.
    package static let format = 1

    package var schema = RepositoryDescription.schema
    package var format: Int
    /// 32 random hex digits.
    package var id: String
    /// RFC 3339, UTC.
    package var created: String

    package init(id: String, created: String) {
        format = RepositoryDescription.format
        self.id = id
        self.created = created
    }
}
