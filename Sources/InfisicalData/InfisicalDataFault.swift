package import Crypto
package import Faults

/// Why data could not be tried at all; a key that opens nothing is a result, not a fault.
package enum InfisicalDataFault: Fault, Equatable {
    /// The system's crypto library refused to work.
    case crypto(CryptoFault)

    package var code: String { "infisical-data.crypto" }

    package var message: String {
        switch self {
        case .crypto(let fault): "cannot try the encryption key: \(fault.message)"
        }
    }

    package var hints: [Hint] {
        [.check("check whether OpenSSL on this host is restricted (a FIPS configuration, /etc/ssl/openssl.cnf)")]
    }
}
