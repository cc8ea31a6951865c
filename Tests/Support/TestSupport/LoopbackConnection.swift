import Glibc

/// The server's end of a connection.
package struct LoopbackConnection: Sendable {
    fileprivate let descriptor: Int32

    init(descriptor: Int32) { self.descriptor = descriptor }

    /// What one read(2) brings; nil at the end of the connection.
    package func readSome() -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        return count > 0 ? Array(buffer[..<count]) : nil
    }

    /// Exactly so many bytes; nil at the end of the connection.
    package func read(_ count: Int) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: max(count, 0)), at = 0
        while at < bytes.count {
            let got = bytes[at...].withUnsafeMutableBytes { recv(descriptor, $0.baseAddress, $0.count, 0) }
            if got <= 0 { return nil }
            at += got
        }
        return bytes
    }

    /// - Returns: false when the other side has gone.
    package func send(_ bytes: [UInt8]) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if count <= 0 { return false }
            sent += count
        }
        return true
    }

    /// Waits until the other side closes.
    package func drain() { while readSome() != nil {} }

    /// Makes the end of the connection a reset.
    package func resetAtEnd() {
        var linger = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<Glibc.linger>.size))
    }
}
