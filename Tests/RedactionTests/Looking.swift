import Crypto
import Secrets

/// The bytes that must never be seen: 32 of them, so that they are a key as well as a password.
let hidden = "hunter2-hunter2-hunter2-hunter2-"

func secret(_ text: String = hidden) -> Secret {
    var bytes = Array(text.utf8)
    return Secret(consuming: &bytes)
}

/// What a careless person can make visible of a value: interpolation, reflection, `dump`, and every part that a mirror
/// shows, however deep.
func everythingShown(of value: Any) -> String {
    var shown = "\(value)\n" + String(reflecting: value) + "\n"
    dump(value, to: &shown)
    walk(Mirror(reflecting: value), depth: 0, &shown)
    return shown
}

private func walk(_ mirror: Mirror, depth: Int, _ shown: inout String) {
    guard depth < 20 else { return }
    for child in mirror.children {
        shown += "\(child.label ?? "") \(child.value)\n"
        // Bytes are looked at as the text they are.
        if let bytes = child.value as? [UInt8] { shown += String(decoding: bytes, as: UTF8.self) + "\n" }
        walk(Mirror(reflecting: child.value), depth: depth + 1, &shown)
    }
    if let superclass = mirror.superclassMirror { walk(superclass, depth: depth + 1, &shown) }
}

/// Whether a text shows the hidden bytes, or enough of them to be a leak, in any spelling.
func isLeak(_ text: String) -> Bool {
    let bytes = Array(hidden.utf8)
    let numbers = bytes.prefix(6).map { "\($0)" }
    let spellings = [
        "hunter2", Hex.encode(Array(bytes.prefix(6))), String(Base64.encode(bytes).prefix(8)),
        numbers.joined(separator: ", "), numbers.joined(separator: "\n"),
    ]
    return spellings.contains { text.lowercased().contains($0.lowercased()) }
}
