import BackupTables
package import Census
import Effects
package import Faults
import InfisicalData
import InstanceAccess
package import Operations
package import Synchronization

/// Tries every ciphertext of the live database or of a backup.
package struct CensusOperation {
    package struct Options: Sendable {
        /// A backup; nil for the live database.
        package var backup: String? = "latest"
        /// Whether the live database should hold what the newest backup holds, as a copy of an older one need not.
        package var isInstance = true
        package var identityFile: String?
        package var keyFile: String?
        /// That read a backup; the live database has one session.
        package var threads = Threads.cores
        package init() {}
    }

    package struct Report: Sendable {
        package let origin: OpenedData.Origin
        package let census: CensusReport
        /// What to know of the keys that were tried.
        package let remark: String?
        /// Whether they were given, so that this is no news.
        package let isKeyGiven: Bool
        /// That what was tried is less than the instance held, or another one's, or that this is not known; sentences without
        /// full stop.
        package let concerns: [String]
        /// Whether it is known to be so.
        package let isDoubtful: Bool
        /// How to come to the right key, where the one that was tried is another; empty otherwise.
        package let hints: [Hint]
        package let seconds: Double

        /// 12 where a key is wrong or missing, 13 where it is right and values are damaged; 2 where something stays unproven
        /// that may be sound, or belongs to nobody.
        package var exit: ExitCode {
            if census.isKeyWrong { return .keyMismatch }
            if census.isDisproven { return .damaged }
            let isWhole =
                census.keys.opens && census.unknown.isEmpty && census.misplaced == 0 && census.unfinished.isEmpty
                && census.unread.isEmpty && !census.lacksSnapshot
            return isWhole && (remark == nil || isKeyGiven) && !isDoubtful ? .done : .partial
        }
    }

    /// How many values were tried so far.
    package final class Progress: Sendable {
        package let values = Atomic<Int>(0)
        package init() {}
    }

    private let workplace: Workplace
    private let options: Options

    package init(_ workplace: Workplace, _ options: Options) {
        self.workplace = workplace
        self.options = options
    }

    package func perform(progress: Progress) throws -> Report {
        let clock = workplace.surroundings.clock, start = clock.monotonic()
        let opener = DataOpener(workplace, identityFile: options.identityFile, keyFile: options.keyFile)
        let data = try options.backup.map { try opener.backup($0) } ?? opener.live(isInstance: options.isInstance)
        let keys = KeyRequirement(workplace, data, keyFile: options.keyFile)
        try keys.require(data.holders)
        let tried = { @Sendable (count: Int) in _ = progress.values.add(count, ordering: .relaxed) }
        let census =
            if let stored = data.source as? BackupTables {
                try Census.take(sharing: stored, with: data.holders, threads: options.threads, progress: tried)
            } else {
                try Census.take(of: data.source, with: data.holders, progress: tried)
            }
        data.close()
        return Report(
            origin: data.origin, census: census, remark: data.remark, isKeyGiven: options.keyFile != nil,
            concerns: data.concerns,
            isDoubtful: data.isDoubtful,
            hints: census.isKeyWrong ? keys.hints(after: census.keys) : [],
            seconds: Double(clock.monotonic() - start) / 1e9)
    }
}
