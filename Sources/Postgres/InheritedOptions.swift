import CLibPQ
import Effects
import Glibc

/// The `options` that this process's environment asks for in every session: those of `PGOPTIONS`, or of the service that
/// `PGSERVICE` names.
///
/// They are taken out of the environment and put in front of the pins. Left there, libpq would send them by itself in a
/// session that must begin without any, because a pooler takes none, and so would the programs that are started.
package enum InheritedOptions {
    /// The options as the process found them; nil without any.
    static let text: String? = taken()

    /// Takes them; to be called while the process has one thread, because others may be reading the environment.
    package static func take() { _ = text }

    private static func taken() -> String? {
        guard isSet("PGOPTIONS") || isSet("PGSERVICE") else { return nil }
        // A file that cannot be read, and a service that is not defined, is told by each session itself.
        if let file = getenv("PGSERVICEFILE"), ConnectionFiles.isUnreadable(String(cString: file), Effects()) {
            return nil
        }
        guard let defaults = PQconndefaults() else { return nil }
        defer { PQconninfoFree(defaults) }
        let hasService = isSet("PGSERVICE")
        var options: String?, option = defaults
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val {
                if strcmp(keyword, "options") == 0 {
                    options = String(cString: value)
                } else if hasService, let variable = option.pointee.envvar, strcmp(variable, "PGSERVICE") != 0 {
                    // What else the service says stays in force; a variable says the same.
                    setenv(variable, value, 1)
                }
            }
            option += 1
        }
        unsetenv("PGOPTIONS")
        if hasService { unsetenv("PGSERVICE") }
        return options.flatMap { $0.isEmpty ? nil : $0 }
    }

    private static func isSet(_ name: String) -> Bool { getenv(name).map { $0.pointee != 0 } ?? false }
}
