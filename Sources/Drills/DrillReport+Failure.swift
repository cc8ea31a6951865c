import Booting
import Faults
import Repository

extension DrillReport {
    /// The level that the drill should have come to and did not, and why; nil where it came to what it tried, and where it
    /// could not try: without room, a server, an image or a tight place, or without a key that was given by hand.
    ///
    /// Damage has records of its own.
    var failure: (level: ProofLevel, Proof.Failure)? {
        if !damage.isEmpty || problems.contains(where: \.isOfBackup) { return nil }
        if let restoreFault { return (.restored, Self.recorded(restoreFault)) }
        if let first = problems.first {
            if keysAreGiven, first.exit == .keyMismatch { return nil }
            let more = problems.count > 1 ? ", and \(problems.count - 1) more" : ""
            return (failedLevel, Proof.Failure(code: first.code, message: first.message + more))
        }
        // With what went wrong in cleaning up beside it.
        let cause = (bootFault as? Failure)?.cause ?? bootFault
        guard let fault = cause as? BootFault, fault.isOfCopy, !imagesAreOthers else { return nil }
        return (.boots, Self.recorded(fault))
    }

    /// The one above what was reached.
    private var failedLevel: ProofLevel {
        switch reached {
        case nil: .restored
        case .restored: .equal
        default: keysAreSupplied ? .decryptsSupplied : .decrypts
        }
    }

    /// Proofs can be read without a key.
    private static func recorded(_ fault: any Fault) -> Proof.Failure {
        Proof.Failure(code: fault.code, message: (fault as? BootFault)?.publicMessage ?? fault.message)
    }
}
