/// A short text that somebody wrote, and the place in it at which it stops making sense.
package struct Excerpt: Sendable, Equatable {
    package let text: String
    /// Characters before the place, 0 to their number.
    package let offset: Int
    /// What is wrong there, as it ends a sentence.
    package let problem: String

    package init(_ text: String, offset: Int, problem: String) {
        self.text = text
        self.offset = offset
        self.problem = problem
    }

    /// The text, and below it a caret under the place.
    package var lines: [String] {
        // What is written out in another form than it was typed must not move the caret.
        let before = ControlCharacters.escaped(String(text.prefix(offset)))
        return [ControlCharacters.escaped(text), String(repeating: " ", count: before.count) + "^"]
    }
}
