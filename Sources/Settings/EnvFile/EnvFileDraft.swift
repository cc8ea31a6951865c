import Secrets

/// An env file on its way to other values. Each step is a proposal of other bytes in one place, which counts only if the
/// whole file, read again, says what is wanted and nothing else.
///
/// The definitions keep their numbers, which are their places in `EnvFile.entries`.
struct EnvFileDraft {
    private(set) var file: EnvFile
    /// What definitions are to say at the end, by their numbers.
    private(set) var goals: [Int: Secret]
    /// Names of variables that are not changed to change another one that refers to them.
    private let keeping: Set<String>

    init(_ file: EnvFile, goals: [Int: Secret], keeping: Set<String>) {
        self.file = file
        self.goals = goals
        self.keeping = keeping
    }

    /// Brings one definition to its goal.
    ///
    /// What is changed is the text that yields the value: in the definition itself, in a default inside of a reference, or
    /// in the definition that is referred to. Where that would change other variables, the definition gets the value itself.
    mutating func reach(_ number: Int) throws(EnvEditProblem) {
        guard let goal = goals[number], !file.entries[number].value.equals(goal) else { return }
        let entry = file.entries[number], spans = Span.between(entry.value, goal)
        if !entry.isLiteral {
            for span in spans where try tryLiteral(span, number) { return }
            if file.syntax == .compose, entry.quoting != .single {
                let outside = try tryReferences(spans, number)
                if outside == nil { return }
                if case .variable(let name)? = outside { throw .elsewhere(variable: name) }
            }
        }
        let rewritings = rewritings(of: entry, as: goal)
        for (range, text) in rewritings where propose(range, text, number) { return }
        for (range, text) in rewritings {
            if let other = changed(by: range, text, number) { throw .changesOther(variable: other) }
        }
        throw .notWritable
    }

    /// A part of a value, and what is to stand in its place.
    private struct Span {
        let old: Secret
        let new: Secret

        /// The whole values, and what is left of them without their common beginning and end.
        static func between(_ old: Secret, _ new: Secret) -> [Span] {
            let whole = Span(old: old, new: new)
            let inner = old.withBytes { before in
                new.withBytes { after -> Span? in
                    let shorter = min(before.count, after.count)
                    var start = 0, end = 0
                    while start < shorter, before[start] == after[start] { start += 1 }
                    while end < shorter - start, before[before.count - 1 - end] == after[after.count - 1 - end] {
                        end += 1
                    }
                    guard start + end > 0, start + end < before.count else { return nil }
                    return Span(
                        old: old.slice(start..<before.count - end), new: new.slice(start..<after.count - end))
                }
            }
            return [whole] + (inner.map { [$0] } ?? [])
        }
    }

    // MARK: - Proposals

    /// Looks for the old text in the definition's own bytes.
    private mutating func tryLiteral(_ span: Span, _ number: Int) throws(EnvEditProblem) -> Bool {
        let entry = file.entries[number], text = EnvSpelling.inner(span.new, entry.quoting, file.syntax)
        let spelled = EnvSpelling.inner(span.old, entry.quoting, file.syntax)
        for old in spelled.equals(span.old) ? [span.old] : [span.old, spelled] where old.count > 0 {
            for range in file.text.places(of: old, in: entry.valueRange) where propose(range, text, number) {
                return true
            }
        }
        return false
    }

    private enum Outside {
        case nothing
        /// A variable that is not of this file.
        case variable(String)
    }

    /// Looks for the definition that a value comes from.
    ///
    /// - Returns: nil when it was found and changed.
    private mutating func tryReferences(_ spans: [Span], _ number: Int) throws(EnvEditProblem) -> Outside? {
        var outside = Outside.nothing
        for name in references(in: file.entries[number].valueRange) {
            if let value = file.environment[name] {
                if spans.contains(where: { !value.places(of: $0.old, in: 0..<value.count).isEmpty }) {
                    outside = .variable(name)
                }
                continue
            }
            guard !keeping.contains(name), let source = file.entries[..<number].lastIndex(where: { $0.name == name }),
                goals[source] == nil
            else { continue }
            let value = file.entries[source].value
            for span in spans where span.old.count > 0 {
                for place in value.places(of: span.old, in: 0..<value.count) {
                    var draft = self
                    draft.goals[source] = value.replacing(place, with: span.new)
                    do throws(EnvEditProblem) { try draft.reach(source) } catch { continue }
                    guard let goal = goals[number], draft.file.entries[number].value.equals(goal) else { continue }
                    self = draft
                    return nil
                }
            }
        }
        return outside
    }

