import Secrets
import Testing

@testable import InstanceAccess

@Suite struct AddressPasswordTests {
    private func secret(_ text: String) -> Secret {
        var bytes = Array(text.utf8)
        return Secret(consuming: &bytes)
    }

    /// `none`, `unclear`, or the text that came of it.
    private func replaced(
        _ text: String, _ password: String = "old", at address: (String, Int)? = ("db", 5432), inList: Bool = false
    ) -> String {
        var holder = AddressPassword.Holder(role: "me", password: secret(password))
        holder.address = address
        let new = secret("NEW")
        let outcome =
            inList
            ? AddressPassword.replacingAll(holder, with: new, inList: secret(text))
            : AddressPassword.replacing(holder, with: new, in: secret(text))
        return switch outcome {
        case .none: "none"
        case .unclear: "unclear"
        case .replaced(let changed): changed.revealedText()
        }
    }

    @Test func `only the bytes of the password differ`() {
        #expect(
            replaced("postgresql://me:old@db:5432/x?sslmode=disable") == "postgresql://me:NEW@db:5432/x?sslmode=disable"
        )
        #expect(replaced("postgres://me:old@db") == "postgres://me:NEW@db")
        // The old password as the URI spells it, and the same text elsewhere.
        #expect(replaced("postgres://me:o%6Cd@db/old") == "postgres://me:NEW@db/old")
        #expect(replaced("postgres://me:a%40b@db/old", "a@b") == "postgres://me:NEW@db/old")
        #expect(replaced("postgres://me:a@b@db/old", "a@b") == "postgres://me:NEW@db/old")
        #expect(replaced("postgres://me:old@elsewhere:6432/x", at: nil) == "postgres://me:NEW@elsewhere:6432/x")
    }

    @Test func `another role, another password or another server is none of it`() {
        for text in [
            "postgres://you:old@db/x", "postgres://me:other@db/x", "postgres://me@db/x", "postgres://me:old@db2/x",
            "postgres://me:old@db:5433/x", "old", "",
        ] {
            #expect(replaced(text) == "none", "\(text)")
        }
    }

    @Test func `what says the password in another place is not guessed at`() {
        #expect(replaced("postgres://me:else@db/x?password=old") == "unclear")
        #expect(replaced("postgres://me@db/x?password=old") == "unclear")
        #expect(replaced("postgres://db/x?user=me&password=old") == "unclear")
    }

    @Test func `replicas are a list in JSON`() {
        let list =
            "[{\"DB_CONNECTION_URI\": \"postgres://me:old@one/x\"}, {\"DB_CONNECTION_URI\":\"postgres://me:old@two/x\"}]"
        #expect(replaced(list, at: nil, inList: true) == list.replacing(":old@", with: ":NEW@"))
        #expect(replaced("[{\"DB_CONNECTION_URI\": \"postgres://you:old@one/x\"}]", at: nil, inList: true) == "none")
        #expect(replaced("[]", at: nil, inList: true) == "none")
        // Escaped, it is not what the driver reads.
        #expect(
            replaced("[{\"DB_CONNECTION_URI\": \"postgres://me:old@one/x\\u0061\"}]", at: nil, inList: true)
                == "unclear")
    }
}
