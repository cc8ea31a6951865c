import InfisicalData
import Secrets
import Testing

@Suite("Other ways of writing the same key")
struct KeyFormsTests {
    private static func secret(_ text: String) -> Secret {
        var bytes = Array(text.utf8)
        return Secret(consuming: &bytes)
    }

    private static func form(of text: String, for label: String) -> String? {
        KeyForms.of(secret(text)).first { $0.label == label }?.text
    }

    // Format specification, 2.5, V1.
    private static let hex = "0f1e2d3c4b5a69788796a5b4c3d2e1f0", hexLabel = "64d84174700b1b35be52812c766bf38b"
    private static let base64 = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
    private static let base64Label = "e504f6ddf5f101323338d658d5d02087"

    @Test(arguments: [
        (hex, "as it is, as ENCRYPTION_KEY outside FIPS mode"),
        ("  \(hex)\t", "as it is, as ENCRYPTION_KEY outside FIPS mode"),
        ("0F1E2D3C4B5A69788796A5B4C3D2E1F0", "in lower case"),
        ("\"\(hex)\"", "without blanks and quotes"),
        ("0f1e2d3c 4b5a6978 8796a5b4 c3d2e1f0", "without blanks and quotes"),
        ("'0F1E2D3C4B5A69788796A5B4C3D2E1F0'", "without blanks and quotes, in lower case"),
        ("Dx4tPEtaaXiHlqW0w9Lh8A==", "as 32 hex characters in lower case instead of base64"),
    ]) func `a value that is the key in another form is recognised`(value: String, form: String) {
        #expect(Self.form(of: value, for: Self.hexLabel) == form)
    }

    @Test func `32 bytes as base64 or as 64 hex characters are the key of FIPS mode`() {
        #expect(
            Self.form(of: Self.base64, for: Self.base64Label)
                == "as ROOT_ENCRYPTION_KEY, or as ENCRYPTION_KEY in FIPS mode (base64)")
        let digits = "000102030405060708090a0b0c0d0e0f101112131415161718191A1B1C1D1E1F"
        #expect(
            Self.form(of: digits, for: Self.base64Label)
                == "as base64 of the same 32 bytes, as ROOT_ENCRYPTION_KEY or in FIPS mode")
    }

    @Test(arguments: ["", "short", "0f1e2d3c4b5a69788796a5b4c3d2e1f1", "\u{e9}\u{e9}", "===="])
    func `another value is in no form the key`(value: String) {
        #expect(Self.form(of: value, for: Self.hexLabel) == nil)
    }
}
