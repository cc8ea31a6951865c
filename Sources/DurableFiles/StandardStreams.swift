import CLinux
import Glibc

/// The three streams that a process is started with.
package enum StandardStreams {
    /// Opens what is closed of them, so that no file of ours becomes one of them and gets what is meant for people.
    /// Writing there still fails. Call it before anything else is opened.
    package static func occupy() {
        for descriptor in Int32(0)...2 where fcntl(descriptor, F_GETFD) == -1 {
            // The lowest free number is this one, since those below are taken. If there is no /dev/null, there is
            // nothing better to do.
            _ = clinux_open("/dev/null", O_RDONLY, 0)
        }
    }
}
