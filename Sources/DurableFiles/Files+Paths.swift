extension Files {
    /// Begins the name of every file and folder that is not finished yet; such a name may be removed when its run is over.
    package static let temporaryPrefix = ".tmp-"

    /// The same for a folder that people are shown: what is in it is of this kind of work.
    package static let drillPrefix = "drill" + temporaryPrefix

    /// Whether a name is that of something unfinished.
    package static func isTemporary(_ name: String) -> Bool {
        name.hasPrefix(temporaryPrefix) || name.hasPrefix(drillPrefix)
    }

    /// The folder of a path: `/a` for `/a/b` and for `/a/b/`, `.` for `b`, `/` for `/a`.
    package static func parent(of path: String) -> String {
        let parts = Files.split(path)
        guard parts.cut > 0 else { return path.utf8.first == slash ? "/" : "." }
        return String(decoding: Array(path.utf8)[..<parts.cut], as: UTF8.self)
    }

    /// The last part of a path.
    package static func name(of path: String) -> String {
        let parts = Files.split(path)
        return String(decoding: Array(path.utf8)[parts.name], as: UTF8.self)
    }

    /// A path inside a folder.
    package static func join(_ folder: String, _ name: String) -> String {
        folder.utf8.last == slash ? folder + name : folder + "/" + name
    }

    static func temporaryName(_ prefix: String = temporaryPrefix) -> String {
        let number = String(UInt64.random(in: .min ... .max), radix: 16)
        return prefix + String(repeating: "0", count: 16 - number.utf8.count) + number
    }

    private static let slash = UInt8(ascii: "/")

    /// Where the folder part ends (without its slashes) and where the name lies.
    private static func split(_ path: String) -> (cut: Int, name: Range<Int>) {
        let bytes = Array(path.utf8)
        var end = bytes.count
        while end > 0, bytes[end - 1] == slash { end -= 1 }
        var start = end
        while start > 0, bytes[start - 1] != slash { start -= 1 }
        var cut = start
        while cut > 0, bytes[cut - 1] == slash { cut -= 1 }
        return (cut, start..<end)
    }
}
