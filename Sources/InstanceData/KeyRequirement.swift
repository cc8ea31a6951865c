import Faults
import InfisicalData
import InstanceAccess
import Operations
import Repository
import SecretExport
import Settings

/// Whether there are keys to try on data, and what to do where there are none or where they open nothing.
struct KeyRequirement {
    private let workplace: Workplace
    /// What is to be opened, as it reads in a sentence.
    private let data: String
    /// The backup that it is; nil for the live database, and for all backups.
    private let backup: String?
    /// The env file that was given for it; nil where the keys are those that belong to the data.
    private let keyFile: String?
    /// Whether the command could be given one.
    private let takesFile: Bool
    /// Whether it is another instance's than the backups are of.
    private let isOfOther: Bool

    init(
        _ workplace: Workplace, _ data: String, backup: String? = nil, keyFile: String?, takesFile: Bool = true,
        isOfOther: Bool = false
    ) {
        self.takesFile = takesFile
        self.isOfOther = isOfOther
        self.workplace = workplace
        self.data = data
        self.backup = backup
        self.keyFile = keyFile
    }

    init(_ workplace: Workplace, _ data: OpenedData, keyFile: String?) {
        var backup: String?
        if case .backup(let entry) = data.origin { backup = entry.id.text }
        self.init(
            workplace, data.origin.text, backup: backup, keyFile: keyFile, isOfOther: data.standing.isOther)
    }

    /// Refuses to try nothing: every value would be said to stay closed.
    ///
    /// - Throws: `DataKeyFault.missing`, `.unusable`.
    func require(_ holders: [KeyHolder]) throws {
        guard holders.allSatisfy({ $0.keys.candidates.isEmpty }) else { return }
        for holder in holders {
            guard let problem = holder.keys.problems.first(where: { $0 != .missing }) else { continue }
            throw DataKeyFault.unusable(
                data: data, reason: "\(holder.name): \(problem.message)", hints: hints())
        }
        throw absent
    }

    /// That nobody gave a key, and where one can come from.
    var absent: DataKeyFault {
        .missing(
            data: data, reason: absence,
            hints: [
                .check(
                    "if another env file holds the key, "
                        + (takesFile ? "give it as --key-file" : "name that file as instance.env_file"))
            ] + hints(isFileNamed: true))
    }

    /// A project whose secrets stay closed because the key is another database's, as that; any other failure as it is.
    func explained(_ error: any Error, _ report: KeyTrialReport) -> any Error {
        guard case SecretExportFault.keyClosed = error, !report.isUsable else { return error }
        return DataKeyFault.closed(
            data: data, reason: report.summary,
            hints: hints(after: report))
    }

    /// How to come to the right key, after a trial in which those at hand opened nothing.
    func hints(after report: KeyTrialReport) -> [Hint] {
        hints(needed: report[.rootWrap]?.label ?? report.storedLabel, report)
    }

    private var absence: String {
        if backup != nil {
            let lost = workplace.configuration.instance.missingFiles
            return "its escrow keeps none that can be read, and this host has none"
                + (lost.isEmpty ? "" : ", because the env file \(lost.joined(separator: ", ")) does not exist")
        }
        let configuration = workplace.configuration
        if configuration.keyIsElsewhere { return "it is kept elsewhere (instance.key)" }
        return LiveKeys.absence(in: configuration.instance)
    }

    /// What `restore --files` and `--key-file` can do with the backups there are.
    ///
    /// - Parameter isFileNamed: whether a hint before these says where another key is given.
    private func hints(
        needed: String? = nil, _ report: KeyTrialReport? = nil, isFileNamed: Bool = false
    ) -> [Hint] {
        // Of another instance no backup here keeps the key.
        if isOfOther { return DatabaseIdentity.addressHints + [.check(WrongKey.ofReplaced)] }
        let search = KeptKeySearch(workplace.instance, needed: needed, closed: report?.closedLabels ?? [])
        var hints: [Hint] =
            keyFile == nil ? [] : [.check("without --key-file the key that belongs to the data is tried")]
        if let obstacle = search.obstacle {
            return hints + [KeptKey.unknown(obstacle)]
                + (isFileNamed ? [] : [.check("or give an older env file as --key-file")])
        }
        guard let kept = search.key else {
            let none = "no backup here keeps a key that opened everything"
            return hints + [.check(isFileNamed ? none : none + "; give an older env file as --key-file")]
        }
        hints += takesFile ? kept.tryingHints : kept.hints
        if let backup, backup != kept.backup {
            hints.append(.check("or read the backup \(kept.backup), whose own key opened everything"))
        }
        return hints
    }
}
