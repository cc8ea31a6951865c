import Crypto
import InfisicalData
import Secrets
import Testing

/// The chain of keys from the root key to its end: the first link that does not open is the one that is named.
@Suite struct KeyChainTests {
    private let key = EnvironmentKeys(encryptionKey: Vectors.secret(Vectors.keyText), rootEncryptionKey: nil)
    private let kms = "4f1c"
    private let project = KeyChain.Sealer.project("p1")
    private let ofProject = KeyChain.Place("projects", "kmsSecretManagerEncryptedDataKey", "the project \"web\"")

    private func kmsKey(_ material: KeyChain.KMSKey.Material) -> KeyChain.KMSKey {
        KeyChain.KMSKey(
            id: kms, place: KeyChain.Place("internal_kms", "encryptedKey", "the KMS key \(kms)"), material: material)
    }

    private func dataKey(_ wrapped: [UInt8]?, kmsKey: String? = "4f1c") -> KeyChain.DataKey {
        KeyChain.DataKey(owner: project, place: ofProject, kmsKey: kmsKey, wrapped: wrapped)
    }

    private func value(_ bytes: [UInt8], _ sealer: KeyChain.Sealer? = nil) -> KeyChain.Value {
        KeyChain.Value(
            place: KeyChain.Place("secrets_v2", "encryptedValue", "the row 9"), sealer: sealer ?? project,
            form: .bytes(bytes))
    }

    private func run(
        _ chain: KeyChain, wraps: [RootWrap]? = nil, triples: [KeySamples.Triple] = [], snapshot: [UInt8]? = nil,
        keys: EnvironmentKeys? = nil, hasTable: Bool = true
    ) throws -> KeyTrialReport {
        let sentinel = RootWrap(role: .sentinel, blob: try Vectors.bytes(Vectors.rootBlob))
        return try KeyTrial.run(
            KeySamples(
                rootWraps: hasTable ? wraps ?? [sentinel] : nil, triples: triples, legacySnapshot: snapshot,
                chain: chain),
            with: [KeyHolder(name: "the env file", keys: keys ?? key)])
    }

    private func whole() throws -> KeyChain {
        KeyChain(
            kmsKeys: [kmsKey(.wrapped(try Vectors.bytes(Vectors.kmsKeyBlob)))],
            dataKeys: [dataKey(try Vectors.bytes(Vectors.dataKeyBlob))],
            values: [
                value(try Vectors.bytes(Vectors.secretBlob)), value(try Vectors.bytes(Vectors.emptyBlob)),
                value(try Vectors.blob(Vectors.secret("id"), key: Vectors.rootKey), .rootKey),
            ])
    }

    private func damaged(_ hex: String) throws -> [UInt8] {
        var bytes = try Vectors.bytes(hex)
        bytes[20] ^= 1
        return bytes
    }

    @Test func `the whole chain opens, and every link of it is counted`() throws {
        let report = try run(try whole())
        guard case .opens(let use) = report.verdict else {
            Issue.record("\(report.summary)")
            return
        }
        #expect(use.label == Vectors.utf8Label)
        #expect(report[.rootValues]?.samples == 1 && report[.kmsKeys]?.samples == 1)
        #expect(report[.dataKeys]?.samples == 1 && report[.dataValues]?.samples == 2)
        #expect(report.firstBroken == nil && report.findings == [] && report.isUsable)
    }

    @Test func `a KMS key that stays closed is named, and nothing below it`() throws {
        let chain = try whole()
        let report = try run(
            KeyChain(
                kmsKeys: [kmsKey(.wrapped(try damaged(Vectors.kmsKeyBlob)))], dataKeys: chain.dataKeys,
                values: chain.values))
        #expect(report.verdict == .doesNotOpen)
        #expect(report.firstBroken == "internal_kms.encryptedKey of the KMS key 4f1c")
        #expect(report[.dataKeys]?.outcome == .notChecked(.keyClosed))
        #expect(report[.dataValues]?.outcome == .notChecked(.keyClosed))
        #expect(report.opensRoot && !report.isUsable)
        #expect(report.summary.hasSuffix("the first value that fails is internal_kms.encryptedKey of the KMS key 4f1c"))
    }

