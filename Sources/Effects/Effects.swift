import Faults
import Glibc
import Synchronization

/// The gate that every file, SQL, process and sleep call goes through. Passed explicitly, never global.
///
/// Without an observer a call costs one branch. A call on a hot path covers a batch (a buffer, a group of rows), never
/// a single row.
package final class Effects: Sendable {
    private let observer: (any EffectObserver)?
    private let counter = Atomic<Int>(0)

    package init(observer: (any EffectObserver)? = nil) {
        self.observer = observer
    }

    /// Performs a system call that answers -1 and sets `errno` on failure; repeats it when a signal interrupted it.
    ///
    /// - Returns: the call's result, or the `errno` it (or the observer) failed with.
    package func call<Value: SignedInteger>(
        _ kind: Effect.Kind, _ subject: @autoclosure () -> String, _ body: () -> Value
    ) -> Result<Value, Errno> {
        if observer == nil { return Effects.repeating(body) }
        return observed(kind, subject()) { Effects.repeating(body) }
    }

    /// Performs an effect that reports its failure itself; `failure` turns an injected `errno` into that report.
    package func perform<Value, Failure: Error>(
        _ kind: Effect.Kind, _ subject: @autoclosure () -> String, failure: (Errno) -> Failure,
        _ body: () throws(Failure) -> Value
    ) throws(Failure) -> Value {
        guard let observer else { return try body() }
        let effect = Effect(kind: kind, subject: subject(), number: next())
        if let code = observer.before(effect) { throw failure(Errno(code)) }
        let value = try body()
        if let code = observer.after(effect) { throw failure(Errno(code)) }
        return value
    }

    private func observed<Value>(
        _ kind: Effect.Kind, _ subject: String, _ body: () -> Result<Value, Errno>
    ) -> Result<Value, Errno> {
        guard let observer else { return body() }
        let effect = Effect(kind: kind, subject: subject, number: next())
        if let code = observer.before(effect) { return .failure(Errno(code)) }
        let result = body()
        if case .success = result, let code = observer.after(effect) { return .failure(Errno(code)) }
        return result
    }

    private func next() -> Int { counter.add(1, ordering: .relaxed).newValue }

    private static func repeating<Value: SignedInteger>(_ body: () -> Value) -> Result<Value, Errno> {
        while true {
            let value = body()
            if value != -1 { return .success(value) }
            let code = Glibc.errno
            if code != EINTR { return .failure(Errno(code)) }
        }
    }
}

/// An operating system error number.
package struct Errno: ExplainedError, Sendable, Equatable {
    package let code: Int32
    package init(_ code: Int32) { self.code = code }

    package var explanation: String { text }

    /// The system's words for it, such as `No space left on device`.
    package var text: String {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
            guard let start = buffer.baseAddress, strerror_r(code, start, buffer.count) == 0
            else { return "error \(code)" }
            return String(cString: start)
        }
    }
}
