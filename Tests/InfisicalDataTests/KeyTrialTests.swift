import Crypto
import InfisicalData
import Secrets
import Testing

@Suite struct KeyTrialTests {
    private static let otherText = "ffffffffffffffffffffffffffffffff"
    private let kek = Vectors.secret(Vectors.keyText)

    private func holder(_ first: String?, _ second: String? = nil, of name: String = "the env file") -> KeyHolder {
        KeyHolder(
            name: name,
            keys: EnvironmentKeys(
                encryptionKey: first.map(Vectors.secret), rootEncryptionKey: second.map(Vectors.secret)))
    }

    private func wrap(
        _ role: RootWrap.Role = .sentinel, key: String = Vectors.keyText, strategy: String? = nil, label: String? = nil
    ) throws -> RootWrap {
        RootWrap(
            role: role, strategy: strategy, blob: try Vectors.blob(Vectors.rootKey, key: Vectors.secret(key)),
            label: label)
    }

    private func triple(
        _ origin: String = "project_bots.encryptedPrivateKey", key: String = Vectors.keyText, encoding: String? = "utf8"
    ) throws -> KeySamples.Triple {
        KeySamples.Triple(
            origin: origin, encoding: encoding, value: try Vectors.triple("value", key: Vectors.secret(key)))
    }

    private func base64Triple() -> KeySamples.Triple {
        KeySamples.Triple(
            origin: "secret_rotations.encryptedData", encoding: "base64", value: Vectors.base64Triple)
    }

    private func snapshot(_ json: String) throws -> [UInt8] {
        try Vectors.blob(Vectors.secret(json), key: Vectors.rootKey)
    }

    private func run(
        _ wraps: [RootWrap]?, _ triples: [KeySamples.Triple] = [], snapshot: [UInt8]? = nil, _ holders: KeyHolder...
    ) throws -> KeyTrialReport {
        try KeyTrial.run(KeySamples(rootWraps: wraps, triples: triples, legacySnapshot: snapshot), with: holders)
    }

    // MARK: Root key

    @Test func `the right key opens root key and values, by label and holder`() throws {
        let report = try run([wrap()], [triple()], holder(Vectors.keyText))
        let use = KeyUse(label: Vectors.utf8Label, holder: "the env file", source: .encryptionKeyUTF8)
        #expect(report.verdict == .opens(use))
        #expect(report[.rootWrap]?.outcome == .opens([use]))
        #expect(report[.rootWrap]?.label == Vectors.utf8Label)
        #expect(report[.utf8Triples]?.outcome == .opens([use]))
        #expect(report[.base64Triples]?.outcome == .notChecked(.noRows))
        #expect(report[.legacySnapshot]?.outcome == .notChecked(.noRows))
        #expect(report[.stagedWrap] == nil)
        #expect(report.summary == "ENCRYPTION_KEY of the env file (label \(Vectors.utf8Label)) opens this database")
        #expect(report.findings.isEmpty)
        #expect(report.holdersUsed == ["the env file"])
    }

