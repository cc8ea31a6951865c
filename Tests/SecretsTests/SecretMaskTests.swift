import Testing

@testable import Secrets

@Suite struct SecretMaskTests {
    private func mask(_ secrets: String...) -> SecretMask {
        SecretMask(
            secrets.map { text in
                var bytes = Array(text.utf8)
                return Secret(consuming: &bytes)
            })
    }

    @Test func `known values are taken out wherever they stand`() {
        let mask = mask("hunter2", "hunter2-longer")
        #expect(mask.applied(to: "a hunter2, hunter2hunter2") == "a ••••, ••••••••")
        // The longer one whole, not the shorter one and its rest.
        #expect(mask.applied(to: "x hunter2-longer") == "x ••••")
        #expect(mask.applied(to: "hunter") == "hunter" && mask.applied(to: "") == "")
        #expect(self.mask("ab").applied(to: "abc") == "abc")
    }

    @Test(arguments: [
        ("postgresql://u:p4ss@h:5432/d", "postgresql://u:••••@h:5432/d"),
        ("\"redis://:p4ss@h\"", "\"redis://:••••@h\""), ("http://h:80/a@b", "http://h:80/a@b"),
        ("a://u:p@w@h b://x:y@z", "a://u:••••@h b://x:••••@z"), ("http://user@h/", "http://user@h/"), ("://", "://"),
        ("x:y://", "x:y://"),
    ])
    func `passwords in addresses are taken out`(text: String, shown: String) {
        #expect(mask().applied(to: text) == shown)
    }

    @Test func `a mask shows nothing of what it knows`() {
        #expect(!"\(mask("hunter2"))".contains("hunter2"))
    }
}
