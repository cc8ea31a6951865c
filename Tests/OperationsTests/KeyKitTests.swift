import Age
import Faults
import InstanceAccess
import InstanceData
import LiveSupport
import Operations
import Secrets
import TestSupport
import Testing

/// The keys on a sheet of paper.
@Suite struct KeyKitTests {
    private let bench: Bench

    init() throws { bench = try Bench.october() }

    private var operation: KeysEscrowOperation { get throws { KeysEscrowOperation(try bench.workplace()) } }

    private func fault(_ body: () throws -> Void) -> (any Fault)? {
        do { try body() } catch { return .of(error) }
        return nil
    }

    /// An identity and its recipient.
    private func identity() throws -> String {
        let identity = try AgeIdentity.generate()
        try bench.folder.write(
            "kit-identity.txt", AgeIdentityFile.render(identity).withBytes { String(decoding: $0, as: UTF8.self) })
        return try #require(try identity.recipient().text)
    }

    private func value(_ name: String) throws -> String {
        let line = try bench.folder.text(".env").split(separator: "\n").first {
            $0.hasPrefix("\(name)=") || $0.hasPrefix("INFISICAL_\(name)=")
        }
        return String(try #require(line?.split(separator: "=", maxSplits: 1).last))
    }

    @Test func `it opens with age and sed alone, and what comes out is an env file`() throws {
        let recipient = try identity(), operation = try operation, path = bench.folder.path("kit.txt")
        let made = try operation.make(try operation.kit(), to: [recipient], passphrase: nil, at: path)
        for name in ["ENCRYPTION_KEY", "AUTH_SECRET"] {
            #expect(try !made.page.contains(value(name)), "the page shows \(name)")
        }
        // The command stands on the page.
        let command = "sed -n '/^-----BEGIN/,/^-----END/p' kit.txt | age --decrypt -i identity.txt"
        #expect(made.page.contains(command))
        try bench.folder.write("identity.txt", try bench.folder.text("kit-identity.txt"))
        #expect(bench.folder.run(command + " >opened.env") == 0, "\(bench.folder.said("err"))")
        let opened = try bench.folder.text("opened.env")
        #expect(try opened.contains("ENCRYPTION_KEY='\(value("ENCRYPTION_KEY"))'\n"))
        #expect(try opened.contains("AUTH_SECRET='\(value("AUTH_SECRET"))'\n"))
        #expect(bench.folder.run("test $(stat -c %a kit.txt) = 600") == 0)
        // It is not written over.
        #expect(
            fault { _ = try operation.make(try operation.kit(), to: [recipient], passphrase: nil, at: path) } != nil)
    }

    @Test func `it is opened again as it was printed, typed and indented, and the ledger knows`() throws {
        let recipient = try identity(), operation = try operation, path = bench.folder.path("kit.txt")
        let made = try operation.make(try operation.kit(), to: [recipient], passphrase: nil, at: nil)
        #expect(try KeysLedgerOperation(bench.workplace()).perform().ledger.rows[0].kit?.opened == nil)
        for page in [made.page, made.page.replacing("\n", with: "\r\n"), made.page.replacing("\n", with: " \n   ")] {
            try bench.folder.write("kit.txt", page)
            let verified = try operation.verify(path, identityFile: bench.folder.path("kit-identity.txt")) { nil }
            #expect(verified.holdsKeyInForce && verified.exit == .done && verified.opened.phrase.count == 14)
            #expect(verified.opened.kit.values.map(\.name) == ["ENCRYPTION_KEY", "AUTH_SECRET"])
        }
        let kit = try KeysLedgerOperation(bench.workplace()).perform().ledger.rows[0].kit
        #expect(kit?.made != nil && kit?.opened != nil)
    }

    @Test func `one that is sealed with a passphrase asks for it`() throws {
        let operation = try operation, path = bench.folder.path("kit.txt")
        _ = try operation.make(try operation.kit(), to: [], passphrase: Secret(testing: "a long phrase"), at: path)
        let verified = try operation.verify(path, identityFile: nil) { Secret(testing: "a long phrase") }
        #expect(verified.holdsKeyInForce)
        #expect(fault { _ = try operation.verify(path, identityFile: nil) { nil } }?.code == "kit.needs-passphrase")
        let wrong = fault { _ = try operation.verify(path, identityFile: nil) { Secret(testing: "another") } }
        #expect(wrong?.code == "age.wrong-passphrase", "\(wrong?.code ?? "none")")
    }

    @Test func `another key, another identity, and what is no kit`() throws {
        let recipient = try identity(), operation = try operation, path = bench.folder.path("kit.txt")
        let own = bench.folder.path("kit-identity.txt")
        _ = try operation.make(try operation.kit(), to: [recipient], passphrase: nil, at: path)
        // The repository's identity is another one.
        let closed = fault { _ = try operation.verify(path, identityFile: nil) { nil } }
        #expect(closed?.exit == .keyMismatch, "\(closed?.code ?? "none")")
        try bench.editEnvFile(try value("ENCRYPTION_KEY"), "00112233445566778899aabbccddeeff")
        let verified = try KeysEscrowOperation(try bench.workplace()).verify(path, identityFile: own) { nil }
        #expect(!verified.holdsKeyInForce && verified.exit == .partial)
        // One bit of what is sealed.
        let page = try bench.folder.text("kit.txt")
        for text in [
            "", "hello\n", page.replacing("-----END AGE", with: "-----END"), page.replacing("AGE ", with: "age "),
        ] {
            try bench.folder.write("kit.txt", text)
            #expect(fault { _ = try operation.verify(path, identityFile: own) { nil } }?.code == "kit.not-one")
        }
        // An age file of something else, for the same identity.
        try bench.folder.write("other.txt", "# hello\nENCRYPTION_KEY=x\n")
        #expect(bench.folder.run("age -a -r \(recipient) other.txt >kit.txt") == 0)
        #expect(fault { _ = try operation.verify(path, identityFile: own) { nil } }?.code == "kit.not-one")
    }

    @Test func `without a key there is no kit, and without anybody who opens it neither`() throws {
        let operation = try operation, kit = try operation.kit()
        #expect(fault { _ = try operation.make(kit, to: [], passphrase: nil, at: nil) }?.code == "kit.no-recipient")
        #expect(fault { _ = try operation.make(kit, to: ["age1nobody"], passphrase: nil, at: nil) } != nil)
        let line = try #require(
            try bench.folder.text(".env").split(separator: "\n").first { $0.contains("ENCRYPTION_KEY=") })
        try bench.editEnvFile(String(line), "# none")
        let none = fault { _ = try KeysEscrowOperation(try bench.workplace()).kit() }
        #expect(none?.code == "kit.no-key" && none?.exit == .keyMismatch)
    }
}
