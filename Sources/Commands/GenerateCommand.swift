import Arguments
import DurableFiles
import Faults
import Scheduling
import Settings

/// `infisical-ops generate`, hidden: writes what follows from the declarations.
enum GenerateCommand {
    enum Kind: String, CaseIterable, Sendable {
        case docs, man, completions, cron, systemd
    }

    static let kind = Argument("KIND", .oneOf(Kind.self), help: "What to write.")
    static let folder = Option("output", value: "DIR", .folder, help: "Where to write it.").required()

    /// That of the release, so that pages stay the same from build to build.
    private static let date = "2026-11-24"

    static let command: Command<CommandContext> = Command(
        name: "generate", abstract: "Write reference, man pages or completions.", arguments: [kind], options: [folder],
        visibility: .hidden
    ) { values, context in
        let declaration = OpsProgram.program.declaration, folder = values[folder]
        let files: [(name: String, text: String)] =
            switch values[kind] {
            case .docs: [("commands.md", declaration.reference), ("configuration.md", SettingKey.reference.markdown)]
            case .man:
                (declaration.manualPages(date: date) + [SettingKey.reference.manualPage(date: date)])
                    .map { ($0.fileName, $0.text) }
            case .completions:
                [
                    ("infisical-ops.bash", declaration.completion(for: .bash)),
                    ("_infisical-ops", declaration.completion(for: .zsh)),
                    ("infisical-ops.fish", declaration.completion(for: .fish)),
                ]
            case .cron: schedule(.cron)
            case .systemd: schedule(.systemd)
            }
        let access = Files(effects: context.effects)
        try access.createFolder(folder)
        for file in files { try access.publish(Array(file.text.utf8), at: "\(folder)/\(file.name)", mode: 0o644) }
        return .done
    }

    private static func schedule(_ form: ScheduleForm) -> [(name: String, text: String)] {
        form.files(.standard).map { (Files.name(of: $0.path), $0.text) }
    }
}