    @Test func `a KMS key that is lost, a data key without one, and one of the wrong length are broken links`() throws {
        let chain = try whole()
        let lost = try run(KeyChain(kmsKeys: [kmsKey(.missing)], dataKeys: chain.dataKeys))
        #expect(lost.firstBroken == "internal_kms.encryptedKey of the KMS key 4f1c, which is missing")
        let unknown = try run(
            KeyChain(
                kmsKeys: chain.kmsKeys,
                dataKeys: [dataKey(try Vectors.bytes(Vectors.dataKeyBlob), kmsKey: "other")], values: chain.values))
        #expect(unknown.firstBroken == "\(ofProject.text): its KMS key is missing")
        // A value where a data key should be: it opens, and is no key.
        let short = try Vectors.blob(Vectors.secret("short"), key: Vectors.kmsKey) + Array("v01".utf8)
        let report = try run(KeyChain(kmsKeys: chain.kmsKeys, dataKeys: [dataKey(short)]))
        #expect(report.firstBroken == ofProject.text)
    }

    @Test func `a data key that is gone although values need it is broken, one that nothing needs is not`() throws {
        let chain = try whole()
        let needed = try run(KeyChain(kmsKeys: chain.kmsKeys, dataKeys: [dataKey(nil)], values: chain.values))
        #expect(needed.verdict == .doesNotOpen)
        #expect(needed.firstBroken?.hasSuffix("a server would silently create a new one") == true)
        let idle = try run(KeyChain(kmsKeys: chain.kmsKeys, dataKeys: [dataKey(nil, kmsKey: nil)]))
        #expect(idle.firstBroken == nil)
    }

    @Test func `a value under another key is named by its row`() throws {
        let chain = try whole()
        let other = try Vectors.blob(Vectors.secret("x"), key: Vectors.kmsKey) + Array("v01".utf8)
        let report = try run(
            KeyChain(kmsKeys: chain.kmsKeys, dataKeys: chain.dataKeys, values: chain.values + [value(other)]))
        #expect(report.verdict == .doesNotOpen)
        #expect(report.firstBroken == "secrets_v2.encryptedValue of the row 9")
        // Most of it works.
        #expect(report.isUsable)
        let setting = try run(KeyChain(kmsKeys: chain.kmsKeys, values: [value([1, 2, 3], .rootKey)]))
        #expect(setting.verdict == .doesNotOpen && !setting.isUsable)
    }

    @Test func `a root row that is gone is a broken chain as soon as something needs it`() throws {
        for hasTable in [true, false] {
            let report = try run(try whole(), wraps: [], hasTable: hasTable)
            #expect(report.verdict == .doesNotOpen)
            #expect(report.firstBroken?.contains("silently creates a new root key") == true)
        }
        // A staged or retained wrap does not make it good.
        let retained = RootWrap(role: .retained, blob: try Vectors.bytes(Vectors.rootBlob))
        #expect(try run(try whole(), wraps: [retained]).verdict == .doesNotOpen)
        // A database that no server has started on yet.
        guard case .notChecked = try run(.empty, wraps: []).verdict else {
            Issue.record("a new database has no key to lose")
            return
        }
    }

    @Test func `a root key made anew opens, and what the old one sealed does not`() throws {
        let anew = RootWrap(
            role: .sentinel,
            blob: try Vectors.blob(Vectors.repeated(0x55), key: Vectors.secret(Vectors.keyText)))
        let report = try run(try whole(), wraps: [anew])
        #expect(report[.rootWrap]?.word == "opens" && report.verdict == .doesNotOpen && !report.isUsable)
        #expect(report.firstBroken == "secrets_v2.encryptedValue of the row 9")
        #expect(report[.kmsKeys]?.isDisproven == true)
    }

