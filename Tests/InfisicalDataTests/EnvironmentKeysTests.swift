import InfisicalData
import Secrets
import Testing

@Suite struct EnvironmentKeysTests {
    private func keys(_ first: String?, _ second: String? = nil, fips: Bool = false) -> EnvironmentKeys {
        EnvironmentKeys(
            encryptionKey: first.map(Vectors.secret), rootEncryptionKey: second.map(Vectors.secret), fips: fips)
    }

    @Test func `the characters of ENCRYPTION_KEY are the key`() {
        let keys = keys(Vectors.keyText)
        #expect(keys.candidates.map(\.source) == [.encryptionKeyUTF8])
        #expect(keys.candidates.map(\.label) == [Vectors.utf8Label])
        #expect(keys.problems.isEmpty)
    }

    @Test func `ROOT_ENCRYPTION_KEY is base64`() {
        let keys = keys(nil, Vectors.base64Key)
        #expect(keys.candidates.map(\.source) == [.rootEncryptionKeyBase64])
        #expect(keys.candidates.map(\.label) == [Vectors.base64Label])
        #expect(keys.isGiven(for: .base64) && !keys.isGiven(for: .utf8))
    }

    @Test func `with both set ENCRYPTION_KEY comes first and each reads its own triples`() {
        let keys = keys(Vectors.keyText, Vectors.base64Key)
        #expect(keys.candidates.map(\.source) == [.encryptionKeyUTF8, .rootEncryptionKeyBase64])
        #expect(keys.candidates(for: .utf8).map(\.label) == [Vectors.utf8Label])
        #expect(keys.candidates(for: .base64).map(\.label) == [Vectors.base64Label])
    }

    @Test func `white space around a value does not count and a blank value is unset`() {
        #expect(keys(" \t\(Vectors.keyText)\r\n").candidates.map(\.label) == [Vectors.utf8Label])
        #expect(keys(" \n", Vectors.base64Key).candidates.map(\.source) == [.rootEncryptionKeyBase64])
        let none = keys("", "  ")
        #expect(none.problems == [.missing])
        #expect(none.given.isEmpty && none.candidates.isEmpty)
    }

    @Test(arguments: [
        (String(repeating: "aB", count: 32), KeyProblem.hexOf32Bytes),
        (Vectors.base64Key, .base64OutsideFIPS),
        ("short", .wrongLength(5)),
        (String(repeating: "x", count: 33), .wrongLength(33)),
        (String(repeating: "ü", count: 32), .wrongLength(64)),
    ])
    func `a value that Infisical would refuse gives no key and a named problem`(value: String, problem: KeyProblem) {
        let keys = keys(value)
        #expect(keys.problems == [problem])
        #expect(keys.candidates.isEmpty)
        #expect(keys.isGiven(for: .utf8))
    }

    @Test func `the sample key works and is warned about`() {
        let keys = keys("6c1fe4e407b8911c104518103505b218")
        #expect(keys.candidates.count == 1)
        #expect(keys.problems == [.sampleKey])
    }

    @Test(arguments: [
        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh9=",
    ])
    func `base64 is read as leniently as the server does`(value: String) {
        #expect(keys(nil, value).candidates.map(\.label) == [Vectors.base64Label])
    }

    @Test func `the URL alphabet of base64 means the same key`() {
        let standard = keys(nil, String(repeating: "+/", count: 21) + "8=")
        let url = keys(nil, String(repeating: "-_", count: 21) + "8=")
        #expect(standard.candidates.map(\.label) == url.candidates.map(\.label))
        #expect(url.candidates.count == 1)
    }

    @Test(arguments: [
        ("not base64 at all!", KeyProblem.notBase64(variable: "ROOT_ENCRYPTION_KEY")),
        ("AAAAA", .notBase64(variable: "ROOT_ENCRYPTION_KEY")),
        ("AAECAwQFBgcICQoLDA0ODw==", .wrongDecodedLength(variable: "ROOT_ENCRYPTION_KEY", 16)),
    ])
    func `a ROOT_ENCRYPTION_KEY that is not 32 bytes is named`(value: String, problem: KeyProblem) {
        let keys = keys(nil, value)
        #expect(keys.problems == [problem])
        #expect(keys.candidates.isEmpty && keys.isGiven(for: .base64))
    }

    @Test func `in FIPS mode ENCRYPTION_KEY is base64 and takes the other's place`() {
        let keys = keys(Vectors.base64Key, "ignored", fips: true)
        #expect(keys.candidates.map(\.source) == [.encryptionKeyFIPS])
        #expect(keys.candidates.map(\.label) == [Vectors.base64Label])
        #expect(keys.candidates(for: .base64).count == 1)
        #expect(keys.problems == [.replacedInFIPSMode])
    }

    @Test func `in FIPS mode 32 hex characters are no key`() {
        let keys = keys(Vectors.keyText, fips: true)
        #expect(keys.problems == [.wrongDecodedLength(variable: "ENCRYPTION_KEY", 24)])
        #expect(keys.candidates.isEmpty)
    }

    @Test func `in FIPS mode ROOT_ENCRYPTION_KEY alone still counts`() {
        #expect(keys(nil, Vectors.base64Key, fips: true).candidates.map(\.source) == [.rootEncryptionKeyBase64])
    }

    @Test func `problems never show the value`() {
        let problems: [KeyProblem] = [
            .missing, .hexOf32Bytes, .base64OutsideFIPS, .wrongLength(3), .notBase64(variable: "ROOT_ENCRYPTION_KEY"),
            .wrongDecodedLength(variable: "ROOT_ENCRYPTION_KEY", 16), .sampleKey, .replacedInFIPSMode,
        ]
        for problem in problems {
            #expect(problem.message.contains("ENCRYPTION_KEY"))
            #expect(!problem.message.contains("6c1fe4e4"))
        }
    }

    @Test(arguments: [
        (true, FIPSMode.DatabaseFlag.row(true), true), (true, .row(false), false), (true, .noRow, true),
        (true, .noColumn, false), (false, .row(true), false), (false, .noRow, false),
    ])
    func `FIPS mode needs the environment and the database`(
        environment: Bool, database: FIPSMode.DatabaseFlag, isActive: Bool
    ) {
        #expect(FIPSMode.isActive(environment: environment, database: database) == isActive)
    }
}
