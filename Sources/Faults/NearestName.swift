/// Finds the known name that a mistyped one was probably meant to be.
package enum NearestName {
    /// The candidate with the fewest edits (insert, delete, replace, swap of neighbours) to `name`, if those are few
    /// enough for the two to be the same word: at most a third of its length, and at least one.
    package static func of(_ name: String, among candidates: some Sequence<String>) -> String? {
        let length = name.count, allowed = max(1, length / 3)
        // Names of another length need not be compared letter by letter; what was typed may be very long.
        let near = candidates.filter { abs($0.count - length) <= allowed }
        let ranked = near.map { (name: $0, distance: distance(name, $0)) }
        guard let best = ranked.min(by: { ($0.distance, $0.name) < ($1.distance, $1.name) }) else { return nil }
        return best.distance <= allowed ? best.name : nil
    }

    /// Damerau-Levenshtein distance (optimal string alignment), in characters.
    package static func distance(_ left: String, _ right: String) -> Int {
        let a = Array(left), b = Array(right)
        var beforeLast = [Int](), last = Array(0...b.count)
        for i in a.indices {
            var row = [i + 1]
            for j in b.indices {
                var best = min(row[j] + 1, last[j + 1] + 1, last[j] + (a[i] == b[j] ? 0 : 1))
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { best = min(best, beforeLast[j - 1] + 1) }
                row.append(best)
            }
            (beforeLast, last) = (last, row)
        }
        return last[b.count]
    }
}
