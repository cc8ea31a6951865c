package import InfisicalData

/// How a server of this era and a project of this version read imports and references (format specification, sections
/// 5.4 and 5.5). What the specification leaves open stands as real servers answered.
package struct ResolutionRules: Sendable, Equatable {
    package enum Missing: Sendable, Equatable {
        /// The reference stays as it is written.
        case literal
        case empty
    }

    /// Which characters may stand between `${` and `}`.
    package enum Alphabet: Sendable, Equatable {
        /// Any but `}`.
        case any
        /// Letters, digits, `-`, `_`, `.`.
        case names
        /// The same and `@`, which begins the slug of another project.
        case namesAndProjects
    }

    /// What is done with the imports of an imported folder.
    package enum Nesting: Sendable, Equatable {
        /// The first import of each folder is followed, to depth 10; its secrets keep their own place.
        case firstOfEach
        /// All imports of the imported folder are followed, and no deeper ones; their secrets count as its own.
        case allOnce
    }

    package let missing: Missing
    package let alphabet: Alphabet
    /// How many references within one another are resolved.
    package let depth: Int
    /// Whether the secret that one started from counts as met when a reference leads back to it.
    package let countsStart: Bool
    package let nesting: Nesting
    /// Whether a second import of one folder is left out.
    package let dropsRepeats: Bool
    /// Whether what replication copied is shown under the place it was copied from.
    package let showsOrigins: Bool
    /// Whether a reference that the folder cannot answer is looked up in the listed folder and its imports.
    package let readsThroughImports: Bool
    /// Versions 1 and 2: names are replaced within the folder only, imports stay raw, and the flag for several lines
    /// applies to every value.
    package let isLegacy: Bool

    /// How deep imports are followed.
    package static let importDepth = 10

    package static func of(_ era: Era, _ project: Project) -> ResolutionRules {
        let alphabet: Alphabet = era >= .s7 ? .namesAndProjects : era >= .s6 ? .names : .any
        let isLegacy = project.storage == .legacy, isNew = era >= .s7
        return ResolutionRules(
            missing: isNew && !isLegacy ? .empty : .literal, alphabet: alphabet,
            depth: isLegacy ? 5 : isNew ? 11 : 10, countsStart: !isNew || isLegacy,
            nesting: era >= .s5 ? .allOnce : .firstOfEach, dropsRepeats: isNew, showsOrigins: isNew,
            readsThroughImports: isNew && !isLegacy, isLegacy: isLegacy)
    }
}
