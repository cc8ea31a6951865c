import InfisicalData
import Secrets
import Testing

@Suite struct KeyKindTests {
    private func secret(_ text: String) -> Secret {
        var bytes = Array(text.utf8)
        return Secret(consuming: &bytes)
    }

    @Test(arguments: KeyKind.allCases)
    func `a new value has the form that Infisical takes, and is another one each time`(kind: KeyKind) throws {
        let forms: [KeyKind: Regex<Substring>] = [
            .encryptionKey: /[0-9a-f]{32}/, .rootEncryptionKey: /[A-Za-z0-9+\/]{43}=/,
            .authSecret: /[A-Za-z0-9+\/]{43}=/, .postgresPassword: /[A-Za-z0-9]{32}/,
        ]
        let form = try #require(forms[kind])
        var seen: Set<String> = []
        for _ in 0..<200 {
            let key = try GeneratedKey(kind), text = key.value.revealedText()
            #expect(text.wholeMatch(of: form) != nil)
            #expect(kind.problem(of: key.value, fips: false) == nil)
            #expect(seen.insert(text).inserted)
        }
        // Every character of the password turns up.
        if kind == .postgresPassword { #expect(Set(seen.joined()).count == 62) }
    }

    @Test func `the label is that of the key that the value resolves to`() throws {
        let plain = try GeneratedKey(.encryptionKey), fips = try GeneratedKey(.encryptionKey, fips: true)
        let root = try GeneratedKey(.rootEncryptionKey)
        let labels = { (keys: EnvironmentKeys) in keys.candidates.map(\.label) }
        #expect(labels(EnvironmentKeys(encryptionKey: plain.value, rootEncryptionKey: nil)) == [plain.label])
        #expect(labels(EnvironmentKeys(encryptionKey: fips.value, rootEncryptionKey: nil, fips: true)) == [fips.label])
        #expect(labels(EnvironmentKeys(encryptionKey: nil, rootEncryptionKey: root.value)) == [root.label])
        #expect(try GeneratedKey(.authSecret).label == nil && GeneratedKey(.postgresPassword).label == nil)
        #expect(fips.form == KeyKind.encryptionKey.form(fips: true) && fips.form != plain.form)
        #expect(KeyKind.encryptionKey.problem(of: fips.value, fips: true) == nil)
    }

    @Test func `a value of another form is refused without being shown`() throws {
        let hex = try GeneratedKey(.encryptionKey).value, base64 = try GeneratedKey(.rootEncryptionKey).value
        let cases: [(KeyKind, Secret, Bool, String)] = [
            (.encryptionKey, secret(String(repeating: "ab", count: 32)), false, "64 hex characters"),
            (.encryptionKey, base64, false, "FIPS mode"), (.encryptionKey, hex, true, "decodes to 24 bytes"),
            (.encryptionKey, secret("short"), false, "has 5 bytes"), (.encryptionKey, secret(" "), false, "is set"),
            (.rootEncryptionKey, secret("not base64!"), false, "not base64"),
            (.authSecret, secret("x"), false, "fewer"),
            (.postgresPassword, secret("x"), false, "fewer"),
            (.postgresPassword, secret("correct/horse@battery"), false, "letters and digits"),
            (.encryptionKey, secret("6c1fe4e407b8911c104518103505b218"), false, "public"),
        ]
        for (kind, value, fips, words) in cases {
            let problem = try #require(kind.problem(of: value, fips: fips))
            #expect(problem.contains(words), "\(problem)")
            #expect(!problem.contains(value.revealedText()) || value.count < 6)
        }
        #expect(KeyKind.encryptionKey.generator(fips: true).suffix(1) == ["--fips"])
        #expect(KeyKind.authSecret.generator(fips: true).suffix(1) == ["auth-secret"])
    }
}
