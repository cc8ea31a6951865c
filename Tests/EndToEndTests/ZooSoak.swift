import FoundationEssentials
import Repository
import Testing

/// Every kind of damage, done to a copy of a real repository at random places: `verify` finds it and names its cause,
/// and `repair` and the next backup bring back what can be brought back.
///
/// `SOAK_ZOO` is the number of rounds; each chooses other places.
@Suite struct ZooSoak {
    static let rounds = ProcessInfo.processInfo.environment["SOAK_ZOO"].flatMap { Int($0) } ?? 1

    @Test func `the same repository undamaged has neither damage nor notes`() throws {
        let cage = try ZooCage(seed: 0)
        for level in ["stored", "readable"] {
            let report: ZooCage.Report = try cage.ops("verify", "--all", "--json", "--level", level).expect(0).object()
            #expect(report.findings.isEmpty && report.exit == 0)
        }
        // A clean bill needs no repair, and the next backup changes nothing about it.
        try cage.ops("repair", "--yes").expect(0)
        try cage.ops("backup").expect(0)
        try cage.ops("verify", "--all").expect(0)
    }

    @Test func `the table holds what it promises`() {
        #expect(ZooKind.all.count >= 45)
        #expect(Set(ZooKind.all.map(\.description)).count == ZooKind.all.count)
    }

    @Test(arguments: ZooKind.all)
    func `damage is found and named, and what can be is brought back`(kind: ZooKind) throws {
        for round in 0..<ZooSoak.rounds {
            // Decides the places: a failure of a round is repeated by that many rounds.
            let seed = kind.description.utf8.reduce(UInt64(round)) { $0 &* 31 &+ UInt64($1) }
            let cage = try ZooCage(seed: seed, onDisk: kind.needsDisk)
            let verdict = try kind.harm(cage)
            let place = Comment(rawValue: "round \(round)")
            switch verdict {
            case .damage(let findings): try expectDamage(Set(findings), kind, cage, place)
            case .notes(let findings): try expectNotes(Set(findings), kind, cage, place)
            case .fault(let code, let exit): try expectFault(code, exit, kind, cage, place)
            }
        }
    }

    private func expectDamage(
        _ findings: Set<ZooFinding>, _ kind: ZooKind, _ cage: ZooCage, _ place: Comment
    ) throws {
        let stored = try cage.ops("verify", "--all", "--json", "--level", "stored")
        if kind.level == .stored {
            let report: ZooCage.Report = try stored.expect(13).object()
            #expect(report.damage == findings && report.exit == 13, "\(place): \(report.damage)")
        } else {
            let report: ZooCage.Report = try stored.expect(0).object()
            #expect(report.damage.isEmpty, "\(place): \(report.damage)")
        }
        let report: ZooCage.Report = try cage.ops("verify", "--all", "--json").expect(13).object()
        #expect(report.damage == findings && report.exit == 13, "\(place): \(report.damage)")
        try expectAftermath(findings, kind, cage, place)
    }

    private func expectAftermath(
        _ findings: Set<ZooFinding>, _ kind: ZooKind, _ cage: ZooCage, _ place: Comment
    ) throws {
        let repair = try cage.ops("repair", "--yes", "--json")
        #expect(repair.exit == 0 || repair.exit == 2, "\(place): \(repair.errors)")
        let repaired = try repair.object(ZooCage.Repaired.self), incomplete = Set(repaired.incomplete)
        // What is given up, and a chain that stays broken, are no success either.
        let isWhole = incomplete.isEmpty && repaired.acknowledged.isEmpty && repaired.unmendable.isEmpty
        #expect(isWhole == (repair.exit == 0), place)
        // A chain that stays broken is told by every backup too.
        try cage.ops("backup").expect(kind.aftermath == .stays ? 13 : 0)
        let after = try cage.ops("verify", "--all", "--json")
        let report: ZooCage.Report = try after.object()
        let harmed = Set(report.findings.filter { $0.severity == "damage" }.flatMap(\.backups))
        switch kind.aftermath {
        case .inOrder: #expect(after.exit == 0 && report.damage.isEmpty, "\(place): \(report.damage)")
        case .incomplete:
            #expect(
                after.exit == 13 && !harmed.isEmpty && harmed.isSubset(of: incomplete), "\(place): \(report.damage)")
        case .either:
            #expect(
                after.exit == 0 || (!harmed.isEmpty && harmed.isSubset(of: incomplete)), "\(place): \(report.damage)")
        case .stays: #expect(after.exit == 13 && report.damage == findings, "\(place): \(report.damage)")
        case .needsCopy, .none: Issue.record("\(kind) has no such aftermath")
        }
        guard after.exit != 0, kind.aftermath != .stays else { return }
        // What the repository itself has lost is in another copy.
        try cage.ops("repair", "--yes", "--from", cage.pristine.instance.repository).expect(0)
        try cage.ops("verify", "--all").expect(0)
    }

    private func expectNotes(
        _ findings: Set<ZooFinding>, _ kind: ZooKind, _ cage: ZooCage, _ place: Comment
    ) throws {
        for level in ["stored", "readable"] {
            let report: ZooCage.Report = try cage.ops("verify", "--all", "--json", "--level", level).expect(0).object()
            #expect(report.damage.isEmpty && report.notes == findings, "\(place): \(report.notes)")
        }
        try cage.ops("repair", "--yes").expect(0)
        try cage.ops("backup").expect(0)
        let report: ZooCage.Report = try cage.ops("verify", "--all", "--json").expect(0).object()
        if kind.aftermath == .inOrder { #expect(report.findings.isEmpty, "\(place): \(report.notes)") }
    }

    private func expectFault(
        _ code: String, _ exit: Int32, _ kind: ZooKind, _ cage: ZooCage, _ place: Comment
    ) throws {
        let isMended = kind.aftermath == .inOrder, repair = isMended ? [] : [["repair", "--json", "--yes"]]
        for command in [["verify", "--all", "--json"], ["verify", "--json", "--level", "stored"]] + repair {
            let fault = try cage.run(command).expect(exit).fault()
            #expect(fault.code == code && fault.exit == exit && !fault.hints.isEmpty, place)
        }
        // Nothing is written into a repository that cannot be trusted.
        #expect(try cage.ops("backup").exit != 0, place)
        guard isMended || kind.aftermath == .needsCopy else { return }
        let copy = isMended ? [] : ["--from", cage.pristine.instance.repository]
        try cage.run(["repair", "--yes"] + copy).expect(0)
        try cage.ops("verify", "--all").expect(0)
        try cage.ops("backup").expect(0)
        try cage.ops("verify", "--all").expect(0)
    }
}
