package import Secrets

/// Other values for some definitions of an env file, or none: only the bytes that write the values differ; comments, order,
/// quotes and line ends stay.
///
/// What comes out was read again as the file's reader reads it: the variables that were meant say what was wanted, every
/// other one what it said before. Else there is no edit but a fault.
package struct EnvFileEdit: Sendable {
    package enum Change: Sendable {
        /// Every definition of the name that holds the old value is to say the new one.
        case replace(name: String, old: Secret, new: Secret)
        /// Every definition of the name that holds the value goes, with its line where nothing else stands in it.
        case remove(name: String, holding: Secret)

        package var name: String {
            switch self {
            case .replace(let name, _, _), .remove(let name, _): name
            }
        }
    }

    /// A definition that is changed or removed, by its line in the file as it was.
    package struct Place: Sendable, Equatable {
        package let name: String
        package let line: Int
    }

    package let before: EnvFile
    package let after: EnvFile
    /// In the order of the file; also definitions that were not named, but that a named one takes its value from.
    package let places: [Place]

    /// - Parameters:
    ///   - changes: Values are compared without the white space at their ends, as Infisical reads them; what stands around
    ///     them stays.
    ///   - keeping: names of variables that stay as they are, although a changed one refers to them: it then gets its value
    ///     in the place of the reference.
    /// - Throws: `envNotEditable`
    package init(_ file: EnvFile, _ changes: [Change], keeping: Set<String> = []) throws(SettingsFault) {
        before = file
        var goals: [Int: Secret] = [:], removed: Set<Int> = []
        for change in changes {
            var isHeld = false
            for (number, entry) in file.entries.enumerated() where entry.name == change.name {
                guard let goal = EnvFileEdit.goal(of: change, entry.value) else { continue }
                isHeld = true
                if case .value(let value) = goal { goals[number] = value } else { removed.insert(number) }
            }
            if !isHeld {
                throw .envNotEditable(path: file.path, line: file.entry(change.name)?.line, name: change.name, .notHeld)
            }
        }
        var draft = EnvFileDraft(file, goals: goals, keeping: keeping)
        for number in goals.keys.sorted() {
            do throws(EnvEditProblem) { try draft.reach(number) } catch {
                throw EnvFileEdit.fault(file, number, error)
            }
        }
        let changed = draft.file
        let edited = file.entries.indices.filter { number in
            !file.bytes(of: number).equals(changed.bytes(of: number)) || removed.contains(number)
        }
        places = edited.map { Place(name: file.entries[$0].name, line: file.entries[$0].line) }
        after = try EnvFileEdit.removing(removed, from: changed)
        try EnvFileEdit.prove(file, after, draft.goals, removed)
    }

    /// Whether the bytes are those of before.
    package var isEmpty: Bool { before.text.equals(after.text) }

    private enum Goal {
        case value(Secret)
        case removal
    }

    /// What becomes of a definition with this value; nil for one that is not meant.
    private static func goal(of change: Change, _ value: Secret) -> Goal? {
        let inner = value.withBytes { WhiteSpace.javaScript.trimmed($0) }
        switch change {
        case .replace(_, let old, let new):
            guard value.slice(inner).equals(old.trimmed()) else { return nil }
            return .value(value.replacing(inner, with: new))
        case .remove(_, let held): return value.slice(inner).equals(held.trimmed()) ? .removal : nil
        }
    }

    // MARK: - Removing

    private static func removing(_ removed: Set<Int>, from file: EnvFile) throws(SettingsFault) -> EnvFile {
        if removed.isEmpty { return file }
        var text = file.text
        let nothing = Secret(count: 0) { _ in }
        for number in removed.sorted(by: >) { text = text.replacing(file.place(ofStatement: number), with: nothing) }
        do { return try file.reading(text) } catch {
            guard let first = removed.min() else { throw error }
            throw fault(file, first, .notWritable)
        }
    }

    // MARK: - Proof

    /// Compares what the file says with what it is to say, variable by variable.
    private static func prove(
        _ before: EnvFile, _ after: EnvFile, _ goals: [Int: Secret], _ removed: Set<Int>
    ) throws(SettingsFault) {
        let kept = before.entries.indices.filter { !removed.contains($0) }
        let first = goals.keys.min() ?? removed.min() ?? 0
        guard kept.map({ before.entries[$0].name }) == after.names,
            before.inherited.map(\.name) == after.inherited.map(\.name)
        else { throw fault(before, first, .notWritable) }
        for (place, number) in kept.enumerated() {
            let wanted = goals[number] ?? before.entries[number].value
            if after.entries[place].value.equals(wanted) { continue }
            if goals[number] != nil { throw fault(before, number, .notWritable) }
            throw fault(before, first, .changesOther(variable: before.entries[number].name))
        }
    }

    private static func fault(_ file: EnvFile, _ number: Int, _ problem: EnvEditProblem) -> SettingsFault {
        .envNotEditable(
            path: file.path, line: file.entries[number].line, name: file.entries[number].name, problem)
    }
}

/// Why a definition of an env file cannot get another value.
package enum EnvEditProblem: Error, Sendable, Equatable {
    /// No definition of the name has the value that is to be replaced.
    case notHeld
    /// The value comes from a variable that is defined elsewhere.
    case elsewhere(variable: String)
    /// Another variable would change with it.
    case changesOther(variable: String)
    /// No spelling of the value leaves the rest as it is.
    case notWritable

    /// A clause.
    package var text: String {
        switch self {
        case .notHeld: "it does not hold the value that was to be replaced"
        case .elsewhere(let variable):
            "its value comes from \(variable), which is not defined in this file but in the environment or in another file"
        case .changesOther(let variable): "\(variable) would change with it"
        case .notWritable: "the new value cannot be written there without changing other lines"
        }
    }
}

extension EnvFile {
    /// The bytes of a definition.
    fileprivate func bytes(of number: Int) -> Secret { text.slice(entries[number].statement) }

    /// What goes with a definition: its whole line, if nothing else but a comment stands in it.
    fileprivate func place(ofStatement number: Int) -> Range<Int> {
        let statement = entries[number].statement
        return text.withBytes { bytes in
            var start = statement.lowerBound, end = statement.upperBound
            let isBlank = { (byte: UInt8) in byte == 32 || (9...13).contains(byte) && byte != 10 }
            while start > 0, isBlank(bytes[start - 1]) { start -= 1 }
            while end < bytes.count, isBlank(bytes[end]) { end += 1 }
            let startsLine =
                start == 0 || bytes[start - 1] == 10 || start == 3 && bytes.starts(with: [0xEF, 0xBB, 0xBF])
            if end < bytes.count, bytes[end] == UInt8(ascii: "#") {
                end = bytes[end...].firstIndex(of: 10) ?? bytes.count
            }
            guard startsLine, end == bytes.count || bytes[end] == 10 else { return statement }
            return start..<min(end + 1, bytes.count)
        }
    }

    /// Lines in which a value still stands as it is, such as a comment.
    package func lines(holding value: Secret) -> [Int] { EnvFile.lines(of: text, holding: value) }

    /// The same of any text.
    package static func lines(of text: Secret, holding value: Secret) -> [Int] {
        let places = text.places(of: value, in: 0..<text.count)
        return text.withBytes { bytes in
            var lines: [Int] = [], line = 1, index = 0
            for place in places {
                line += bytes[index..<place.lowerBound].count { $0 == 10 }
                index = place.lowerBound
                if lines.last != line { lines.append(line) }
            }
            return lines
        }
    }
}
