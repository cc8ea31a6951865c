/// A switch: `--dry-run`. Giving it twice is the same as once.
package struct Flag: OptionDeclaring {
    package let declaration: OptionDeclaration

    package init(_ name: String, short: Character? = nil, visibility: Visibility = .shown, help: String) {
        declaration = OptionDeclaration(
            name: name, short: short, placeholder: "", value: nil, isSensitive: false, visibility: visibility,
            help: help)
    }
}