    @Test func `with both keys set only ENCRYPTION_KEY counts for the root key`() throws {
        var decoded = try #require(Base64.decode(Vectors.base64Key))
        let wrap = RootWrap(role: .sentinel, blob: try Vectors.blob(Vectors.rootKey, key: Secret(consuming: &decoded)))
        let second = Vectors.secret(Vectors.base64Key)
        let alone = EnvironmentKeys(encryptionKey: nil, rootEncryptionKey: second)
        guard case .opens = try run(try whole(), wraps: [wrap], keys: alone).verdict else {
            Issue.record("ROOT_ENCRYPTION_KEY alone opens it")
            return
        }
        for first in [Vectors.keyText, "too short"] {
            let both = EnvironmentKeys(encryptionKey: Vectors.secret(first), rootEncryptionKey: second)
            let report = try run(try whole(), wraps: [wrap], keys: both)
            #expect(report.verdict == .doesNotOpen)
            #expect(
                report.findings.contains {
                    $0.hasPrefix("ROOT_ENCRYPTION_KEY of the env file") && $0.contains("but does not count")
                })
        }
    }

    @Test func `an external KMS is not provable, and named`() throws {
        let chain = try whole()
        let report = try run(
            KeyChain(kmsKeys: [kmsKey(.external(provider: "aws"))], dataKeys: chain.dataKeys, values: chain.values))
        #expect(report[.dataKeys]?.outcome == .notChecked(.notProvable))
        guard case .opens = report.verdict else {
            Issue.record("\(report.summary)")
            return
        }
        #expect(report.findings.contains { $0.hasPrefix("not provable here: the KMS key 4f1c (external: aws)") })
    }

    @Test func `what could not be read is never green, and nothing is called missing because of it`() throws {
        let chain = try whole()
        let report = try run(
            KeyChain(dataKeys: chain.dataKeys, values: chain.values, unread: ["the table internal_kms is unread"])
        )
        guard case .notChecked = report.verdict else {
            Issue.record("\(report.summary)")
            return
        }
        #expect(KeyStanding(report, isElsewhere: false) == .notChecked)
        #expect(KeyStanding(report, isElsewhere: true) == .keptElsewhere)
        #expect(report.summary.contains("the table internal_kms is unread"))
    }

    @Test func `no key is a wrong key unless it is deliberately elsewhere`() throws {
        let none = EnvironmentKeys(encryptionKey: nil, rootEncryptionKey: nil)
        let report = try run(try whole(), keys: none)
        #expect(KeyStanding(report, isElsewhere: false) == .missing)
        #expect(KeyStanding(report, isElsewhere: false).isWrong)
        #expect(KeyStanding(report, isElsewhere: true) == .keptElsewhere)
        // What is broken without any key stays broken.
        #expect(KeyStanding(try run(try whole(), wraps: [], keys: none), isElsewhere: true) == .doesNotOpen)
    }

    // MARK: Past the KMS

    private func box(_ ciphertext: String, isFallback: Bool = false) throws -> LegacyKey {
        let privateKey = Base64.encode([UInt8](repeating: 7, count: 32))
        return LegacyKey(
            owner: .legacyProject("p1"),
            place: KeyChain.Place("project_bots", "encryptedProjectKey", "the project \"web\""),
            sealed: KeySamples.Triple(
                origin: "project_bots.encryptedPrivateKey", encoding: "utf8",
                value: try Vectors.triple(privateKey, key: Vectors.secret(Vectors.keyText))),
            box: LegacyKey.Box(
                ciphertext: ciphertext, nonce: Base64.encode([UInt8](repeating: 0, count: 24)),
                senderPublicKey: "E75P6uryBMf9M1j8nAByGIHRdCeBKCJ+xnTzf3/pe20="), isFallback: isFallback)
    }

    private let boxed = "VEVlEM1w2C2+IniAJkJhOldB2OmkJiyMBbRqhIgOiGJCL8HgMT+Na/zP2yAekYe1"

    private func oldValue(_ tag: String = "luW65FKvBFjJNg7amNfbcA==") -> KeyChain.Value {
        KeyChain.Value(
            place: KeyChain.Place("secrets", "secretValueCiphertext", "the row 3"), sealer: .legacyProject("p1"),
            form: .triple(
                LegacyTriple(ciphertext: "APxk3H0x", iv: "AAECAwQFBgcICQoLDA0ODw==", tag: tag)))
    }

    @Test func `the box of a version-2 project opens, and its secrets with what is in it`() throws {
        let report = try run(KeyChain(values: [oldValue()], legacyKeys: [try box(boxed)]))
        #expect(report[.legacyKeys]?.word == "opens" && report[.legacyValues]?.word == "opens")
        let wrong = try run(
            KeyChain(values: [oldValue("luW65FKvBFjJNg7amNfbcB==")], legacyKeys: [try box(boxed)]))
        #expect(wrong.verdict == .doesNotOpen)
        #expect(wrong.firstBroken == "secrets.secretValueCiphertext of the row 3")
    }

    @Test func `a damaged box is named; one of a member's proves nothing`() throws {
        let other = "A" + boxed.dropFirst()
        let report = try run(KeyChain(values: [oldValue()], legacyKeys: [try box(other)]))
        #expect(report.firstBroken == "project_bots.encryptedProjectKey of the project \"web\"")
        let member = try run(KeyChain(values: [oldValue()], legacyKeys: [try box(other, isFallback: true)]))
        #expect(member.firstBroken == nil)
        #expect(member.findings.contains { $0.contains("which has no key that a server can use") })
    }

    @Test func `any member's copy of a project key will do`() throws {
        let chain = KeyChain(
            values: [oldValue()],
            legacyKeys: [
                try box("A" + boxed.dropFirst(), isFallback: true), try box(boxed, isFallback: true),
                try box("B" + boxed.dropFirst(), isFallback: true),
            ])
        let report = try run(chain)
        #expect(report[.legacyKeys]?.word == "opens" && report[.legacyValues]?.word == "opens")
        #expect(report.findings.isEmpty)
    }

    // Made with Python's cryptography by the description: key pairs in DER, SHA-256 of the shared secret.
    @Test func `a box of FIPS mode opens, and one under other keys does not`() throws {
        let privateKey = "MC4CAQAwBQYDK2VuBCIEIAcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcH"
        let fips = { (publicKey: String) throws in
            LegacyKey(
                owner: .legacyProject("p1"),
                place: KeyChain.Place("project_bots", "encryptedProjectKey", "the project \"web\""),
                sealed: KeySamples.Triple(
                    origin: "project_bots.encryptedPrivateKey", encoding: "utf8",
                    value: try Vectors.triple(privateKey, key: Vectors.secret(Vectors.keyText))),
                box: LegacyKey.Box(
                    ciphertext: "jJZdpcbl7LMEEhsjI9x3rxc7HVs0ncayZJuZBho5ORFkBU/T2yro3FRV4zkIRmxy",
                    nonce: Base64.encode([UInt8](repeating: 0, count: 24)), senderPublicKey: publicKey))
        }
        let sound = "MCowBQYDK2VuAyEAE75P6uryBMf9M1j8nAByGIHRdCeBKCJ+xnTzf3/pe20="
        let report = try run(KeyChain(values: [oldValue()], legacyKeys: [try fips(sound)]))
        #expect(report[.legacyKeys]?.word == "opens" && report[.legacyValues]?.word == "opens")
        let ofLowOrder = Base64.encode(
            Array((Base64.decode(sound) ?? []).prefix(12)) + [UInt8](repeating: 0, count: 32))
        for other in ["A" + sound.dropFirst(), ofLowOrder] {
            let closed = try run(KeyChain(values: [oldValue()], legacyKeys: [try fips(other)]))
            #expect(closed.firstBroken == "project_bots.encryptedProjectKey of the project \"web\"")
        }
    }

    @Test func `without a KMS the keys of bots prove the key, and one that is damaged is damage`() throws {
        let report = try run(KeyChain(legacyKeys: [try box(boxed)]), hasTable: false)
        #expect(report.opens && report.isUsable)
        let some = try run(
            KeyChain(legacyKeys: [try box(boxed), try bot("another", "A" + boxed.dropFirst())]), hasTable: false)
        #expect(!some.opens && some.isUsable)
        let other = EnvironmentKeys(
            encryptionKey: Vectors.secret(String(repeating: "0", count: 32)), rootEncryptionKey: nil)
        let none = try run(KeyChain(legacyKeys: [try box(boxed)]), keys: other, hasTable: false)
        #expect(!none.opens && !none.isUsable)
    }

    private func bot(_ project: String, _ ciphertext: String) throws -> LegacyKey {
        let made = try box(ciphertext)
        return LegacyKey(owner: .legacyProject(project), place: made.place, sealed: made.sealed, box: made.box)
    }

    @Test func `what an earlier version of a KMS key sealed opens`() throws {
        let earlier = KeyChain.KMSKey(
            id: "version 1", place: KeyChain.Place("internal_kms_key_version", "encryptedKey", "the row 1"),
            material: .wrapped(try Vectors.bytes(Vectors.kmsKeyBlob)), earlierOf: kms)
        let current = kmsKey(
            .wrapped(try Vectors.blob(Vectors.secret(String(repeating: "k", count: 32)), key: Vectors.rootKey)))
        let chain = KeyChain(
            kmsKeys: [current, earlier],
            values: [value(try Vectors.bytes(Vectors.dataKeyBlob), .kmsKey(kms))])
        #expect(try run(chain).verdict != .doesNotOpen)
    }

    @Test func `with a snapshot only its keys count for the legacy tier`() throws {
        let json = #"{"current":{"ENCRYPTION_KEY":"ffffffffffffffffffffffffffffffff"},"original":{}}"#
        let triple = KeySamples.Triple(
            origin: "project_bots.encryptedPrivateKey", encoding: "utf8",
            value: try Vectors.triple("value", key: Vectors.secret(Vectors.keyText)))
        let report = try run(
            .empty, triples: [triple], snapshot: try Vectors.blob(Vectors.secret(json), key: Vectors.rootKey))
        #expect(report.verdict == .doesNotOpen)
        #expect(report.firstBroken?.contains("which does not count") == true)
    }
}
