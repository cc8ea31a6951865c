import Faults
import Repository

/// The tags of a backup on one line.
enum TagText {
    static func of(_ tags: [String: String]) -> String {
        tags.isEmpty
            ? "-"
            : ControlCharacters.escaped(tags.sorted { $0.key < $1.key }.map { "\($0)=\($1)" }.joined(separator: " "))
    }
}

/// How far a backup is proven, in words; never green unless it was.
enum ProofText {
    static func of(_ standing: ProofStore.Standing, _ output: Output) -> String {
        let failure = standing.failure.map { drill in
            ", " + output.styled("last drill failed at \(drill.level.rawValue) on \(drill.time.prefix(10))", .bad)
        }
        return level(standing, output) + (failure ?? "")
    }

    private static func level(_ standing: ProofStore.Standing, _ output: Output) -> String {
        if standing.damaged != nil { return output.styled("DAMAGED", .bad) }
        guard let level = standing.level else { return output.styled("not verified", .attention) }
        if level == .stored { return output.styled("stored, not read", .attention) }
        return output.styled(level.rawValue, level == .decryptsSupplied ? .attention : .good)
    }

    /// The same with its time.
    static func dated(_ standing: ProofStore.Standing, _ output: Output) -> String {
        if let found = standing.damaged { return "\(level(standing, output)), found at \(found)" }
        guard let proven = standing.level, let time = standing.time else { return level(standing, output) }
        let style: Output.Style = proven == .stored || proven == .decryptsSupplied ? .attention : .good
        let text = output.styled("verified as \(proven.rawValue)", style) + " at \(time)"
        return proven == .stored ? text + ", not read" : text
    }

    /// A drill that failed, with its reason.
    static func failure(_ drill: ProofStore.FailedDrill, _ output: Output) -> String {
        output.styled("last drill failed at \(drill.level.rawValue) on \(drill.time)", .bad)
            + ": \(ControlCharacters.escaped(drill.message))"
    }
}
