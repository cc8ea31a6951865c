import Faults
import Restoring

/// What a restore left out, for people: many losses of one kind and reason are one line.
enum LossText {
    /// Names of one line.
    private static let most = 3

    static func show(_ losses: [ObjectLoss], _ output: Output) {
        for line in lines(losses) { output.warning(line) }
    }

    static func lines(_ losses: [ObjectLoss]) -> [String] {
        struct Group: Hashable {
            let kind: String
            let reason: String
            let sqlState: String
        }
        var order: [Group] = [], names: [Group: [String]] = [:]
        for loss in losses {
            let group = Group(kind: loss.kind, reason: loss.reason, sqlState: loss.sqlState)
            if names[group] == nil { order.append(group) }
            names[group, default: []].append(loss.name)
        }
        return order.map { group in
            let all = names[group] ?? []
            let more = all.count > most ? " and \(all.count - most) more" : ""
            return ControlCharacters.escaped(
                "left out: \(group.kind) \(all.prefix(most).joined(separator: ", "))\(more): \(group.reason) "
                    + "(SQLSTATE \(group.sqlState))")
        }
    }
}
