import Glibc
import Secrets
import Settings
import TestSupport
import Testing

/// Files of every kind, made of pieces of which it is known which ones are to change: what an edit yields is compared byte
/// by byte with the same pieces, the values exchanged.
@Suite struct EnvEditSoak {
    /// How many files; `SOAK_ENV_EDIT`.
    private static let count = getenv("SOAK_ENV_EDIT").flatMap { Int(String(cString: $0)) } ?? 6000

    /// Where the numbers begin; `SOAK_SEED` makes the files of an earlier run again.
    private static let seed =
        getenv("SOAK_SEED").flatMap { UInt64(String(cString: $0)) } ?? UInt64.random(in: 1...(.max >> 1))

    @Test func `only the bytes of the value differ, and all else reads the same`() throws {
        print("env-edit: \(Self.count) files, SOAK_SEED=\(Self.seed)")
        for number in 0..<Self.count {
            var sample = EnvSample(seed: Self.seed &+ UInt64(number))
            sample.make()
            let place: Comment = "SOAK_SEED=\(Self.seed &+ UInt64(number)): \(sample.before.debugDescription)"
            let file = try EnvFile(secret(sample.before), path: "/srv/.env", syntax: sample.syntax)
            let edit: EnvFileEdit
            do {
                edit = try EnvFileEdit(
                    file, [.replace(name: sample.name, old: secret(sample.old), new: secret(sample.new))])
            } catch {
                Issue.record(error, place)
                continue
            }
            guard shown(edit.after.text) == sample.after else {
                Issue.record("\(place.rawValue) became \(shown(edit.after.text)?.debugDescription ?? "nothing")")
                continue
            }
            let said = { (file: EnvFile) in
                file.entries.filter { !sample.changed.contains($0.name) }.map { [$0.name, shown($0.value) ?? ""] }
            }
            #expect(said(edit.before) == said(edit.after), place)
            #expect(shown(edit.after[sample.name]) == sample.wanted, place)
        }
    }

    /// The reader of docker-compose itself, which Debian has; it is stricter than that of Compose v2 in some places, and
    /// what it refuses it refuses before and after.
    @Test func `Compose's own reader agrees before and after`() throws {
        let folder = try TemporaryFolder(), wanted = 500
        var samples: [EnvSample] = []
        for number in 0..<2 * wanted {
            var sample = EnvSample(seed: Self.seed &+ UInt64(number) << 20, syntax: .compose)
            sample.make()
            let file = try EnvFile(secret(sample.before), path: "/srv/.env")
            let edit = try EnvFileEdit(
                file, [.replace(name: sample.name, old: secret(sample.old), new: secret(sample.new))])
            try folder.write("\(number).before", sample.before)
            try folder.write("\(number).after", shown(edit.after.text) ?? "")
            try folder.write("\(number).names", sample.changed.sorted().joined(separator: "\n"))
            try folder.write("\(number).values", [sample.old, sample.new].joined(separator: "\n"))
            samples.append(sample)
        }
        try folder.write("compare.py", Self.comparison)
        #expect(folder.run("/usr/bin/python3 compare.py \(samples.count)") == 0, "\(folder.said("err").suffix(2000))")
        let agreed = Int(folder.said("out").split(separator: " ").first ?? "") ?? 0
        #expect(agreed >= wanted, "SOAK_SEED=\(Self.seed): \(folder.said("out"))")
    }

    private static let comparison = """
        import sys
        from compose.config.environment import env_vars_from_file
        agreed = skipped = 0
        def read(path):
            try: return env_vars_from_file(path)
            except Exception as error: return type(error).__name__
        for number in range(int(sys.argv[1])):
            before, after = read(f"{number}.before"), read(f"{number}.after")
            names = open(f"{number}.names").read().split("\\n")
            old, new = open(f"{number}.values").read().split("\\n")
            if isinstance(before, str) or not any((before.get(name) or "").strip() == old for name in names):
                skipped += 1
                continue
            assert not isinstance(after, str), f"{number}: {after}"
            assert list(before) == list(after), f"{number}: other names"
            for name in before:
                wanted = before[name]
                if name in names and wanted: wanted = wanted.replace(old, new)
                assert after[name] == wanted, f"{number}: {name} was {before[name]!r}, is {after[name]!r}"
            agreed += 1
        print(agreed, "agreed,", skipped, "not comparable")
        """
}
