/// A value of the configuration with its key and where it came from.
package struct Setting: Sendable {
    package let key: SettingKey
    package let value: SettingValue
    package let origin: Origin
}

/// A value given as an option of the command line.
package struct SettingOverride: Sendable {
    package let key: SettingKey
    package let text: String
    /// The option, such as `--jobs`.
    package let flag: String

    package init(_ key: SettingKey, _ text: String, flag: String) {
        self.key = key
        self.text = text
        self.flag = flag
    }
}
