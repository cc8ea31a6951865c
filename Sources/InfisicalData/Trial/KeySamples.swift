/// The ciphertexts of a database that keys are tried on.
package struct KeySamples: Sendable {
    /// A value of the legacy tier, as its columns hold it.
    package struct Triple: Sendable, Equatable {
        /// Where it is from, such as `webhooks.urlCipherText`.
        package let origin: String
        /// The content of the key-encoding column.
        package let encoding: String?
        /// nil if the columns do not hold a triple.
        package let value: LegacyTriple?

        package init(origin: String, encoding: String?, value: LegacyTriple?) {
            self.origin = origin
            self.encoding = encoding
            self.value = value
        }

        /// Which of the environment's keys should open it: what the row says, else what the IV's length says.
        package var keyEncoding: KeyEncoding {
            encoding.flatMap(KeyEncoding.init(rawValue:)) ?? value?.encodingByIV ?? .utf8
        }
    }

    /// The rows of `kms_root_config`; nil on S1, which has no such table.
    package let rootWraps: [RootWrap]?
    package let triples: [Triple]
    /// `kms_legacy_encryption_keys."encryptedKeySnapshot"`; nil where table or row is missing.
    package let legacySnapshot: [UInt8]?
    /// Everything below the root key.
    package let chain: KeyChain

    package init(
        rootWraps: [RootWrap]?, triples: [Triple], legacySnapshot: [UInt8]?, chain: KeyChain = .empty
    ) {
        self.rootWraps = rootWraps
        self.triples = triples
        self.legacySnapshot = legacySnapshot
        self.chain = chain
    }
}
