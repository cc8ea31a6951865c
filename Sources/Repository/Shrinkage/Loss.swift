/// One reason why a backup is not as good as the one before.
package enum Loss: Sendable, Equatable {
    /// None, or less than half, of what there was.
    case fewer(Holdings.Kind, before: Int, now: Int)
    /// The database, which is not Infisical's, held rows and holds none.
    case noRows(before: Int)
    case otherRootKey(before: String, now: String)
    case otherInstance(before: String, now: String)
    /// Nothing to compare with, and nothing in it that anybody would miss.
    case nothing

    /// Stable identifier for scripts.
    package var what: String {
        switch self {
        case .fewer(let kind, _, _): kind.rawValue
        case .noRows: "rows"
        case .otherRootKey: "rootKey"
        case .otherInstance: "instance"
        case .nothing: "nothing"
        }
    }

    /// Whether it says that this is another instance, which may hold more than the one before.
    var isOfOther: Bool {
        switch self {
        case .otherRootKey, .otherInstance: true
        case .fewer, .noRows, .nothing: false
        }
    }

    /// The two sides, as text; nil where there is nothing to compare with.
    package var sides: (before: String, now: String)? {
        switch self {
        case .fewer(_, let before, let now): (String(before), String(now))
        case .noRows(let before): (String(before), "0")
        case .otherRootKey(let before, let now), .otherInstance(let before, let now): (before, now)
        case .nothing: nil
        }
    }

    package var text: String {
        switch self {
        case .fewer(let kind, let before, let now): "\(now == 0 ? "no" : String(now)) \(kind.text) (before: \(before))"
        case .noRows(let before): "no rows (before: \(before))"
        case .otherRootKey: "another root key"
        case .otherInstance(let before, let now): "the instance \(now) (before: \(before))"
        case .nothing: "no user, organization, project or secret"
        }
    }
}

extension Holdings {
    /// What is lost in comparison with an earlier backup.
    package func losses(since before: Holdings) -> [Loss] {
        var losses: [Loss] = []
        if let earlier = before.rootKey, let rootKey, rootKey != earlier {
            losses.append(.otherRootKey(before: earlier, now: rootKey))
        }
        if let earlier = before.instance, let instance, instance != earlier {
            losses.append(.otherInstance(before: earlier, now: instance))
        }
        for kind in Kind.allCases {
            if let lost = Holdings.lost(before[kind], self[kind]) {
                losses.append(.fewer(kind, before: lost.before, now: lost.now))
            }
        }
        if losses.isEmpty, rows == 0, before.rows > 0 { losses.append(.noRows(before: before.rows)) }
        return losses
    }

    /// What is missing where there is no earlier backup: a database without a row, and an instance without anything
    /// that people made. Both are what a lost volume looks like to whoever backs it up for the first time.
    package func emptiness(isInfisical: Bool) -> [Loss] {
        let made: [Kind] = [.users, .organizations, .projects, .secrets]
        let isEmpty = isInfisical ? made.allSatisfy { self[$0].rows == 0 } : rows == 0
        return isEmpty ? [.nothing] : []
    }

    /// Both numbers, where the second is none or less than half of the first; nil otherwise.
    static func lost(_ before: Figure, _ now: Figure) -> (before: Int, now: Int)? {
        let (earlier, left) = comparable(before, now)
        // Without a product, which numbers of a strange manifest could make overflow.
        return earlier > 0 && (left == 0 || left < earlier - left) ? (earlier, left) : nil
    }

    /// Both as users count them where both were counted so, else both in rows. Of no rows nobody sees any, counted or not: so
    /// what a table held that is gone is told in the same number as what one held that was emptied.
    static func comparable(_ before: Figure, _ now: Figure) -> (Int, Int) {
        if let earlier = before.seen, let visible = now.seen { return (earlier, visible) }
        return (before.rows, now.rows)
    }
}
