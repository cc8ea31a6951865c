import InfisicalData
import LiveSupport
import Secrets
import Settings
import Testing

@testable import InstanceAccess

/// Which keys the instance has, and whose they are.
@Suite struct KeysInForceTests {
    private static let one = "9f2c47d1e0b86a35c7f41d9280ae53b6", two = "00112233445566778899aabbccddeeff"
    /// 32 bytes in base64, as FIPS mode and `ROOT_ENCRYPTION_KEY` have them.
    private static let root = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="

    private func keys(_ envFile: String?, _ running: [String: String]? = nil) throws -> KeysInForce {
        KeysInForce(
            envFiles: try InstanceEnvironment(
                texts: envFile.map { [(path: "/srv/.env", text: Secret(testing: $0))] } ?? []),
            running: try running.map { values in
                try InstanceEnvironment(container: "backend", values.mapValues { Secret(testing: $0) })
            }, container: "backend")
    }

    private func labels(_ holder: KeyHolder) -> [String] { holder.keys.candidates.map(\.label) }

    @Test func `the file counts for the next start, the container for now`() throws {
        let keys = try keys("ENCRYPTION_KEY=\(Self.one)", ["ENCRYPTION_KEY": Self.two])
        #expect(labels(keys.ofEnvFiles(.noColumn)) != labels(keys.ofBackend(.noColumn)))
        #expect(labels(keys.atNextStart(.noColumn)) == labels(keys.ofEnvFiles(.noColumn)))
        #expect(keys.all(.noColumn).map(\.name) == ["the env file", "the running container backend"])
        #expect(keys.addsKeys && keys.possibleLabels == labels(keys.ofEnvFiles(.notAsked)))
    }

    @Test func `a file that was edited is told with both labels, and no value`() throws {
        let keys = try keys("ENCRYPTION_KEY=\(Self.one)", ["ENCRYPTION_KEY": Self.two])
        let finding = try #require(keys.finding)
        #expect(finding.contains("still runs on the old key") && finding.contains("backend"))
        for label in labels(keys.ofBackend(.notAsked)) + labels(keys.ofEnvFiles(.notAsked)) {
            #expect(finding.contains(label))
        }
        #expect(!finding.contains(Self.one) && !finding.contains(Self.two))
    }

    @Test func `the same key in both is one holder and no finding`() throws {
        let keys = try keys("INFISICAL_ENCRYPTION_KEY=\(Self.one)", ["ENCRYPTION_KEY": Self.one])
        #expect(!keys.addsKeys && keys.finding == nil && keys.all(.noColumn).count == 1)
    }

    @Test func `without env files the container has the keys, without a container the files`() throws {
        let container = try keys(nil, ["ENCRYPTION_KEY": Self.two])
        #expect(container.addsKeys && container.finding == nil)
        #expect(labels(container.atNextStart(.noColumn)) == labels(container.ofBackend(.noColumn)))
        #expect(container.possibleLabels == labels(container.ofBackend(.noColumn)))
        let file = try keys("ENCRYPTION_KEY=\(Self.one)")
        #expect(file.running == nil && labels(file.ofBackend(.noColumn)) == labels(file.ofEnvFiles(.noColumn)))
        let none = try keys(nil)
        #expect(none.possibleLabels.isEmpty && none.finding == nil && none.all(.noRow).count == 1)
        #expect(!none.ofEnvFiles(.notAsked).keys.problems.isEmpty)
    }

    @Test(
        arguments: [(.noColumn, false), (.row(false), false), (.row(true), true), (.noRow, true), (.notAsked, true)]
            as [(FIPSMode.DatabaseFlag, Bool)])
    func `in FIPS mode the same variable holds base64, if the database agrees`(
        flag: FIPSMode.DatabaseFlag, isBase64: Bool
    ) throws {
        let keys = try keys("ENCRYPTION_KEY=\(Self.root)\nFIPS_ENABLED=true")
        #expect(keys.ofEnvFiles(flag).keys.candidates.map(\.source) == (isBase64 ? [.encryptionKeyFIPS] : []))
    }

    @Test func `FIPS mode is one decision, also where only the compose file switches it on`() throws {
        // The container has all that Infisical gets; the env file need not name what the compose file adds.
        let added = try keys("ENCRYPTION_KEY=\(Self.root)", ["ENCRYPTION_KEY": Self.root, "FIPS_ENABLED": "true"])
        for holder in [added.ofEnvFiles(.row(true)), added.ofBackend(.row(true)), added.atNextStart(.row(true))] {
            #expect(holder.keys.candidates.map(\.source) == [.encryptionKeyFIPS])
        }
        #expect(!added.addsKeys && added.finding == nil)
        #expect(added.possibleLabels == labels(added.ofBackend(.row(true))))
        // What the file says counts for the file, and nothing is added to a container that is whole.
        let off = try keys("ENCRYPTION_KEY=\(Self.root)\nFIPS_ENABLED=false", ["FIPS_ENABLED": "true"])
        #expect(labels(off.ofEnvFiles(.row(true))).isEmpty)
        let on = try keys("ENCRYPTION_KEY=\(Self.one)\nFIPS_ENABLED=true", ["ENCRYPTION_KEY": Self.root])
        #expect(labels(on.ofBackend(.row(true))).isEmpty)
        let rendered = try InstanceEnvironment(
            container: "new", ["ENCRYPTION_KEY": Secret(testing: Self.root), "FIPS_ENABLED": Secret(testing: "true")])
        #expect(labels(KeysInForce.ofRendered(rendered, .row(true))) == labels(added.ofBackend(.row(true))))
    }

    @Test func `both forms are possible where only the database knows which is meant`() throws {
        // Its 32 characters are base64 of 24 bytes, so only one of the forms is a key.
        let text = try keys("ENCRYPTION_KEY=\(Self.one)\nFIPS_ENABLED=true")
        #expect(text.possibleLabels == labels(text.ofEnvFiles(.noColumn)))
        let base64 = try keys("ENCRYPTION_KEY=\(Self.root)\nFIPS_ENABLED=true")
        #expect(base64.possibleLabels == labels(base64.ofEnvFiles(.row(true))))
    }

    @Test func `a root key stands beside the other one`() throws {
        let keys = try keys("ENCRYPTION_KEY=\(Self.one)\nROOT_ENCRYPTION_KEY=\(Self.root)")
        #expect(keys.possibleLabels.count == 2)
        #expect(
            keys.ofEnvFiles(.noColumn).keys.candidates.map(\.source.variable) == [
                "ENCRYPTION_KEY", "ROOT_ENCRYPTION_KEY",
            ])
    }

    @Test func `no description shows a key`() throws {
        let keys = try keys("ENCRYPTION_KEY=\(Self.one)", ["ENCRYPTION_KEY": Self.two])
        for text in ["\(keys)", String(reflecting: keys), "\(keys.all(.noRow))"] {
            #expect(!text.contains(Self.one) && !text.contains(Self.two))
        }
    }
}
