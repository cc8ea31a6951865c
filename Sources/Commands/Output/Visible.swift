import Faults

/// Names from a database or a manifest may hold line ends and terminal codes; whoever shows them goes through here.
enum Visible {
    static func text(_ text: String) -> String { FaultRenderer.visible(text) }
}
