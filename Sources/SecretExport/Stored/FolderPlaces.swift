import InfisicalTables

/// In which parts of a table the rows of each folder lie.
///
/// Which folders references lead to is known only when the first values are open. What the first pass over the table saw
/// spares the passes after it all parts that hold none of their rows.
final class FolderPlaces {
    private var places: [RowID: [Int]] = [:]
    private var isWhole = false

    /// The parts that have to be read for some folders: all of them, until all were read once.
    func parts(of folders: Set<RowID>, among count: Int) -> [Int] {
        guard isWhole else { return Array(0..<count) }
        return Set(folders.flatMap { places[$0] ?? [] }).sorted()
    }

    /// Notes a row of a folder; nothing once all parts were read.
    func note(_ folder: RowID, in part: Int) {
        if isWhole || places[folder]?.last == part { return }
        places[folder, default: []].append(part)
    }

    /// All parts were read, in their order.
    func finish() { isWhole = true }
}
