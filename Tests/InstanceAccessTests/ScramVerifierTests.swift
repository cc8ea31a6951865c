import Secrets
import Testing

@testable import InstanceAccess

@Suite struct ScramVerifierTests {
    private func secret(_ text: String) -> Secret {
        var bytes = Array(text.utf8)
        return Secret(consuming: &bytes)
    }

    /// The example of RFC 7677, section 3, as PostgreSQL would keep it.
    private let text =
        "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="

    @Test func `it knows the password that it was made of, and no other`() throws {
        let verifier = try #require(ScramVerifier(text))
        #expect(try verifier.accepts(secret("pencil")) == true)
        #expect(try verifier.accepts(secret("Pencil")) == false)
        // Which of several forms SCRAM takes is not known here.
        #expect(try verifier.accepts(secret("p\u{e9}ncil")) == nil)
    }

    @Test func `what is no verifier is none`() {
        for other in [
            "", "md5d41d8cd98f00b204e9800998ecf8427e", "SCRAM-SHA-256$x:W22ZaJ0SNY7soEsUEjb6gQ==$a:b",
            text.replacing("4096", with: "0"), String(text.dropLast(60)),
        ] {
            #expect(ScramVerifier(other) == nil, "\(other)")
        }
    }
}
