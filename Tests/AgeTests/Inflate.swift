import Testing

/// Expands zlib data (RFC 1950, 1951): the larger official vectors are stored compressed, and nothing else in the
/// project needs zlib.
struct Inflate {
    struct Malformed: Error {}

    private let input: UnsafeRawBufferPointer
    private var at = 2
    private var bits: UInt32 = 0
    private var bitCount: UInt32 = 0
    private var output: [UInt8] = []

    static func expand(_ data: [UInt8]) throws -> [UInt8] {
        try data.withUnsafeBytes { bytes in
            var inflate = Inflate(input: bytes)
            try inflate.run()
            return inflate.output
        }
    }

    private init(input: UnsafeRawBufferPointer) { self.input = input }

    /// A Huffman code: how many symbols have each length, and the symbols in order of their codes.
    private struct Code {
        var counts = [UInt32](repeating: 0, count: 16)
        var symbols: [Int] = []

        init(_ lengths: ArraySlice<Int>) {
            for length in 1..<16 {
                for (symbol, own) in lengths.enumerated() where own == length {
                    counts[length] += 1
                    symbols.append(symbol)
                }
            }
        }
    }

    private mutating func take(_ count: UInt32) throws -> Int {
        while bitCount < count {
            guard at < input.count else { throw Malformed() }
            bits |= UInt32(input[at]) << bitCount
            at += 1
            bitCount += 8
        }
        let value = bits & (1 << count - 1)
        bits >>= count
        bitCount -= count
        return Int(value)
    }

    private mutating func symbol(_ code: borrowing Code) throws -> Int {
        var value = 0, first = 0, index = 0
        for length in 1..<16 {
            value |= try take(1)
            let count = Int(code.counts[length])
            if value - count < first { return code.symbols[index + value - first] }
            index += count
            first = (first + count) << 1
            value <<= 1
        }
        throw Malformed()
    }

    private mutating func run() throws {
        var isLast = false
        while !isLast {
            isLast = try take(1) == 1
            switch try take(2) {
            case 0:
                bits = 0
                bitCount = 0
                let count = Int(input[at]) | Int(input[at + 1]) << 8
                output += input[at + 4..<at + 4 + count]
                at += 4 + count
            case 1:
                let lengths = (0..<288).map { $0 < 144 ? 8 : $0 < 256 ? 9 : $0 < 280 ? 7 : 8 }
                try block(Code(lengths[...]), Code([Int](repeating: 5, count: 30)[...]))
            case 2: try dynamicBlock()
            default: throw Malformed()
            }
        }
    }

    private mutating func dynamicBlock() throws {
        let literals = try take(5) + 257, distances = try take(5) + 1, count = try take(4) + 4
        var lengths = [Int](repeating: 0, count: 19)
        for index in [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15].prefix(count) {
            lengths[index] = try take(3)
        }
        let code = Code(lengths[...])
        var all: [Int] = []
        while all.count < literals + distances {
            switch try symbol(code) {
            case 16:
                guard let last = all.last else { throw Malformed() }
                all += [Int](repeating: last, count: 3 + (try take(2)))
            case 17: all += [Int](repeating: 0, count: 3 + (try take(3)))
            case 18: all += [Int](repeating: 0, count: 11 + (try take(7)))
            case let length: all.append(length)
            }
        }
        try block(Code(all[..<literals]), Code(all[literals...]))
    }

    private static let lengthBase = [
        3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227,
        258,
    ]
    private static let lengthBits: [UInt32] = [
        0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0,
    ]
    private static let distanceBase = [
        1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097,
        6145,
        8193, 12289, 16385, 24577,
    ]

    private mutating func block(_ literals: Code, _ distances: Code) throws {
        while true {
            let symbol = try symbol(literals)
            if symbol < 256 {
                output.append(UInt8(symbol))
            } else if symbol == 256 {
                return
            } else {
                guard symbol < 286 else { throw Malformed() }
                var left = Self.lengthBase[symbol - 257] + (try take(Self.lengthBits[symbol - 257]))
                let code = try self.symbol(distances)
                let distance = Self.distanceBase[code] + (try take(UInt32(max(0, code / 2 - 1))))
                guard distance <= output.count else { throw Malformed() }
                // The copy may reach into what it writes, so it goes byte by byte; a slice of the array itself would
                // make every append copy the whole array.
                while left > 0 {
                    output.append(output[output.count - distance])
                    left -= 1
                }
            }
        }
    }
}
