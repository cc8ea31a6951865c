package import Arguments
import Effects

extension SettingKey {
    /// The reference of all keys, as the man page `infisical-ops.yaml(5)` and `docs/configuration.md` show it.
    package static var reference: ReferencePage {
        var sections = [
            ReferencePage.Section(
                title: "DESCRIPTION",
                prose: """
                    The configuration of infisical-ops, in YAML. Every key is optional: what the instance's containers \
                    and env files say is found without it. An unknown key is an error.

                    The file is the one named with --config or with INFISICAL_OPS_CONFIG, else infisical-ops.yaml in the \
                    working folder, in $XDG_CONFIG_HOME/infisical-ops (or ~/.config/infisical-ops), or in \
                    /etc/infisical-ops. One that is not named counts only if root or the user who runs the command owns it \
                    and nobody else may write it.

                    A command-line option overrides an environment variable, which overrides the \
                    file. Relative paths are taken from the file's folder; those in variables and options from the working \
                    folder. infisical-ops config show prints every value and its origin; infisical-ops config \
                    check tells whether everything can be used.
                    """),
            ReferencePage.Section(title: "VALUES", terms: Kind.explained),
        ]
        for (section, keys) in grouped {
            sections.append(
                ReferencePage.Section(
                    title: section.isEmpty ? "OTHER KEYS" : section.uppercased(), terms: keys.map(\.term)))
        }
        sections.append(
            ReferencePage.Section(
                title: "SECRETS",
                prose: """
                    No secret belongs in the file, on a command line or in the repository's folder. The password of \
                    the database is looked for, in this order: \(databasePasswordFile) or \(databasePasswordCommand) (the \
                    one with the stronger origin), systemd's credential \(SecretSource.databasePasswordCredential), the \
                    instance's env files and containers, PGPASSWORD and PGPASSFILE. The passphrase of a sealed identity \
                    file: \(passphraseFile) or \(passphraseCommand), systemd's credential \
                    \(SecretSource.passphraseCredential), then a question at the terminal.

                    The first line of a file or of a command's output counts, without leading and trailing blanks. A command is a \
                    list of words and is run without a shell, for at most a minute, with the environment of infisical-ops \
                    except PGPASSWORD and what begins with INFISICAL_. It must not prompt for anything.

                    A credential is passed with LoadCredential= or LoadCredentialEncrypted= in the unit:

                      [Service]
                      LoadCredential=\(SecretSource.passphraseCredential):/etc/infisical-ops/passphrase
                    """))
        sections.append(
            ReferencePage.Section(
                title: "EXAMPLE",
                prose: """
                    An instance whose backups lie on a mounted disk, with the passphrase of the identity in a password \
                    store:

                      repository:
                        path: /mnt/backup/infisical
                        identity_file: /etc/infisical-ops/identity.age
                        passphrase_command: [pass, show, infisical-backups]
                      backup:
                        jobs: 2
                    """))
        return ReferencePage(
            name: Configuration.fileName, manual: 5, abstract: "configuration of infisical-ops",
            source: Release.nameAndVersion, sections: sections,
            seeAlso: ["infisical-ops(1)", "infisical-ops-config-check(1)", "systemd.exec(5)"])
    }

    /// The keys by their section, in the order of the file.
    private static var grouped: [(section: String, keys: [SettingKey])] {
        var groups: [(section: String, keys: [SettingKey])] = []
        for key in all {
            let section = key.components.count > 1 ? key.components[0] : ""
            if groups.last?.section == section {
                groups[groups.count - 1].keys.append(key)
            } else {
                groups.append((section, [key]))
            }
        }
        return groups
    }

    private var term: ReferencePage.Term {
        let standard: String? =
            switch fallback {
            case .nothing: nil
            case .text(let text): text
            case .jobs: "the number of processors, at most 4"
            case .stateFolder:
                "/var/lib/infisical-ops/state for root, else infisical-ops in $XDG_STATE_HOME or ~/.local/state"
            }
        let details: [(name: String, value: String?)] =
            [("Value", kind.expected), ("Unit", kind.unit), ("Default", standard)]
            + [(variables.count > 1 ? "Variables" : "Variable", variables.joined(separator: ", "))]
        return ReferencePage.Term(
            name: path, text: summary, details: details.compactMap { detail in detail.value.map { (detail.name, $0) } })
    }
}

extension SettingKey.Kind {
    /// What a number of this kind counts; nil for what says so itself or counts nothing.
    fileprivate var unit: String? {
        switch self {
        case .duration: "s, m, h or d after the number, for seconds, minutes, hours, days"
        case .runTimeOrNone: "hours and minute by the host's clock, with days of the week or of the month in front"
        default: nil
        }
    }

    /// How values that are no plain words are written.
    fileprivate static var explained: [ReferencePage.Term] {
        [
            ReferencePage.Term(
                name: "list",
                text:
                    "Written in YAML as [one, two], or as one value; in a variable with colons between paths, with commas "
                    + "or blanks between words", details: []),
            ReferencePage.Term(
                name: "command",
                text:
                    "The program and its arguments, written in YAML as [program, argument]; in a variable with blanks "
                    + "between them, so that no argument can hold one", details: []),
            ReferencePage.Term(
                name: "duration", text: "A whole number and s, m, h or d, at most ten years", details: []),
        ]
    }
}
