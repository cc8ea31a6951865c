import DurableFiles
import Effects
import Glibc

/// What can be wrong with one chunk, from the outside in.
package enum ChunkDamage: Error, Sendable, Equatable, Hashable {
    case missing
    case notAFile
    /// Its folder is a symbolic link.
    case behindLink
    case unreadable(String)
    case empty
    /// The file's size differs from every size on record.
    case wrongSize(found: Int, expected: Int)
    /// The bytes differ from every ciphertext on record.
    case wrongHash
    /// The age file does not open although its bytes are as recorded, or there is no record of them.
    case doesNotDecrypt(String)
    case doesNotDecompress
    /// It opens, but the content is not what its name says.
    case wrongContent

    package var code: String {
        switch self {
        case .missing: "missing"
        case .notAFile: "not-a-file"
        case .behindLink: "behind-link"
        case .unreadable: "unreadable"
        case .empty: "empty"
        case .wrongSize: "wrong-size"
        case .wrongHash: "wrong-hash"
        case .doesNotDecrypt: "does-not-decrypt"
        case .doesNotDecompress: "does-not-decompress"
        case .wrongContent: "wrong-content"
        }
    }

    /// How deep a check must look to find it.
    package var level: ProofLevel {
        switch self {
        case .missing, .notAFile, .behindLink, .unreadable, .empty, .wrongSize, .wrongHash: .stored
        case .doesNotDecrypt, .doesNotDecompress, .wrongContent: .readable
        }
    }

    package var text: String {
        switch self {
        case .missing: "is missing"
        case .notAFile: "is not a regular file"
        case .behindLink: "lies behind a symbolic link, which is not followed"
        case .unreadable(let reason): "cannot be read: \(reason)"
        case .empty: "is empty"
        case .wrongSize(let found, let expected):
            found < expected
                ? "is truncated: \(found) of \(expected) bytes" : "is too long: \(found) instead of \(expected) bytes"
        case .wrongHash: "was changed: its bytes do not have the recorded SHA-256"
        case .doesNotDecrypt(let reason): "does not decrypt: \(reason)"
        case .doesNotDecompress: "does not decompress"
        case .wrongContent: "holds data that does not match its name"
        }
    }
}

extension ChunkDamage {
    /// What the file system's refusal means for a chunk.
    init(_ fault: FileFault) {
        switch fault {
        case .wrongKind:
            self = .notAFile
            return
        case .linkInside:
            self = .behindLink
            return
        default: break
        }
        switch fault.errno?.code {
        case ENOENT, ENOTDIR: self = .missing
        // How the system refuses to open a link and a socket.
        case ELOOP, ENXIO: self = .notAFile
        default: self = .unreadable(fault.message)
        }
    }
}
