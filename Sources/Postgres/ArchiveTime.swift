/// The time of making in the header of `pg_dump`'s custom format.
///
/// It would make every night's archive another one, so that the chunk of an unchanged schema is stored again each time and
/// a damaged one is never written again. Nothing depends on it; `pg_restore --list` shows it.
package enum ArchiveTime {
    private static let magic = Array("PGDMP".utf8)
    /// Second, minute, hour, day, month from 0, year from 1900, summer time: 1970-01-01 00:00:00.
    private static let epoch: [UInt8] = [0, 0, 0, 1, 0, 70, 0]
    private static let plausible: [ClosedRange<Int>] = [0...61, 0...59, 0...23, 1...31, 0...11, 70...300, -1...1]

    /// Sets the time to a fixed one; leaves alone whatever does not look as PostgreSQL 14 and later write it.
    package static func fix(_ archive: inout [UInt8]) {
        // Magic, version (3 bytes), size of integers, size of offsets, format.
        guard archive.count > 64, archive.starts(with: magic), archive[5] == 1, archive[8] == 4 else { return }
        // Then how it is compressed: a byte since 1.15 (PostgreSQL 16), an integer before.
        guard (14...16).contains(archive[6]) else { return }
        let start = archive[6] == 14 ? 16 : 12
        let places = epoch.indices.map { start + $0 * 5 }
        guard zip(places, plausible).allSatisfy({ $1.contains(integer(archive, $0)) }) else { return }
        for (place, value) in zip(places, epoch) {
            archive.replaceSubrange(place..<place + 5, with: [0, value, 0, 0, 0])
        }
    }

    /// A byte for the sign, then four of the value, the least significant first.
    private static func integer(_ archive: [UInt8], _ place: Int) -> Int {
        let value = (1...4).reversed().reduce(0) { $0 << 8 | Int(archive[place + $1]) }
        return archive[place] == 0 ? value : -value
    }
}
