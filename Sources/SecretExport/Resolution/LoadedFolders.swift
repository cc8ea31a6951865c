import InfisicalTables

/// The folders of a project that were read so far, and those that turned out to be needed.
///
/// Which folders references lead to is known only when their values are open. So resolving runs on what is there, notes
/// what it lacked, and is done again when that was read: once or twice as a rule, never more often than references nest.
final class LoadedFolders {
    private var folders: [RowID: StoredFolder] = [:]
    private(set) var needed: Set<RowID> = []

    /// The secrets of a folder; none while it is not read.
    func secrets(of folder: Folder) -> StoredFolder {
        if let found = folders[folder.id] { return found }
        needed.insert(folder.id)
        return StoredFolder()
    }

    func add(_ read: [RowID: StoredFolder]) {
        folders.merge(read) { _, new in new }
        needed.subtract(read.keys)
    }

    func isRead(_ folder: Folder) -> Bool { folders[folder.id] != nil }
}
