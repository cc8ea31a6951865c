import Effects
import Faults
import FoundationEssentials
import Glibc
import Instance
import Jail
import LiveSupport
import Postgres
import Processes
import Secrets
import TestSupport
import Testing

@testable import Booting

/// The stand-in backend started on restored copies of real databases, in a jail.
struct BootTests {
    @Test(arguments: [LiveFixture.july, .october, .s7])
    func `a restored copy boots within ten seconds and gives back its canary`(_ fixture: LiveFixture) throws {
        let copy = try RestoredCluster(fixture)
        let start = SystemClock().monotonic()
        let report = try copy.boot()
        #expect(report.reader == .credential(identityRefused: nil))
        #expect(report.seconds < 8)
        let whole = Double(SystemClock().monotonic() - start) / 1e9
        #expect(whole < 10, "it took \(whole) s")
        #expect(copy.leftovers() == [])
    }

    @Test
    func `a machine identity of the instance reads the canary, and where it may not, the copy's own credential does`()
        throws
    {
        let copy = try RestoredCluster(.october)
        #expect(try copy.boot(identity: copy.identity("deploy-bot")).reader == .identity)
        let wrong = try copy.identity("deploy-bot", secret: "no")
        #expect(
            try copy.boot(identity: wrong).reader
                == .credential(
                    identityRefused: "the machine identity \(wrong.clientID) is not logged in: it answers 401"))
        var canary = try copy.canary()
        // It belongs to some projects only.
        let foreign = Canary(
            projectID: "another", environment: canary.environment, path: "/", name: "X", value: canary.value)
        let report = try copy.boot(
            canary: foreign, identity: copy.identity("deploy-bot"), otherCanaries: [foreign, canary])
        #expect(report.reader == .identity && report.canary?.name == canary.name)
        canary = Canary(
            projectID: canary.projectID, environment: canary.environment, path: canary.path, name: canary.name,
            value: Secret(testing: "another"))
        #expect(throws: BootFault.canaryDiffers(name: canary.name)) {
            try copy.boot(canary: canary, identity: copy.identity("deploy-bot"))
        }
        let fault = #expect(throws: BootFault.self) { try copy.identity("deploy-bot", secret: "a\"b") }
        #expect(fault?.code == "drill.identity-unusable" && fault?.message.contains("a\"b") == false)
        #expect(copy.leftovers() == [])
    }

    @Test func `with another key it does not boot, and the log's cause is told`() throws {
        let copy = try RestoredCluster(.october)
        let fault = try #require(throws: BootFault.self) {
            try copy.boot(key: Secret(testing: "0123456789abcdef0123456789abcdef"))
        }
        guard case .doesNotBoot(_, let cause) = fault else {
            Issue.record("\(fault)")
            return
        }
        #expect(cause?.code == "wrong-key" && fault.exit == .keyMismatch)
        #expect(copy.leftovers() == [])
    }

    @Test func `a key of the wrong length, and none, are told apart from a wrong one`() throws {
        let copy = try RestoredCluster(.october)
        for (key, code) in [("0123", "key-length"), ("", "key-missing")] {
            let fault = try #require(throws: BootFault.self) {
                try copy.boot(key: Secret(testing: key))
            }
            guard case .doesNotBoot(_, let cause) = fault else {
                Issue.record("\(fault)")
                return
            }
            #expect(cause?.code == code)
        }
    }

    @Test func `a canary that is another one, or that nobody gives back, is a fault of its own`() throws {
        let copy = try RestoredCluster(.october)
        var canary = try copy.canary()
        canary = Canary(
            projectID: canary.projectID, environment: canary.environment, path: canary.path, name: canary.name,
            value: Secret(testing: "another"))
        #expect(throws: BootFault.canaryDiffers(name: canary.name)) { try copy.boot(canary: canary) }
        let missing = Canary(
            projectID: canary.projectID, environment: canary.environment, path: canary.path, name: "NOT_THERE",
            value: canary.value)
        let fault = try #require(throws: BootFault.self) { try copy.boot(canary: missing) }
        #expect(fault.code == "drill.canary-not-read" && fault.exit == .failed)
        #expect(fault.message.contains("started with this key, but the canary NOT_THERE was not read: it answers 404"))
        let foreign = Canary(
            projectID: "no such project", environment: canary.environment, path: "/", name: "X", value: canary.value)
        #expect(try #require(throws: BootFault.self) { try copy.boot(canary: foreign) }.code == "drill.canary-not-read")
    }

    @Test func `nothing is written to a server without the mark, or with the number of another`() throws {
        let copy = try RestoredCluster(.october)
        let tokens = try copy.tokens()
        #expect(try #require(throws: BootFault.self) { try copy.boot(marker: "another") }.code == "drill.not-scratch")
        let number = try copy.systemIdentifier()
        let fault = try #require(throws: BootFault.self) { try copy.boot(others: [number]) }
        #expect(fault.code == "drill.not-scratch" && fault.exit == .refused)
        #expect(try copy.tokens() == tokens)
        #expect(copy.leftovers() == [])
    }

    @Test func `what the backup brings along runs with no rights beyond the copy while the credential is written`()
        throws
    {
        let copy = try RestoredCluster(.october)
        try copy.run(
            script: """
                CREATE TABLE public.drill_seen (who text);
                GRANT ALL ON public.drill_seen TO PUBLIC;
                CREATE FUNCTION public.drill_note() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN
                    INSERT INTO public.drill_seen VALUES (current_user || ' ' || session_user);
                    RETURN NEW;
                END $$;
                CREATE TRIGGER note BEFORE INSERT ON public.service_tokens FOR EACH ROW EXECUTE FUNCTION public.drill_note();
                ALTER TABLE public.service_tokens ENABLE ALWAYS TRIGGER note;
                """)
        #expect(try copy.boot().reader != nil)
        #expect(try copy.number("SELECT count(*) AS n FROM drill_seen") == 1)
        #expect(try copy.number("SELECT count(*) AS n FROM drill_seen WHERE who LIKE '%postgres%'") == 0)
    }

    @Test func `a database that sets session_replication_role is not written to`() throws {
        let copy = try RestoredCluster(.october)
        try copy.run(script: "ALTER DATABASE infisical SET session_replication_role = 'replica'")
        let fault = try #require(throws: PostgresFault.self) { try copy.boot() }
        #expect(fault.code == "postgres.setting-dangerous" && fault.exit == .refused)
        #expect(copy.leftovers() == [])
    }

    @Test func `with a hole in the jail nothing is started`() throws {
        let copy = try RestoredCluster(.october)
        try copy.place.write("backend/.env", "AUTH_SECRET=live")
        chmod(copy.place.path("backend/.env"), 0o644)
        let tokens = try copy.tokens()
        let fault = try #require(throws: JailFault.self) { try copy.boot { $0.coversEnvFiles = false } }
        #expect(fault == .notTight(["the file \(copy.place.path("backend/.env"))"]))
        #expect(throws: JailFault.self) { try copy.boot { $0.spaces.remove(.network) } }
        #expect(try copy.tokens() == tokens)
        #expect(try copy.boot().reader != nil)
    }

    @Test func `the backend gets the variables of the list, a secret of its own, and none of this process's`() throws {
        setenv("SMTP_HOST", "mail.example.com", 1)
        defer { unsetenv("SMTP_HOST") }
        let copy = try RestoredCluster(.october)
        try copy.place.write(
            "backend/listing.py",
            """
            import os, sys
            allowed = {"PATH", "HOME", "NODE_ENV", "HOST", "PORT", "SITE_URL", "DB_CONNECTION_URI", "DB_HOST", "DB_PORT",
                       "DB_NAME", "DB_USER", "DB_PASSWORD", "REDIS_URL", "AUTH_SECRET", "ENCRYPTION_KEY"}
            others = set(os.environ) - allowed - {"LC_CTYPE"}
            missing = allowed - set(os.environ)
            if others or missing or len(os.environ["AUTH_SECRET"]) != 44:
                sys.exit(f"EADDRINUSE {others} {missing}")
            os.execv("/usr/bin/python3", ["/usr/bin/python3", "server.py"])
            """)
        chmod(copy.place.path("backend/listing.py"), 0o644)
        #expect(try copy.boot(command: ["/usr/bin/python3", "listing.py"]).reader != nil)
        let keys = BootKeys(encryptionKey: nil, rootEncryptionKey: Secret(testing: "x"), isFIPS: true)
        let other = try BootEnvironment(keys: keys, database: "a b/c", user: "u").variables()
        #expect(other["ENCRYPTION_KEY"] == nil && other["ROOT_ENCRYPTION_KEY"] != nil && other["FIPS_ENABLED"] != nil)
        guard case .plain("postgresql://u:drill@127.0.0.1:5432/a%20b%2Fc")? = other["DB_CONNECTION_URI"] else {
            Issue.record("another address of the database")
            return
        }
    }

    @Test func `neither a webhook nor a due rotation leaves the jail`() throws {
        let copy = try RestoredCluster(.october)
        let listener = try LoopbackListener()
        try copy.change(
            """
            UPDATE webhooks SET "urlCipherText" = NULL, url = 'http://127.0.0.1:\(listener.port)/drill-attempt', "isDisabled" = false
            """)
        try copy.place.write("backend/acting.py", RestoredCluster.actingBackend)
        chmod(copy.place.path("backend/acting.py"), 0o644)
        let report = try copy.boot(command: ["/usr/bin/python3", "acting.py", String(listener.port)])
        #expect(report.reader == .credential(identityRefused: nil))
        // The backend wrote down that it tried, in the copy that it was given.
        #expect(try copy.number("SELECT count(*) AS n FROM drill_attempts WHERE outcome = 'failed'") >= 2)
        #expect(try copy.number("SELECT count(*) AS n FROM drill_attempts WHERE outcome = 'sent'") == 0)
        #expect(!listener.wasCalled)
        // It would have been heard.
        let call = "exec 3<>/dev/tcp/127.0.0.1/\(listener.port) && printf drill-attempt >&3"
        #expect(copy.place.run("bash -c '\(call)'") == 0 && listener.wasCalled)
    }

    @Test func `a backend that is no program, a folder that is none, and a server that is missing are named`() throws {
        let copy = try RestoredCluster(.october)
        #expect(try #require(throws: BootFault.self) { try copy.boot(command: []) }.code == "drill.backend-unusable")
        #expect(
            try #require(throws: BootFault.self) { try copy.boot(folder: "/nowhere") }.code == "drill.backend-unusable")
        let fault = try #require(throws: BootFault.self) { try copy.boot(command: ["no-such-program"]) }
        #expect(fault.code == "drill.backend-unusable" && fault.message.contains("no-such-program"))
    }
}