    @Test func `another key does not open, and both labels are said`() throws {
        let other = holder(KeyTrialTests.otherText)
        let report = try run([wrap(label: Vectors.utf8Label)], [triple()], other)
        #expect(report.verdict == .doesNotOpen)
        #expect(report[.rootWrap]?.word == "does not open")
        #expect(report[.rootWrap]?.label == nil)
        #expect(
            report[.utf8Triples]?.outcome == .doesNotOpen(failing: ["project_bots.encryptedPrivateKey"], by: []))
        #expect(report.summary.contains(other.keys.candidates[0].label))
        #expect(
            report.summary.contains("the root key and values under ENCRYPTION_KEY of this database cannot be opened"))
        #expect(report.findings == ["the database records the label \(Vectors.utf8Label) for its key"])
    }

    @Test func `the running container's key is found when the env file's opens nothing`() throws {
        let report = try run(
            [wrap()], [triple()], holder(KeyTrialTests.otherText), holder(Vectors.keyText, of: "the running container"))
        #expect(
            report.verdict
                == .opens(
                    KeyUse(label: Vectors.utf8Label, holder: "the running container", source: .encryptionKeyUTF8)))
        #expect(report.holdersUsed == ["the running container"])
        #expect(
            report.findings == ["no key of the env file opens anything here, but one of the running container does"])
    }

    @Test func `the root key may be under ROOT_ENCRYPTION_KEY`() throws {
        var decoded = try #require(Base64.decode(Vectors.base64Key))
        let blob = try Vectors.blob(Vectors.rootKey, key: Secret(consuming: &decoded))
        let report = try run([RootWrap(role: .sentinel, blob: blob)], [], holder(nil, Vectors.base64Key))
        #expect(report[.rootWrap]?.label == Vectors.base64Label)
    }

    @Test func `a key in hardware is not checked`() throws {
        let report = try run([wrap(strategy: "HSM")], [triple()], holder(Vectors.keyText))
        #expect(report[.rootWrap]?.outcome == .notChecked(.hardware))
        #expect(report[.utf8Triples]?.word == "opens")
        guard case .notChecked(let trial) = report.verdict else {
            Issue.record("the verdict is \(report.verdict)")
            return
        }
        #expect(trial.role == .rootWrap)
        #expect(report.summary.contains("hardware security module (HSM)"))
    }

    @Test func `legacy values whose keys only the hardware has are not disproven`() throws {
        let report = try run(
            [wrap(strategy: "HSM")], [triple()], snapshot: [1, 2, 3], holder(KeyTrialTests.otherText))
        #expect(report[.utf8Triples]?.outcome == .notChecked(.rootKeyClosed))
        #expect(report[.legacySnapshot]?.outcome == .notChecked(.rootKeyClosed))
        let opened = try run([wrap(strategy: "HSM")], [triple()], snapshot: [1, 2, 3], holder(Vectors.keyText))
        #expect(opened[.utf8Triples]?.word == "opens")
    }

    @Test func `an empty root table is told, because a server would fill it`() throws {
        let report = try run([], [], holder(Vectors.keyText))
        #expect(report[.rootWrap]?.outcome == .notChecked(.noRows))
        #expect(report.verdict == .notChecked(RoleTrial(role: .rootWrap, outcome: .notChecked(.noRows), samples: 0)))
        #expect(report.findings.contains { $0.hasPrefix("kms_root_config is empty") })
    }

    @Test func `without any key nothing is checked`() throws {
        let report = try run([wrap()], [triple()], holder(nil))
        #expect(report[.rootWrap]?.outcome == .notChecked(.keyNotGiven(variable: "ENCRYPTION_KEY")))
        #expect(report[.utf8Triples]?.outcome == .notChecked(.keyNotGiven(variable: "ENCRYPTION_KEY")))
        #expect(report.findings == ["the env file: neither ENCRYPTION_KEY nor ROOT_ENCRYPTION_KEY is set"])
        #expect(report.summary == "the key was not proven: the root key: not checked, no ENCRYPTION_KEY was given")
    }

    @Test func `a key that Infisical would refuse does not open`() throws {
        let report = try run([wrap()], [triple()], holder(String(repeating: "ab", count: 32)))
        #expect(report.verdict == .doesNotOpen)
        #expect(report[.utf8Triples]?.word == "does not open")
        // Said with the verdict, and not a second time.
        #expect(report.summary.hasPrefix("no usable key was given (the env file: ENCRYPTION_KEY is 64 hex characters"))
        #expect(report.findings == [])
    }

    // MARK: Staged and retained

    @Test func `a staged wrap need not open while the sentinel does`() throws {
        let report = try run([wrap(), wrap(.staged, key: KeyTrialTests.otherText)], [], holder(Vectors.keyText))
        #expect(report[.stagedWrap]?.word == "does not open")
        guard case .opens = report.verdict else {
            Issue.record("the verdict is \(report.verdict)")
            return
        }
        #expect(report.findings.isEmpty)
    }

    @Test func `a key that opens only the staged wrap opens the database, and that is said`() throws {
        let report = try run(
            [wrap(key: KeyTrialTests.otherText), wrap(.staged)], [], holder(Vectors.keyText))
        guard case .opens(let use) = report.verdict else {
            Issue.record("the verdict is \(report.verdict)")
            return
        }
        #expect(use.label == Vectors.utf8Label)
        #expect(report.findings.contains { $0.contains("prepared rotation") })
    }

    @Test func `a key that opens only the retained wrap is the previous one`() throws {
        let report = try run(
            [wrap(key: KeyTrialTests.otherText, label: "new"), wrap(.retained)], [], holder(Vectors.keyText))
        #expect(report[.retainedWrap]?.label == Vectors.utf8Label)
        #expect(report.findings.contains { $0.contains("the previous one") })
        #expect(report.findings.contains("the database records the label new for its key"))
    }

    @Test func `of several staged wraps each is tried`() throws {
        let report = try run(
            [wrap(), wrap(.staged), wrap(.staged, key: KeyTrialTests.otherText)], [], holder(Vectors.keyText))
        guard case .doesNotOpen(_, let keys)? = report[.stagedWrap]?.outcome else {
            Issue.record("the staged wraps: \(String(describing: report[.stagedWrap]))")
            return
        }
        #expect(keys.map(\.label) == [Vectors.utf8Label])
        #expect(report[.stagedWrap]?.samples == 2)
    }

    @Test(arguments: [
        (RootWrap.sentinelID, false, RootWrap.Role.sentinel), (RootWrap.sentinelID, true, .sentinel),
        ("8f1c", false, .staged), ("8f1c", true, .retained),
    ])
    func `the role of a wrap comes from its id and its marks`(id: String, isSuperseded: Bool, role: RootWrap.Role) {
        #expect(RootWrap.role(id: id, isSuperseded: isSuperseded) == role)
    }

    // MARK: Legacy values

    @Test func `S1 is proven by a legacy value`() throws {
        let report = try run(nil, [triple()], holder(Vectors.keyText))
        #expect(report[.rootWrap]?.outcome == .notChecked(.noKMS))
        guard case .opens(let use) = report.verdict else {
            Issue.record("the verdict is \(report.verdict)")
            return
        }
        #expect(use.label == Vectors.utf8Label)
        #expect(try run(nil, [triple()], holder(KeyTrialTests.otherText)).verdict == .doesNotOpen)
    }

    @Test func `S1 without values proves nothing`() throws {
        let report = try run(nil, [], holder(Vectors.keyText))
        #expect(
            report.summary == "the key was not proven: values under ENCRYPTION_KEY: not checked, none in this database")
    }

    @Test func `both kinds of values open, each with its key`() throws {
        let report = try run([wrap()], [triple(), base64Triple()], holder(Vectors.keyText, Vectors.base64Key))
        #expect(report[.utf8Triples]?.label == Vectors.utf8Label)
        #expect(report[.base64Triples]?.label == Vectors.base64Label)
    }

    @Test func `values under a key that was not given keep the verdict open`() throws {
        let report = try run([wrap()], [base64Triple()], holder(Vectors.keyText))
        #expect(report[.base64Triples]?.outcome == .notChecked(.keyNotGiven(variable: "ROOT_ENCRYPTION_KEY")))
        #expect(
            report.summary
                == "the key was not proven: values under ROOT_ENCRYPTION_KEY: not checked, no ROOT_ENCRYPTION_KEY was given"
        )
    }

    @Test func `one value that stays closed disproves the key and is named once`() throws {
        let report = try run(
            [wrap()],
            [
                triple(), triple("webhooks.urlCipherText", key: KeyTrialTests.otherText),
                triple("webhooks.urlCipherText", key: KeyTrialTests.otherText),
            ], holder(Vectors.keyText))
        #expect(report.verdict == .doesNotOpen)
        let trial = try #require(report[.utf8Triples])
        #expect(trial.samples == 3)
        #expect(
            trial.text
                == "values under ENCRYPTION_KEY: does not open with any key that was given (webhooks.urlCipherText); "
                + "other values open with ENCRYPTION_KEY of the env file (label \(Vectors.utf8Label))")
    }

    @Test func `values under two keys are a mixed state that is told`() throws {
        let report = try run(
            [wrap()], [triple(), triple(key: KeyTrialTests.otherText)], holder(Vectors.keyText),
            holder(KeyTrialTests.otherText, of: "the running container"))
        #expect(report[.utf8Triples]?.word == "opens")
        #expect(report.findings.contains { $0.hasPrefix("values under ENCRYPTION_KEY need more than one key") })
        #expect(report.holdersUsed == ["the env file", "the running container"])
    }

    @Test func `a row without a readable triple does not open`() throws {
        let broken = KeySamples.Triple(origin: "org_bots.encryptedPrivateKey", encoding: "utf8", value: nil)
        #expect(try run([wrap()], [broken], holder(Vectors.keyText)).verdict == .doesNotOpen)
    }

    @Test func `a row with an unknown encoding is judged by its IV`() throws {
        #expect(try triple(encoding: "hex").keyEncoding == .utf8)
        #expect(KeySamples.Triple(origin: "x", encoding: nil, value: Vectors.base64Triple).keyEncoding == .base64)
        #expect(KeySamples.Triple(origin: "x", encoding: nil, value: nil).keyEncoding == .utf8)
    }

    // MARK: Legacy key snapshot

    @Test func `with a snapshot the legacy values open with its keys, whatever the environment says`() throws {
        let json =
            #"{"current":{"ENCRYPTION_KEY":"\#(KeyTrialTests.otherText)"},"#
            + #""original":{"ENCRYPTION_KEY":"\#(KeyTrialTests.otherText)","ROOT_ENCRYPTION_KEY":null}}"#
        let report = try run(
            [wrap()], [triple(key: KeyTrialTests.otherText)], snapshot: snapshot(json), holder(Vectors.keyText))
        guard case .opens(let use) = report.verdict else {
            Issue.record("the verdict is \(report.verdict)")
            return
        }
        #expect(use.label == Vectors.utf8Label)
        #expect(report[.legacySnapshot]?.label == Vectors.utf8Label)
        guard case .opens(let keys)? = report[.utf8Triples]?.outcome else {
            Issue.record("the values: \(String(describing: report[.utf8Triples]))")
            return
        }
        #expect(keys.map(\.holder) == [KeyTrial.snapshotHolder])
        #expect(report.holdersUsed == ["the env file"])
    }

    @Test func `the snapshot's original keys are tried after the current ones`() throws {
        let json =
            #"{"current":{"ROOT_ENCRYPTION_KEY":"\#(Vectors.base64Key)"},"#
            + #""original":{"ENCRYPTION_KEY":"\#(KeyTrialTests.otherText)","ROOT_ENCRYPTION_KEY":"\#(Vectors.base64Key)"}}"#
        let report = try run(
            [wrap()], [triple(key: KeyTrialTests.otherText), base64Triple()], snapshot: snapshot(json),
            holder(Vectors.keyText))
        #expect(report[.utf8Triples]?.word == "opens")
        #expect(report[.base64Triples]?.label == Vectors.base64Label)
    }

    @Test func `a snapshot that the root key does not open, or that is none, disproves`() throws {
        var damaged = try snapshot("{}")
        damaged[12] ^= 1
        #expect(try run([wrap()], snapshot: damaged, holder(Vectors.keyText)).verdict == .doesNotOpen)
        let report = try run([wrap()], snapshot: snapshot(#"{"current":1}"#), holder(Vectors.keyText))
        #expect(report.verdict == .doesNotOpen)
        #expect(report[.legacySnapshot]?.text.contains("not a key snapshot") == true)
    }

    @Test func `a snapshot behind a closed root key is not checked`() throws {
        let report = try run([wrap()], snapshot: snapshot("{}"), holder(KeyTrialTests.otherText))
        #expect(report[.legacySnapshot]?.outcome == .notChecked(.rootKeyClosed))
        #expect(report.verdict == .doesNotOpen)
    }

    @Test func `no text of a report shows a key`() throws {
        let holders = [holder(Vectors.keyText, Vectors.base64Key), holder(KeyTrialTests.otherText, of: "other")]
        let samples = KeySamples(rootWraps: [try wrap()], triples: [try triple(), base64Triple()], legacySnapshot: nil)
        let report = try KeyTrial.run(samples, with: holders)
        let text =
            ([report.summary] + report.findings + report.roles.map(\.text)).joined()
            + "\(report)" + String(reflecting: report)
        #expect(!text.contains(Vectors.keyText) && !text.contains(Vectors.base64Key))
        #expect(!text.contains(KeyTrialTests.otherText))
    }
}
