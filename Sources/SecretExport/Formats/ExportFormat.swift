/// A form in which secrets are written out.
package enum ExportFormat: String, Sendable, CaseIterable {
    /// `KEY='value'`, read alike by Compose and by POSIX shells.
    case dotenv
    /// The same with `export ` in front, for shells.
    case dotenvExport = "dotenv-export"
    /// For `docker run --env-file`, which takes everything behind the sign as it stands.
    case docker
    /// For `EnvironmentFile=` of systemd.
    case systemd
    /// An array of objects; the only format that says where each secret is from.
    case json
    /// A map.
    case yaml
    /// Two columns, `Key` and `Value`.
    case csv

    /// Whether the format knows names only, so that a name can stand in it once.
    package var isFlat: Bool { self != .json }

    /// Whether the command line client has a form of this name that can be written byte by byte.
    package var hasCompatibleForm: Bool { self == .dotenv || self == .dotenvExport }
}
