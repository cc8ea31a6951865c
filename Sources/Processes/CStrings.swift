import Glibc
import Secrets

/// A list of C strings that ends with nil, as execve(2) wants it; all of its memory is zeroed when it goes.
struct CStrings: ~Copyable {
    private var strings: [UnsafeMutablePointer<CChar>?] = [nil]
    private var counts: [Int] = []

    init() {}

    deinit {
        for (string, count) in zip(strings, counts) {
            guard let string else { continue }
            Secret.zero(UnsafeMutableRawBufferPointer(start: string, count: count))
            string.deallocate()
        }
    }

    /// Adds a string made of a text and, if given, a secret behind it; false if one of them holds a NUL.
    mutating func append(_ text: String, _ secret: Secret? = nil) -> Bool {
        let head = text.utf8
        let count = head.count + (secret?.count ?? 0)
        let copy = UnsafeMutablePointer<CChar>.allocate(capacity: count + 1)
        copy.initialize(repeating: 0, count: count + 1)
        let target = UnsafeMutableRawBufferPointer(start: copy, count: count)
        target.copyBytes(from: head)
        secret?.withBytes { UnsafeMutableRawBufferPointer(rebasing: target[head.count...]).copyMemory(from: $0) }
        strings.insert(copy, at: counts.count)
        counts.append(count + 1)
        return !target.contains(0)
    }

    /// Lends the list.
    borrowing func withPointers<Result>(_ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result) -> Result {
        strings.withUnsafeBufferPointer { buffer in
            withExtendedLifetime(counts) {
                // The list has at least its closing nil, so its buffer has an address.
                buffer.baseAddress.map(body)
            }
        } ?? withUnsafePointer(to: nil) { body($0) }
    }
}
