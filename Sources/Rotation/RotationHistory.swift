/// What the journal of a rotation comes to.
package struct RotationHistory: Equatable, Sendable {
    package struct OpenWork: Equatable, Sendable {
        package let work: RotationWork
        package fileprivate(set) var state: RotationMachine.State
        /// The last transaction that was to be committed; nil before the first one.
        package fileprivate(set) var mark: String?
        package fileprivate(set) var backup: String?
        /// What the workflow wrote down for whoever goes on.
        package fileprivate(set) var prepared: String?
        /// The keys, sealed to the host's key; nil before anything could have been changed.
        package fileprivate(set) var sealed: String?
        package fileprivate(set) var left: [String] = []
        /// Whether anything of the instance may have been changed: env files, container, database.
        package fileprivate(set) var hasTouchedInstance = false

        package init(_ work: RotationWork) {
            self.work = work
            state = .securing
        }
    }

    /// The rotation that has begun and not ended.
    package private(set) var open: OpenWork?
    /// The one that ended last while this was read or written.
    package private(set) var ended: OpenWork?
    /// Those that ended, the oldest first.
    package private(set) var past: [RotationRecord.Past] = []

    package init(_ records: [RotationRecord] = []) {
        for record in records { add(record) }
    }

    package mutating func add(_ record: RotationRecord) {
        switch record {
        case .earlier(let ended): past.append(ended)
        case .began(let work): open = OpenWork(work)
        case .prepared(let text): open?.prepared = text
        case .sealed(let text): open?.sealed = text
        case .marked(let mark): open?.mark = mark
        case .backedUp(let id): open?.backup = id
        case .left(let text): open?.left.append(text)
        case .entered(let state) where state == .undone || state == .rotated:
            if let work = open?.work { past.append(.init(work, isRotated: state == .rotated)) }
            ended = open
            open = nil
        case .entered(let state):
            open?.state = state
            if state != .securing, state != .concludingBack { open?.hasTouchedInstance = true }
        }
    }

    /// What a new journal begins with. A rotation is rare, and a line of labels short: all of them stay.
    package var digest: [RotationRecord] { past.map(RotationRecord.earlier) }
}
