import CopyFormat
package import InfisicalData
package import InfisicalTables
package import Secrets

/// Every key that values are tried with, by number, and what each owner's key is.
package struct KeyRack: Sendable {
    package struct Key: Sendable {
        package let secret: Secret
        package let kind: KeyClass
        /// Its kind's number among `KeyClass.allCases`.
        let ordinal: Int

        package init(secret: Secret, kind: KeyClass) {
            self.secret = secret
            self.kind = kind
            ordinal = KeyClass.allCases.firstIndex(of: kind) ?? 0
        }
    }

    /// What is known of an owner's key.
    enum Owner: Sendable {
        /// The key, and earlier keys under the same id.
        case keys([Int])
        case closed(String)
        case unprovable(String)
    }

    package private(set) var keys: [Key] = []
    private(set) var owners: [Owner] = []
    /// By organization, project, …: its number among `owners`.
    private(set) var organizations: [RowID: Int32] = [:]
    private(set) var projects: [RowID: Int32] = [:]
    private(set) var kmsKeys: [RowID: Int32] = [:]
    private(set) var legacyProjects: [RowID: Int32] = [:]
    private(set) var organizationBots: [RowID: Int32] = [:]
    /// The root key's number among `owners`.
    private(set) var root: Int32 = 0
    /// The number of an owner who should have a key and has none.
    private(set) var missing: Int32 = 0
    /// The numbers of the keys that may have wrapped the root key.
    package private(set) var wrappingKeys: [Int] = []
    /// Those, and the ones that the database keeps: a wrap that is not in force may be under an earlier key.
    var knownWrappingKeys: [Int] { wrappingKeys + KeyEncoding.allCases.flatMap { environmentKeys[$0] ?? [] } }
    package private(set) var environmentKeys: [KeyEncoding: [Int]] = [:]
    /// Keys that every value is tried with which no other opens, however many there are.
    private(set) var insistent: [Int] = []
    /// Owners whose values were left behind: no server reads them.
    private(set) var stale: Set<Int32> = []
    /// Those of them that left values behind and no key.
    var lost: Set<Int32> = []

    /// Whether the keys at hand are those of this data: where they are not, nothing that stays closed says why.
    private let fits: Bool

    /// Why a value stays closed whose owner was deleted, and which nobody reads.
    var ownerlessText: String {
        fits
            ? "what it belongs to was deleted, and its key may be gone with it: no server reads it"
            : "what it belongs to was deleted, and the keys at hand are not those of this data: whether they open it says nothing"
    }

    static let staleText = "left behind when its project was upgraded: no server reads it"

    /// - Parameters:
    ///   - samples: that the keys were opened from.
    ///   - upgraded: projects of version 3, whose secrets in the tables of before are left behind.
    init(_ opened: OpenedKeys, _ samples: KeySamples, upgraded: Set<String>) {
        fits = opened.report.isUsable
        root = add(opened, .rootKey)
        owners.append(.closed("its key is missing"))
        missing = Int32(owners.count - 1)
        for key in samples.chain.kmsKeys where key.earlierOf == nil {
            kmsKeys[RowID(key.id)] = add(opened, .kmsKey(key.id), opened.earlierKeys(ofKMSKey: key.id))
        }
        for key in samples.chain.dataKeys {
            switch key.owner {
            case .organization(let id): organizations[RowID(id)] = add(opened, key.owner)
            case .project(let id): projects[RowID(id)] = add(opened, key.owner)
            default: break
            }
        }
        for key in samples.chain.legacyKeys {
            switch key.owner {
            case .legacyProject(let id):
                let owner = add(opened, key.owner)
                legacyProjects[RowID(id)] = owner
                if upgraded.contains(id) { stale.insert(owner) }
            case .organizationBot(let id): organizationBots[RowID(id)] = add(opened, key.owner)
            default: break
            }
        }
        wrappingKeys = opened.wrappingKeys.map { add($0.key, KeyClass($0.source)) }
        for encoding in KeyEncoding.allCases {
            environmentKeys[encoding] = opened.environmentKeys(for: encoding).map { add($0.key, KeyClass($0.source)) }
        }
    }

    /// Why a value may be sound that no key opens and whose row does not say whose it is; nil where none can be.
    func doubt(sealsTriples: Bool) -> String? {
        let owners =
            sealsTriples
            ? Array(legacyProjects.values) : [root] + kmsKeys.values + organizations.values + projects.values
        for owner in owners.sorted() {
            switch self.owners[Int(owner)] {
            case .unprovable(let reason) where !stale.contains(owner):
                return "its row does not say whose key seals it, and of one owner \(reason)"
            case .unprovable where lost.contains(owner), .closed where lost.contains(owner):
                return "its row does not say whose key seals it, and of one owner it was \(KeyRack.staleText)"
            case .keys, .closed, .unprovable: continue
            }
        }
        return nil
    }

    /// The rack of a database, with what its tables say of its owners, and the index that leads to them.
    package static func of(
        _ source: any TableSource, _ opened: OpenedKeys, _ samples: KeySamples
    ) throws -> (rack: KeyRack, index: OwnerIndex) {
        var rack = KeyRack(opened, samples, upgraded: try upgradedProjects(source))
        let index = OwnerIndex(source, rack)
        rack.lost = try index.lost()
        return (rack, index)
    }

    /// The projects that keep their secrets in the tables of version 3.
    private static func upgradedProjects(_ source: any TableSource) throws -> Set<String> {
        guard source.facts.has("projects", all: ["id", "version"]) else { return [] }
        var found: Set<String> = []
        try source.read("projects", ["id", "version"]) { (row) throws(CopyFault) in
            if let id = try row.identifier(0), try row.integer(1) ?? 1 >= 3 { found.insert(id) }
        }
        return found
    }

    /// Adds a key that belongs to no owner, to be found by trying.
    ///
    /// - Returns: its number.
    package mutating func add(_ key: Secret, _ kind: KeyClass) -> Int {
        keys.append(Key(secret: key, kind: kind))
        return keys.count - 1
    }

    /// From now on a triple is tried with every key of the environment, whatever its row says, and no value that stays
    /// closed without one of `keys` tried on it.
    package mutating func insist(on keys: [Int]) {
        let all = environmentKeys
        for encoding in KeyEncoding.allCases {
            let other: KeyEncoding = encoding == .utf8 ? .base64 : .utf8
            environmentKeys[encoding] =
                (all[encoding] ?? []) + (all[other] ?? [])
                + keys.filter { number in
                    !(all[encoding] ?? []).contains(number) && !(all[other] ?? []).contains(number)
                        && self.keys[number].sealsTriples
                }
        }
        insistent = keys
    }

    private mutating func add(_ opened: OpenedKeys, _ sealer: KeyChain.Sealer, _ earlier: [Secret] = []) -> Int32 {
        let owner: Owner =
            switch opened.state(of: sealer) {
            case .opened(let key):
                // Keys of users may be of other kinds, which seal nothing in the database.
                .keys(([key] + earlier).filter(\.isCipherKey).map { add($0, KeyClass(sealer)) })
            case .closed(let reason): .closed(reason)
            case .unprovable(let reason): .unprovable(reason)
            }
        owners.append(owner)
        return Int32(owners.count - 1)
    }
}

extension Secret {
    var isCipherKey: Bool { count == 32 || count == 16 }
}
