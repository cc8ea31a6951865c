import Effects
import Testing

@Suite struct SaturatingTests {
    @Test(
        arguments: [
            (0, 0), (1.9, 1), (-1.9, -1), (1e30, .max), (-1e30, .min), (.infinity, .max), (-.infinity, .min),
            (.nan, 0), (9_223_372_036_854_775_808, .max), (-9_223_372_036_854_775_808, .min),
        ] as [(Double, Int)])
    func `no number of a server is too large for this program`(value: Double, expected: Int) {
        #expect(Int(saturating: value) == expected)
        #expect(UInt64(saturating: -5) == 0 && Int32(saturating: 1e10) == .max)
    }

    @Test(arguments: [1e30, .infinity, -.infinity, .nan, -3, 0.5] as [Double])
    func `a wait of any length has an end`(seconds: Double) {
        let clock = SystemClock(), before = clock.monotonic(), end = clock.monotonic(after: seconds)
        #expect(end >= before && (seconds > 1 ? end == .max : end < before + 60_000_000_000))
    }
}
