package import Faults
import InfisicalData
package import InstanceAccess
package import Repository
package import Restoring

/// What a drill came to.
package struct DrillReport: Sendable {
    /// A part of the drill and how long it took.
    package struct Phase: Sendable, Equatable {
        package let name: String
        package let seconds: Double
    }

    /// What was compared, and found as the backup's snapshot had it.
    package struct Compared: Sendable, Equatable {
        package internal(set) var tables = 0
        package internal(set) var rows = 0
    }

    /// A secret that Infisical gave back on the copy.
    package struct ReadBack: Sendable, Equatable {
        package let project: String
        package let environment: String
        package let path: String
        package let name: String
        /// Whether the instance's machine identity read it, and not a credential that exists in the copy only.
        package let isReadByIdentity: Bool
    }

    /// A scratch server that was left running.
    package struct Kept: Sendable, Equatable {
        package let folder: String
        /// One command for each restored database.
        package let connect: [[String]]
        package let stop: [String]
        package let remove: [String]
    }

    package let entry: InventoryEntry
    package internal(set) var wanted: ProofLevel
    /// Nil when not even *restored* is proven.
    package internal(set) var reached: ProofLevel?
    package internal(set) var problems: [DrillProblem] = []
    /// Damage of the repository that the drill came upon.
    package internal(set) var damage: [Finding] = []
    /// What could not be compared, so that the level above is not proven; one sentence without full stop each.
    package internal(set) var unchecked: [String] = []
    package internal(set) var phases: [Phase] = []
    /// From the beginning to the end: the time that a restore takes here.
    package internal(set) var seconds = 0.0
    /// Seconds since the snapshot of the backup: what a restore of it would lose now.
    package let dataAge: Int64
    /// `local` or `docker`.
    package internal(set) var on = ""
    /// Version of the scratch server; empty when none was started.
    package internal(set) var server = ""
    package internal(set) var tables = 0
    package internal(set) var rows = 0
    /// Nil where the content was not compared, or is another.
    package internal(set) var compared: Compared?
    package internal(set) var losses: [ObjectLoss] = []
    /// What was done otherwise or not looked at, and lowers no level.
    package internal(set) var notes: [String] = []
    package internal(set) var warnings: [String] = []
    package internal(set) var kept: Kept?
    /// Ciphertexts that opened with the keys that belong to the backup; nil where none was tried.
    package internal(set) var opened: Int?
    /// Nil where none was read.
    package internal(set) var canary: ReadBack?
    /// Seconds until Infisical answered on the copy; nil where it was not started.
    package internal(set) var bootSeconds: Double?
    /// Why *boots* is not proven, where it was tried.
    package internal(set) var bootFault: (any Fault)?
    /// What neither opened nor was disproven; nil where no ciphertext was tried.
    var notProvable: [Proof.NotProvable]?
    /// What came of the keys that were tried; nil where none was.
    var keyTrial: KeyTrialReport?
    /// Where the right key is kept, where the one that was tried is another or there was none; nil where no backup keeps it.
    package internal(set) var keptKey: KeptKey?
    /// Where a value does not open: the newest backup before it in which no drill has found that; nil without one.
    package internal(set) var older: BackupID?
    /// Whether the keys are not the backup's own.
    package internal(set) var keysAreSupplied = false
    /// Whether they were given by hand: that such a key does not open it says nothing of the backup.
    package internal(set) var keysAreGiven = false
    /// Whether the images are not those of the backup: that these do not start says nothing of it.
    var imagesAreOthers = false
    /// Whether the configured machine identity did not read the canary.
    var identityIsRefused = false
    /// Whether Infisical should have been started on the copy as a matter of course, and could not be.
    var couldNotBoot = false
    /// Why it cannot be loaded into an empty server, which ends the drill.
    var restoreFault: (any Fault)?
    /// Whether it holds less than the one before it, and nobody accepted that.
    package internal(set) var isShrunk = false
    /// What that is called: `shrunk`, or `of another instance`.
    package internal(set) var shrunkWord = ""
    /// Whether that is because it was said not to be of this instance.
    package internal(set) var isRejected = false
    /// Why no proof was written down, when none was.
    package internal(set) var unrecorded: String?
    /// Whether one should have been: this host has the key, and the repository can be written to as a rule.
    var failsToRecord = false

    init(entry: InventoryEntry, wanted: ProofLevel, dataAge: Int64) {
        self.entry = entry
        self.wanted = wanted
        self.dataAge = dataAge
    }

    /// Whether the key is what is missing or wrong.
    package var lacksKey: Bool { problems.contains(where: \.isOfKey) }

    package var exit: ExitCode { failsToRecord ? .mostImportant([.partial, result]) : result }

    private var result: ExitCode {
        if !damage.isEmpty { return .damaged }
        if !problems.isEmpty { return .mostImportant(problems.map(\.exit)) }
        if let bootFault { return bootFault.exit }
        let isWhole = losses.isEmpty && !isShrunk && !couldNotBoot && !identityIsRefused
        return reached == wanted && isWhole ? .done : .partial
    }
}
