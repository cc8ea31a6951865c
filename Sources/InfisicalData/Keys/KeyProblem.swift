/// What is wrong with the key variables of an environment.
package enum KeyProblem: Sendable, Equatable {
    /// Neither `ENCRYPTION_KEY` nor `ROOT_ENCRYPTION_KEY` has a value.
    case missing
    /// A variable names a file with the key, which Infisical does not read.
    case unreadFile(variable: String)
    /// 32 bytes as hex: a common mistake, because 16 bytes as hex are wanted.
    case hexOf32Bytes
    /// 32 bytes as base64 on an instance that is not in FIPS mode.
    case base64OutsideFIPS
    /// `ENCRYPTION_KEY` has another length, in bytes.
    case wrongLength(Int)
    case notBase64(variable: String)
    /// Decodes to another length than 32, in bytes.
    case wrongDecodedLength(variable: String, Int)
    /// The key printed in Infisical's sample configuration, which everybody knows.
    case sampleKey
    /// In FIPS mode `ENCRYPTION_KEY` takes the place of `ROOT_ENCRYPTION_KEY`.
    case replacedInFIPSMode

    /// The problem as a clause in lower case.
    package var message: String {
        switch self {
        case .missing:
            "neither ENCRYPTION_KEY nor ROOT_ENCRYPTION_KEY is set"
        case .unreadFile(let variable):
            "\(variable) is set, which Infisical does not read: the key itself has to be in the environment"
        case .hexOf32Bytes:
            "ENCRYPTION_KEY is 64 hex characters (32 bytes); Infisical takes 32 characters (16 random bytes as hex) "
                + "and does not start with this value"
        case .base64OutsideFIPS:
            "ENCRYPTION_KEY is 32 bytes as base64, which only an instance in FIPS mode takes"
        case .wrongLength(let bytes):
            "ENCRYPTION_KEY has \(bytes) bytes instead of 32: Infisical takes 32 characters (16 random bytes as hex)"
        case .notBase64(let variable):
            "\(variable) is not base64: it has to be 32 random bytes as base64"
        case .wrongDecodedLength(let variable, let bytes):
            "\(variable) decodes to \(bytes) bytes instead of 32: it has to be 32 random bytes as base64"
        case .sampleKey:
            "ENCRYPTION_KEY is the sample key from Infisical's .env.example, which is public"
        case .replacedInFIPSMode:
            "ROOT_ENCRYPTION_KEY is ignored: in FIPS mode ENCRYPTION_KEY takes its place"
        }
    }
}
