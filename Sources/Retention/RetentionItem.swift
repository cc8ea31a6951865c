package import Effects

/// What decides of a backup whether it is kept.
package struct RetentionItem: Sendable, Equatable {
    /// Why a backup does not count: it pushes out no other, and no rule keeps it.
    package enum Doubt: String, Sendable, CaseIterable {
        case unproven = "not proven"
        case damaged
        case shrunk
        case rejected
        case failed = "its drill failed"
        case keyDoesNotOpen = "its key does not open it"
    }

    package let id: String
    /// When it was begun.
    package let time: LocalTime
    package let tags: [String: String]
    /// Nil where it counts.
    package let doubt: Doubt?
    /// Labels of the keys that it cannot be read without, and of those that it keeps itself.
    package let needs: Set<String>
    package let keeps: Set<String>

    package init(
        id: String, time: LocalTime, tags: [String: String] = [:], doubt: Doubt? = nil, needs: Set<String> = [],
        keeps: Set<String> = []
    ) {
        self.id = id
        self.time = time
        self.tags = tags
        self.doubt = doubt
        self.needs = needs
        self.keeps = keeps
    }
}
