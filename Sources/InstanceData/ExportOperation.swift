import BackupTables
import Effects
package import Faults
import InfisicalData
import InfisicalTables
import InstanceAccess
package import Operations
import Repository
package import SecretExport

/// Reads secrets out of the live database, or out of a backup, while Infisical itself does not answer.
package struct ExportOperation {
    /// Where the secrets are read.
    package enum Place: Sendable, Equatable {
        case live
        /// An id, the beginning of one, or `latest`.
        case backup(String)
        /// The live database, and where that cannot be read the newest backup that can.
        case auto
    }

    package struct Options: Sendable {
        package var place = Place.live
        /// In seconds; an older backup is refused. Nil takes any.
        package var maxAge: Int64?
        package var format = ExportFormat.dotenv
        package var isCompatible = false
        /// A file with content that the export would take the place of; nil where there is none.
        package var replacedFile: String?
        package var identityFile: String?
        package var keyFile: String?
        /// The command as it was given, for another place.
        package var again: @Sendable (_ place: String) -> [String] = { ["infisical-ops", "export", "--from", $0] }
        package init() {}
    }

    /// What was read, and from where.
    package struct Reading<Content: Sendable>: Sendable {
        package let origin: OpenedData.Origin
        package let content: Content
        /// Why it is not the live database, where that was tried first.
        package let fallback: (any Fault)?
        /// Newer backups that were not taken, with the reason as a clause.
        package let passedOver: [(backup: String, reason: String)]
        /// What to know of the keys; a sentence without full stop.
        package let remark: String?
        /// That it is less than the instance held, or another one's, or that this is not known; sentences without full stop.
        package let concerns: [String]
        /// Whether the live database is known not to stand for the instance, wherever this was read.
        package let liveIsDoubtful: Bool
        /// Plaintext bytes of the backup that were read; nil for the live database.
        package let bytesRead: Int?
        package let seconds: Double

        /// What this comes to, beside what was found in it.
        package var standing: ExitCode { liveIsDoubtful ? .partial : .done }
    }

    package struct Secrets: Sendable {
        package let export: Export
        package let written: ExportWriter.Written
        /// The instance's own keys that are not in force.
        package let leftOutKeys: [InstanceKeys.LeftOut]

        /// Why not one secret would be written, as a clause; nil where one would be.
        package var emptiness: String? {
            guard export.secrets.count == written.leftOut.count else { return nil }
            let place =
                "\(export.folders.map(\.path).joined(separator: ", ")) of the project \(export.project.slug), environment "
                + export.environment.slug
            if !export.unopened.isEmpty { return "no key at hand opens a secret in \(place)" }
            let isLeftOut = !written.leftOut.isEmpty || !leftOutKeys.isEmpty
            return isLeftOut
                ? "every secret in \(place) is left out" : "there is no secret in \(place)"
        }

        /// 13 where secrets stay closed, 2 where some cannot be written, or must not be.
        package var exit: ExitCode {
            if !export.unopened.isEmpty { return .damaged }
            return written.leftOut.isEmpty && leftOutKeys.isEmpty ? .done : .partial
        }
    }

    private let workplace: Workplace
    private let options: Options

    package init(_ workplace: Workplace, _ options: Options) {
        self.workplace = workplace
        self.options = options
    }

    package func export(_ request: ExportRequest) throws -> Reading<Secrets> {
        try read { data in
            let keys = KeyRequirement(workplace, data, keyFile: options.keyFile)
            try keys.require(data.holders)
            let samples = try HierarchyReader.read(data.source)
            let opened = try KeyTrial.open(samples, with: data.holders)
            var export: Export
            do { export = try SecretExporter(data.source, keys: opened.state).export(request) } catch {
                throw keys.explained(error, opened.report)
            }
            let leftOut = export.leaveOut(InForce(workplace, data).keys)
            return Secrets(
                export: export,
                written: try ExportWriter.write(
                    export.secrets, as: options.format, project: export.project.id,
                    isCompatible: options.isCompatible), leftOutKeys: leftOut)
        }
    }

    /// Projects, environments and folders, without a value.
    package func list(_ selection: InstanceListing.Selection) throws -> Reading<InstanceListing> {
        try read { try InstanceListing.read($0.source).selected(selection) }
    }

    private func read<Content>(_ body: (OpenedData) throws -> Content) throws -> Reading<Content> {
        let clock = workplace.surroundings.clock, start = clock.monotonic()
        let opener = DataOpener(workplace, identityFile: options.identityFile, keyFile: options.keyFile)
        var fallback: (any Fault)?, passedOver: [(backup: String, reason: String)] = [], liveIsDoubtful = false
        func take(_ data: OpenedData) throws -> Reading<Content> {
            let content = try body(data)
            data.close()
            return Reading(
                origin: data.origin, content: content, fallback: fallback, passedOver: passedOver, remark: data.remark,
                concerns: data.concerns, liveIsDoubtful: liveIsDoubtful || data.standing.doubt != nil,
                bytesRead: (data.source as? BackupTables)?.bytesRead,
                seconds: Double(clock.monotonic() - start) / 1e9)
        }
        /// The newest backup that stands for the instance and can be read.
        func takeNewest() throws -> Reading<Content> {
            let choice = try BackupChoice(workplace)
            if let reason = choice.problem(of: choice.newest) { passedOver.append((choice.newest.id.text, reason)) }
            var first: (any Error)?
            // After a failure only one whose own key is known to have opened it.
            for entry in choice.candidates where first == nil || choice.keepsRightKey(entry) {
                do { return try take(try backup(entry.id.text, opener)) } catch {
                    let fault: any Fault = .of(error)
                    guard [.keyMismatch, .damaged].contains(fault.exit) else { throw error }
                    passedOver.append((entry.id.text, fault.message))
                    first = first ?? error
                }
            }
            throw first ?? unusable(choice)
        }
        switch options.place {
        case .live:
            let data = try opener.live()
            if let file = options.replacedFile, let doubt = data.standing.doubt {
                throw InstanceDataFault.wouldReplace(file: file, doubt, again: options.again("auto"))
            }
            do { return try take(data) } catch {
                // Why nothing of that name is there may be just that.
                let causes = data.standing.doubt.map { [$0.cause] } ?? data.concerns
                if causes.isEmpty { throw error }
                throw Failure(.of(error), context: causes)
            }
        case .backup("latest"):
            let choice = try BackupChoice(workplace)
            if choice.problem(of: choice.newest) != nil { throw unusable(choice) }
            return try named(choice.newest.id.text) { try take(try backup(choice.newest.id.text, opener)) }
        case .backup(let id): return try named(id) { try take(try backup(id, opener)) }
        case .auto:
            do {
                let data = try opener.live()
                if let doubt = data.standing.doubt {
                    data.close()
                    throw InstanceDataFault.liveDoubtful(doubt)
                }
                return try take(data)
            } catch {
                let fault: any Fault = .of(error)
                guard ExportOperation.isAboutTheDatabase(fault) else { throw error }
                if case InstanceDataFault.liveDoubtful = fault { liveIsDoubtful = true }
                fallback = fault
            }
            do { return try takeNewest() } catch {
                let fault: any Fault = .of(error)
                guard fault.interruption == nil, let fallback else { throw error }
                let reason = ExportOperation.reason(fallback)
                throw Failure(fault, context: ["\(reason.start) (\(reason.text)), and no backup"])
            }
        }
    }

    /// Why the live database was not taken: how that begins, and what was found.
    package static func reason(_ fallback: any Fault) -> (start: String, text: String) {
        if case InstanceDataFault.liveDoubtful(let doubt) = fallback {
            return ("the live database is not taken", doubt.clause)
        }
        return ("the live database cannot be read", fallback.message)
    }

    /// Damage without the backup that it is in is a riddle.
    private func named<Value>(_ id: String, _ body: () throws -> Value) throws -> Value {
        do { return try body() } catch {
            let fault: any Fault = .of(error)
            throw fault.exit == .damaged ? Failure(fault, context: ["the backup \(id)"]) : error
        }
    }

    private func unusable(_ choice: BackupChoice) -> InstanceDataFault {
        let usable = choice.usable(besides: choice.newest)?.id.text
        return .backupUnusable(
            id: choice.newest.id.text, reason: choice.problem(of: choice.newest) ?? "it cannot be read",
            usable: usable, again: options.again(usable ?? "latest"))
    }

    /// What a backup can help with: that a project does not exist it cannot.
    private static func isAboutTheDatabase(_ fault: any Fault) -> Bool {
        switch fault.exit {
        case .notFound, .refused, .usage, .interrupted, .terminated:
            !fault.code.hasPrefix("secret-export.")
                && ![.interrupted, .terminated, .usage].contains(fault.exit)
        default: true
        }
    }

    private func backup(_ id: String, _ opener: DataOpener) throws -> OpenedData {
        let data = try opener.backup(id)
        guard let maxAge = options.maxAge, case .backup(let entry) = data.origin else { return data }
        let now = workplace.surroundings.clock.now()
        guard let taken = Timestamp(iso8601: entry.manifest.started), now.seconds - taken.seconds <= maxAge else {
            throw InstanceDataFault.backupTooOld(id: entry.id.text, taken: entry.manifest.started)
        }
        return data
    }
}

extension ExportOperation.Reading where Content == ExportOperation.Secrets {
    /// Also 2 where there is nothing, and what it was read from is known to hold less than the instance did.
    package var exit: ExitCode {
        .mostImportant([
            content.exit, standing, content.emptiness != nil && !concerns.isEmpty ? .partial : .done,
        ])
    }
}