    /// The value as a whole: between the quotes that it has, or with others.
    private func rewritings(of entry: EnvFile.Entry, as value: Secret) -> [(Range<Int>, Secret)] {
        let own = (entry.valueRange, EnvSpelling.inner(value, entry.quoting, file.syntax))
        var whole = entry.valueRange
        if entry.quoting != .none { whole = whole.lowerBound - 1..<max(whole.upperBound, entry.statement.upperBound) }
        let others = [EnvFile.Quoting.single, .double].compactMap { quoting in
            EnvSpelling.quoted(value, quoting, file.syntax).map { (whole, $0) }
        }
        if entry.quoting == .none { return EnvSpelling.isPlain(value) ? [own] + others : others + [own] }
        return [own] + others
    }

    /// Takes other bytes for a range if the file then says the goal of one definition and, of every other, what it said or
    /// its own goal.
    private mutating func propose(_ range: Range<Int>, _ text: Secret, _ number: Int) -> Bool {
        guard let after = proposal(range, text, number), strayed(in: after, number) == nil else { return false }
        file = after
        return true
    }

    /// The variable that would change besides, where that is all that is wrong with a proposal.
    private func changed(by range: Range<Int>, _ text: Secret, _ number: Int) -> String? {
        proposal(range, text, number).flatMap { strayed(in: $0, number) }.map { file.entries[$0].name }
    }

    /// The file with other bytes in a range, if it has the same definitions and the one that is meant reaches its goal.
    private func proposal(_ range: Range<Int>, _ text: Secret, _ number: Int) -> EnvFile? {
        guard let goal = goals[number], let after = try? file.reading(file.text.replacing(range, with: text)),
            after.names == file.names, after.inherited.map(\.name) == file.inherited.map(\.name),
            after.entries[number].value.equals(goal)
        else { return nil }
        return after
    }

    /// A definition other than the one that is meant that says neither what it said nor what it is to say.
    private func strayed(in after: EnvFile, _ number: Int) -> Int? {
        after.entries.indices.first { index in
            let value = after.entries[index].value
            return index != number && !value.equals(file.entries[index].value)
                && goals[index].map { !value.equals($0) } ?? true
        }
    }

    /// Names behind dollar signs, in the order of the text.
    private func references(in range: Range<Int>) -> [String] {
        file.text.withBytes { bytes in
            var names: [String] = [], index = range.lowerBound
            while index < range.upperBound {
                guard bytes[index] == UInt8(ascii: "$") else {
                    index += 1
                    continue
                }
                index += 1
                if index < range.upperBound, bytes[index] == UInt8(ascii: "{") { index += 1 }
                let start = index
                while index < range.upperBound, isName(bytes[index]) { index += 1 }
                let name = String(decoding: bytes[start..<index], as: UTF8.self)
                if !name.isEmpty, !names.contains(name) { names.append(name) }
            }
            return names
        }
    }

    private func isName(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}

extension EnvFile {
    /// The names of the definitions, in their order.
    var names: [String] { entries.map(\.name) }

    /// Another text under the same circumstances.
    func reading(_ text: Secret) throws(SettingsFault) -> EnvFile {
        try EnvFile(text, path: path, syntax: syntax, environment: environment)
    }
}

extension Secret {
    /// Where the bytes of another secret stand in a part of this one; places that overlap are all of them.
    func places(of part: Secret, in range: Range<Int>) -> [Range<Int>] {
        guard part.count > 0, range.count >= part.count else { return [] }
        return withBytes { bytes in
            part.withBytes { wanted in
                (range.lowerBound...range.upperBound - wanted.count).filter { start in
                    bytes[start] == wanted[0] && bytes[start..<start + wanted.count].elementsEqual(wanted)
                }.map { $0..<$0 + wanted.count }
            }
        }
    }

    /// The same with other bytes for a range.
    func replacing(_ range: Range<Int>, with other: Secret) -> Secret {
        let result = SecretBuffer(capacity: count - range.count + other.count)
        withBytes { bytes in
            result.append(UnsafeRawBufferPointer(rebasing: bytes[..<range.lowerBound]))
            result.append(other)
            result.append(UnsafeRawBufferPointer(rebasing: bytes[range.upperBound...]))
        }
        return result.secret()
    }
}
