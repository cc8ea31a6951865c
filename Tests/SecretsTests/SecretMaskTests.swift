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

    /// What Python's own library makes of a value with everything in it that some encoding changes.
    @Test(arguments: [
        "pa\"ss/w\\rd+ü &1", "pa\\\"ss/w\\\\rd+ü &1", "pa\\\"ss\\/w\\\\rd+ü &1",
        "pa\\\"ss/w\\\\rd+\\u00fc &1", "pa\\\"ss/w\\\\rd+\\u00FC &1",
        "pa%22ss%2Fw%5Crd%2B%C3%BC%20%261", "pa%22ss%2fw%5crd%2b%c3%bc%20%261", "pa%22ss%2Fw%5Crd%2B%C3%BC+%261",
        "pa%22ss/w%5Crd+%C3%BC%20&1", "cGEic3Mvd1xyZCvDvCAmMQ==", "cGEic3Mvd1xyZCvDvCAmMQ",
        "70612273732f775c72642bc3bc202631", "70612273732F775C72642BC3BC202631",
    ])
    func `every spelling of a value is taken out`(spelling: String) {
        let shown = mask("pa\"ss/w\\rd+ü &1").applied(to: "a=\(spelling), b")
        #expect(shown.hasPrefix("a=••••") && shown.hasSuffix(", b"))
        #expect(shown.drop { $0 != "•" }.filter { !"•=, b".contains($0) }.isEmpty, "\(shown)")
    }

    @Test(arguments: [
        // Basic authorization of u:hunter2!, us:hunter2!, use:hunter2! and with something behind it.
        "dTpodW50ZXIyIQ==", "dXM6aHVudGVyMiE=", "dXNlOmh1bnRlcjIh", "dXM6aHVudGVyMiE6bW9yZQ==",
    ])
    func `inside a longer base64 text a value is taken out`(text: String) {
        let shown = mask("hunter2!").applied(to: text)
        // Six characters or more of the value's own are gone.
        #expect(shown.contains("••••") && text.count - shown.count >= 5, "\(shown)")
    }

    @Test func `a key in several lines is taken out line by line, and as one in JSON`() {
        let key = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBg\nkqhkiG9w0BAQEF\n-----END PRIVATE KEY-----\n"
        for written in [key, key.split(separator: "\n").joined(separator: "\\n")] {
            let mask = mask(written)
            #expect(mask.applied(to: "MIIEvQIBADANBg") == "••••" && mask.applied(to: "x kqhkiG9w0BAQEF") == "x ••••")
            #expect(mask.applied(to: "-----BEGIN PRIVATE KEY-----") == "-----BEGIN PRIVATE KEY-----")
            let shown = mask.applied(to: "{\"k\":\"" + key.split(separator: "\n").joined(separator: "\\n") + "\\n\"}")
            #expect(shown == "{\"k\":\"••••\\n\"}" || shown == "{\"k\":\"••••\"}", "\(shown)")
            #expect(!mask.applied(to: key).contains("BADANBg"))
        }
    }

    @Test func `short values are taken out where they are a word, ordinary words never`() {
        let mask = mask("k9x2", "abc12", "true", "info", "x1")
        #expect(mask.applied(to: "password=k9x2, \"abc12\" abc12") == "password=••••, \"••••\" ••••")
        #expect(mask.applied(to: "k9x2y tk9x2 _abc12 üabc12") == "k9x2y tk9x2 _abc12 üabc12")
        #expect(mask.applied(to: "true info x1") == "true info x1")
    }

    @Test func `the password of an address is taken out where it stands alone`() {
        let mask = mask("redis://:s3cr%21t-word@redis:6379")
        #expect(mask.applied(to: "\"args\":[\"s3cr!t-word\"]") == "\"args\":[\"••••\"]")
        #expect(mask.applied(to: "AUTH s3cr%21t-word") == "AUTH ••••")
    }

    @Test func `a password that Redis refused is taken out, known or not`() {
        let line = #"{"err":{"command":{"name":"auth","args":["user","no]pe"]}},"msg":"x"}"#
        #expect(!mask().applied(to: line).contains("no"))
        // Node's own form of 2024, and two in one line.
        #expect(
            mask().applied(to: "  command: { name: 'auth', args: [ 'user', 'nope' ] }")
                == "  command: { name: 'auth', args: [••••] }")
        #expect(
            mask().applied(to: #"{"name":"auth","args":["a1"]},{"name":"auth","args":["b2"]}"#)
                == #"{"name":"auth","args":[••••]},{"name":"auth","args":[••••]}"#)
        #expect(mask().applied(to: #""name":"auth","args":["nope"]}"#) == #""name":"auth","args":[••••]}"#)
    }

    @Test func `values that overlap are taken out whole`() {
        #expect(mask("abcdef", "cdefghij").applied(to: "xabcdefghijx") == "x••••x")
        #expect(mask("aaaaaa").applied(to: "aaaaaaaab") == "••••b")
        #expect(mask("secret@host").applied(to: "a://u:secret@host/") == "a://u:••••/")
    }

    @Test func `what is cut shows nothing of a secret across the cut`() {
        let text = String(repeating: "x", count: 20) + "hunter2-longer and more"
        #expect(mask("hunter2-longer").applied(to: text, showing: 24) == String(repeating: "x", count: 20) + "••••")
        #expect(mask("hunter2-longer").applied(to: text, showing: 20) == String(repeating: "x", count: 20))
        #expect(mask().applied(to: "12345", showing: 3) == "123")
    }

    @Test func `a hundred megabytes take seconds`() {
        let many = SecretMask(
            (0..<60).map { number in
                var bytes = Array("secret number \(number) of sixty, with some length to it \(number * 7919)".utf8)
                return Secret(consuming: &bytes)
            })
        let line = String(
            repeating: "{\"level\":30,\"time\":1795846239514,\"msg\":\"GET /api/status 200\"} ", count: 1000)
        let start = ContinuousClock.now
        for _ in 0..<4 { #expect(many.applied(to: line) == line) }
        // A test build is some twenty times slower than the program; this is a quarter of a megabyte.
        #expect(start.duration(to: .now) < .seconds(3))
    }

    @Test func `a mask shows nothing of what it knows`() {
        #expect(!"\(mask("hunter2"))".contains("hunter2"))
    }
}
