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
        if standing.damaged != nil { return output.styled("DAMAGED", .bad) }
        guard let level = standing.level else { return output.styled("not verified", .attention) }
        if level == .stored { return output.styled("stored, not read", .attention) }
        return output.styled(level.rawValue, .good)
    }

    /// The same with its time.
    static func dated(_ standing: ProofStore.Standing, _ output: Output) -> String {
        if let found = standing.damaged { return "\(of(standing, output)), found at \(found)" }
        guard let level = standing.level, let time = standing.time else { return of(standing, output) }
        let text = output.styled("verified as \(level.rawValue)", level == .stored ? .attention : .good) + " at \(time)"
        return level == .stored ? text + ", not read" : text
    }
}
