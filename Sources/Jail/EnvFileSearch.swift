import DurableFiles

/// Finds the files that a program of Node reads settings from by itself, for whatever its environment leaves unset.
struct EnvFileSearch {
    let files: Files
    /// More files than any program is made of.
    private static let limit = 2_000_000

    /// `.env`, and what begins with `.env.`, at any depth below a folder and in every folder above it. Symbolic links
    /// to folders are not followed; one that has such a name counts itself.
    func files(for folder: String) throws(JailFault) -> [String] {
        var found: [String] = [], waiting = [folder], seen = 0
        while let next = waiting.popLast() {
            for entry in try entries(next) {
                seen += 1
                if seen > EnvFileSearch.limit { throw .cannotSurvey(folder, "it holds too many files") }
                let path = Files.join(next, entry.name)
                if EnvFileSearch.isEnvFile(entry.name) {
                    found.append(path)
                } else if entry.kind == .folder {
                    waiting.append(path)
                }
            }
        }
        var above = folder
        while above != "/" {
            above = Files.parent(of: above)
            for entry in try entries(above) where EnvFileSearch.isEnvFile(entry.name) {
                found.append(Files.join(above, entry.name))
            }
        }
        return found.sorted()
    }

    static func isEnvFile(_ name: String) -> Bool { name == ".env" || name.hasPrefix(".env.") }

    private func entries(_ folder: String) throws(JailFault) -> [FolderEntry] {
        do { return try files.list(folder) } catch { throw .cannotSurvey(folder, error.message) }
    }
}
