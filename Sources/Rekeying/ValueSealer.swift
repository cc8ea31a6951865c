import Crypto
import InfisicalData
import Secrets

/// Seals one value after another into a growing room. One cipher and one room serve all of a table; a value costs no
/// allocation.
struct ValueSealer: ~Copyable {
    private var cipher: AESGCM
    /// What was sealed for the present row.
    private(set) var room = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)
    private(set) var count = 0
    /// Random bytes for IVs, drawn many at a time.
    private let chance = UnsafeMutableRawBufferPointer.allocate(byteCount: 4096, alignment: 16)
    private var drawn = 4096

    init() throws(CryptoFault) { cipher = try AESGCM() }

    deinit {
        room.deallocate()
        chance.deallocate()
    }

    /// Forgets what was sealed.
    mutating func removeAll() { count = 0 }

    /// Copies bytes behind what is there; gives where they begin.
    mutating func append(_ bytes: UnsafeRawBufferPointer) -> Int {
        need(bytes.count)
        let start = count
        UnsafeMutableRawBufferPointer(rebasing: room[start..<start + bytes.count]).copyMemory(from: bytes)
        count += bytes.count
        return start
    }

    mutating func append(_ text: StaticString) -> Range<Int> {
        let start = append(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
        return start..<count
    }

    /// Seals as IV, ciphertext, tag, with `mark` behind; gives where it lies.
    mutating func blob(
        _ content: UnsafeRawBufferPointer, key: Secret, mark: UnsafeRawBufferPointer
    ) throws(CryptoFault) -> Range<Int> {
        let start = count, size = KMSBlob.overhead + content.count
        need(size + mark.count)
        let iv = start..<start + KMSBlob.ivSize, tag = start + size - AESGCM.tagSize
        try draw(iv)
        try seal(content, key, iv: iv, at: iv.upperBound, tag: tag)
        count += size
        _ = append(mark)
        return start..<count
    }

    /// Seals as three texts in base64; gives where ciphertext, IV and tag lie.
    mutating func triple(
        _ content: UnsafeRawBufferPointer, key: Secret, ivSize: Int
    ) throws(CryptoFault) -> (ciphertext: Range<Int>, iv: Range<Int>, tag: Range<Int>) {
        let raw = count, size = content.count + ivSize + AESGCM.tagSize
        need(size + Base64.encodedSize(size, padded: true) + 16)
        let iv = raw..<raw + ivSize, sealed = iv.upperBound..<iv.upperBound + content.count
        let tag = sealed.upperBound..<raw + size
        try draw(iv)
        try seal(content, key, iv: iv, at: sealed.lowerBound, tag: tag.lowerBound)
        let texts = (encode(sealed, at: raw + size), encode(iv, at: raw + size), encode(tag, at: raw + size))
        return texts
    }

    /// Writes base64 of a part of the room behind what is there.
    private mutating func encode(_ part: Range<Int>, at start: Int) -> Range<Int> {
        count = max(count, start)
        let written = Base64.encode(
            UnsafeRawBufferPointer(rebasing: room[part]), padded: true,
            into: UnsafeMutableRawBufferPointer(rebasing: room[count...]))
        count += written
        return count - written..<count
    }

    /// Writes base64 of a part of the room over another of the same length; false where it has another.
    mutating func encode(_ part: Range<Int>, over target: Range<Int>) -> Bool {
        guard Base64.encodedSize(part.count, padded: true) == target.count else { return false }
        _ = Base64.encode(
            UnsafeRawBufferPointer(rebasing: room[part]), padded: true,
            into: UnsafeMutableRawBufferPointer(rebasing: room[target]))
        return true
    }

    private mutating func seal(
        _ content: UnsafeRawBufferPointer, _ key: Secret, iv: Range<Int>, at: Int, tag: Int
    ) throws(CryptoFault) {
        let room = room
        try key.withBytes { (key) throws(CryptoFault) in
            try cipher.seal(
                key: key, iv: UnsafeRawBufferPointer(rebasing: room[iv]), plaintext: content,
                into: UnsafeMutableRawBufferPointer(rebasing: room[at..<at + content.count]),
                tag: UnsafeMutableRawBufferPointer(rebasing: room[tag..<tag + AESGCM.tagSize]))
        }
    }

    private mutating func draw(_ target: Range<Int>) throws(CryptoFault) {
        if drawn + target.count > chance.count {
            try Random.fill(chance)
            drawn = 0
        }
        UnsafeMutableRawBufferPointer(rebasing: room[target])
            .copyMemory(from: UnsafeRawBufferPointer(rebasing: chance[drawn..<drawn + target.count]))
        drawn += target.count
    }

    private mutating func need(_ more: Int) {
        guard count + more > room.count else { return }
        let larger = UnsafeMutableRawBufferPointer.allocate(
            byteCount: max(count + more, room.count * 2), alignment: 16)
        larger.copyMemory(from: UnsafeRawBufferPointer(rebasing: room[..<count]))
        room.deallocate()
        room = larger
    }
}
