/// What an archive in the form of tar(5) holds, where that is a single entry, as in what `docker cp` makes of one path.
enum SingleFileArchive: Equatable {
    case file([UInt8])
    /// A symbolic link, wherever it leads.
    case link

    private static let block = 512

    /// Nil for whatever is not exactly one of these: a folder, several files, a longer file, an archive that is damaged or
    /// cut off.
    ///
    /// - Parameter limit: of the file, in bytes.
    init?(_ archive: [UInt8], limit: Int) {
        let block = SingleFileArchive.block
        var start = 0, found: SingleFileArchive?
        while archive.count - start >= block {
            // Zeros end an archive and fill it up.
            if archive[start..<start + block].allSatisfy({ $0 == 0 }) { break }
            guard let entry = Entry(Array(archive[start..<start + block])) else { return nil }
            let content = start + block
            guard entry.size <= archive.count - content else { return nil }
            switch entry.kind {
            case UInt8(ascii: "0"), 0:
                guard found == nil, entry.size <= limit else { return nil }
                found = .file(Array(archive[content..<content + entry.size]))
            case UInt8(ascii: "2"):
                guard found == nil, entry.size == 0 else { return nil }
                found = .link
            // More about the entry that follows: times, attributes, a long name.
            case UInt8(ascii: "x"), UInt8(ascii: "g"), UInt8(ascii: "L"), UInt8(ascii: "K"):
                guard found == nil else { return nil }
            default: return nil
            }
            start = content + (entry.size + block - 1) / block * block
        }
        guard start <= archive.count, archive[start...].allSatisfy({ $0 == 0 }), let only = found else { return nil }
        self = only
    }

    /// The block before a content.
    private struct Entry {
        let kind: UInt8
        /// Of the content, in bytes.
        let size: Int

        private static let checksum = 148..<156

        /// - Parameter header: 512 bytes.
        init?(_ header: [UInt8]) {
            guard header[257..<262].elementsEqual("ustar".utf8), let size = Entry.number(header[124..<136]),
                let sum = Entry.number(header[Entry.checksum])
            else { return nil }
            let summed = header.indices.reduce(0) { total, index in
                // Its own place counts as spaces.
                total + (Entry.checksum.contains(index) ? 32 : Int(header[index]))
            }
            guard sum == summed else { return nil }
            kind = header[156]
            self.size = size
        }

        /// An octal number of at most 12 digits, which zeros or spaces end.
        private static func number(_ field: ArraySlice<UInt8>) -> Int? {
            let text = field.drop { $0 == 32 }
            let digits = text.prefix { (48...55).contains($0) }
            guard !digits.isEmpty, text.dropFirst(digits.count).allSatisfy({ $0 == 0 || $0 == 32 }) else { return nil }
            return digits.reduce(0) { $0 << 3 | Int($1 - 48) }
        }
    }
}
