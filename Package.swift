// swift-tools-version: 6.2
import PackageDescription

// Every target has the same strict settings, and warnings are errors.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]

/// A target of the house. `scripts/check` verifies that imports only point down this list.
func house(_ name: String, _ dependencies: [String] = [], resources: [Resource] = []) -> Target {
    .target(
        name: name, dependencies: dependencies.map { .byName(name: $0) }, resources: resources, swiftSettings: strict)
}

/// The tests of one target; all of them may use `TestSupport`.
func tests(_ name: String, _ dependencies: [String]) -> Target {
    .testTarget(
        name: name, dependencies: (dependencies + ["TestSupport"]).map { .byName(name: $0) }, swiftSettings: strict)
}

/// A module map over one of Debian's libraries; exactly one target imports it.
func library(_ name: String, apt: String) -> Target {
    .systemLibrary(name: name, providers: [.apt([apt])])
}

let libraries: [Target] = [
    .systemLibrary(name: "CLinux"),
    library("CLibPQ", apt: "libpq-dev"),
    library("CCrypto", apt: "libssl-dev"),
    library("CSodium", apt: "libsodium-dev"),
    library("CCrypt", apt: "libcrypt-dev"),
    library("CZstd", apt: "libzstd-dev"),
    library("CXXHash", apt: "libxxhash-dev"),
    library("CYAML", apt: "libyaml-dev"),
    library("CCurl", apt: "libcurl4-openssl-dev"),
]

let leaves: [Target] = [
    house("Faults"),
    house("Secrets", ["CLinux"]),
    house("Effects", ["CLinux", "Faults"]),
    house("Arguments", ["Faults"]),
    house("Crypto", ["CCrypto", "CSodium", "CCrypt", "Secrets"]),
    house("Age", ["Crypto", "Secrets", "Faults"]),
    house("DurableFiles", ["CLinux", "Effects", "Faults", "Secrets"]),
    house("Processes", ["CLinux", "Effects", "Faults", "Secrets"]),
    house("HTTP", ["CCurl", "Effects", "Faults", "Secrets"]),
    house("Journal", ["Crypto", "DurableFiles", "Faults"]),
    house("InPlace", ["Faults"]),
    house("Retention", ["Effects"]),
    house(
        "Scheduling", ["DurableFiles", "Effects", "Faults", "Processes"],
        resources: [
            .embedInCode("Resources/cron"), .embedInCode("Resources/backup.service"),
            .embedInCode("Resources/backup.timer"), .embedInCode("Resources/drill.service"),
            .embedInCode("Resources/drill.timer"), .embedInCode("Resources/resume.service"),
        ]),
    house("Rotation", ["Faults", "InPlace"]),
    house("Jail", ["CLinux", "DurableFiles", "Effects", "Faults", "HTTP", "Processes", "Secrets"]),
]

let middle: [Target] = [
    house("CopyFormat", ["CXXHash", "Faults"]),
    house("Postgres", ["CLibPQ", "DurableFiles", "Effects", "Faults", "Secrets", "Processes"]),
    house("Restoring", ["Effects", "Faults", "Postgres"]),
    house("InfisicalData", ["Crypto", "Secrets", "Faults"]),
    house("InfisicalTables", ["CopyFormat", "Crypto", "Faults", "InfisicalData"]),
    house("Census", ["CopyFormat", "Crypto", "Effects", "InfisicalData", "InfisicalTables", "Secrets"]),
    house(
        "SecretExport", ["CopyFormat", "Crypto", "Faults", "InfisicalData", "InfisicalTables", "Secrets"]),
    house("InfisicalStore", ["CopyFormat", "Crypto", "InfisicalData", "InfisicalTables", "Postgres"]),
    house(
        "Repository", ["CZstd", "Age", "Crypto", "DurableFiles", "Effects", "Faults", "Secrets"],
        resources: [.embedInCode("Resources/recover.sh"), .embedInCode("Resources/RECOVER.md")]),
    house("Instance", ["CLinux", "Effects", "Faults", "HTTP", "Postgres", "Processes", "Secrets"]),
    house(
        "Settings",
        ["Arguments", "CYAML", "Crypto", "DurableFiles", "Effects", "Faults", "Postgres", "Scheduling", "Secrets"]),
]

let top: [Target] = [
    house(
        "Booting",
        [
            "Crypto", "DurableFiles", "Effects", "Faults", "HTTP", "Instance", "Jail", "Postgres", "Processes",
            "Secrets",
        ]),
    house(
        "InstanceAccess",
        [
            "Age", "Crypto", "DurableFiles", "Effects", "Faults", "HTTP", "InPlace", "InfisicalData", "InfisicalStore",
            "Instance", "Journal", "Postgres", "Processes", "Repository", "Restoring", "Rotation", "Secrets",
            "Settings",
        ]),
    house(
        "Rekeying",
        [
            "Census", "CopyFormat", "Crypto", "Effects", "Faults", "InfisicalData", "InfisicalStore", "InfisicalTables",
            "Postgres", "Secrets",
        ]),
    house("TableRanges", ["CopyFormat", "Postgres", "Repository"]),
    house(
        "BackupTables",
        [
            "CopyFormat", "Crypto", "Faults", "InfisicalData", "InfisicalTables", "Postgres", "Repository", "Secrets",
        ]),
    house(
        "InstanceHealth",
        [
            "Effects", "Faults", "HTTP", "InfisicalData", "InfisicalStore", "Instance", "InstanceAccess", "Postgres",
            "Processes", "Secrets", "Settings",
        ]),
    house(
        "Operations",
        [
            "Age", "BackupTables", "CopyFormat", "Crypto", "DurableFiles", "Effects", "Faults", "InfisicalData",
            "HTTP", "InPlace", "InfisicalStore", "Instance", "InstanceAccess", "InstanceHealth", "Journal", "Postgres",
            "Processes", "Repository", "Restoring", "Rotation", "Secrets", "Settings", "TableRanges",
        ]),
    house(
        "InstanceData",
        [
            "Age", "BackupTables", "Census", "DurableFiles", "Effects", "Faults", "InfisicalData", "InfisicalStore",
            "InfisicalTables", "InstanceAccess", "Operations", "Postgres", "Repository", "Rotation", "SecretExport",
            "Secrets",
            "Settings",
        ]),
    house(
        "Drills",
        [
            "BackupTables", "Booting", "Census", "CopyFormat", "Crypto", "DurableFiles", "Effects", "Faults",
            "InfisicalData", "InfisicalTables", "Instance", "InstanceAccess", "InstanceData", "Operations", "Postgres",
            "Repository",
            "Restoring", "SecretExport", "Secrets", "Settings",
        ]),
    house(
        "Recovering",
        [
            "Booting", "Drills", "DurableFiles", "Effects", "Faults", "InfisicalData", "InfisicalStore",
            "InfisicalTables",
            "Instance", "InstanceAccess", "InstanceData", "InstanceHealth", "Operations", "Postgres", "Processes",
            "Rekeying", "Repository",
            "Restoring", "Secrets", "Settings",
        ]),
    house(
        "Rotating",
        [
            "Age", "Crypto", "Drills", "DurableFiles", "Effects", "Faults", "InPlace", "InfisicalData",
            "InfisicalStore",
            "Instance",
            "InfisicalTables", "InstanceAccess", "InstanceData", "InstanceHealth", "Operations", "Postgres",
            "Processes",
            "Rekeying", "Repository", "Rotation", "SecretExport", "Secrets", "Settings",
        ]),
    house(
        "Results",
        [
            "BackupTables", "Census", "Drills", "Effects", "Faults", "InPlace", "InfisicalData", "Instance",
            "InstanceAccess", "InstanceData", "InstanceHealth", "Operations", "Recovering", "Repository", "Restoring",
            "Rotating", "Rotation", "Scheduling", "SecretExport", "Secrets", "Settings",
        ]),
    house(
        "Commands",
        [
            "Arguments", "BackupTables", "Census", "Drills", "DurableFiles", "Effects", "Faults", "InPlace",
            "InfisicalData", "Instance", "InstanceAccess", "InstanceData", "InstanceHealth", "Jail", "Operations",
            "Postgres", "Processes",
            "Recovering", "Repository", "Restoring",
            "Results", "Rotating", "Rotation", "Scheduling", "SecretExport", "Secrets", "Settings",
        ]),
    .executableTarget(
        name: "infisical-ops", dependencies: ["Commands"], swiftSettings: strict,
        linkerSettings: [.unsafeFlags(["-Xlinker", "--as-needed", "-Xlinker", "-z", "-Xlinker", "now"])]),
]

let testing: [Target] = [
    .target(
        name: "TestSupport", dependencies: ["CLinux", "Effects", "Faults"], path: "Tests/Support/TestSupport",
        swiftSettings: strict),
    // Does one file operation in a process of its own, which a test may kill at any effect.
    .executableTarget(
        name: "file-victim", dependencies: ["DurableFiles", "Effects", "TestSupport"],
        path: "Tests/Support/FileVictim", swiftSettings: strict),
    // infisical-ops with a failure injected at an effect.
    .executableTarget(
        name: "ops-victim", dependencies: ["Commands", "Effects", "Postgres", "TestSupport"],
        path: "Tests/Support/OpsVictim", swiftSettings: strict),
    // A drill that boots, as a program that a test may kill at any moment.
    .executableTarget(
        name: "boot-victim",
        dependencies: ["Booting", "DurableFiles", "Effects", "Faults", "Instance", "Jail", "Processes", "Secrets"],
        path: "Tests/Support/BootVictim", swiftSettings: strict),
    // A scratch server and the fixtures in it, shared by all live tests.
    .target(
        name: "LiveSupport", dependencies: ["Effects", "InfisicalData", "Postgres", "Secrets", "TestSupport"],
        path: "Tests/Support/LiveSupport", swiftSettings: strict),
    tests("ResultsTests", []),
    tests("FaultsTests", ["Faults"]),
    tests("SecretsTests", ["Secrets"]),
    tests("EffectsTests", ["Effects"]),
    tests("ArgumentsTests", ["Arguments", "Faults"]),
    tests("CryptoTests", ["Crypto", "Secrets"]),
    tests("AgeTests", ["Age", "Crypto", "Faults", "Secrets"]),
    tests("DurableFilesTests", ["DurableFiles", "Effects", "Faults", "Secrets"]),
    tests("ProcessesTests", ["Processes", "Effects", "Faults", "Secrets"]),
    tests("HTTPTests", ["HTTP", "Effects", "Faults", "Secrets"]),
    tests("RetentionTests", ["Effects", "Retention"]),
    tests("SchedulingTests", ["DurableFiles", "Effects", "Faults", "Processes", "Scheduling"]),
    tests("JournalTests", ["Journal", "DurableFiles", "Effects", "Faults"]),
    tests("InPlaceTests", ["InPlace", "Faults"]),
    tests("RotationTests", ["InPlace", "Rotation"]),
    tests("JailTests", ["infisical-ops", "Jail", "DurableFiles", "Effects", "Faults", "Processes", "Secrets"]),
    tests(
        "BootingTests",
        [
            "infisical-ops", "Booting", "Effects", "Faults", "Instance", "Jail", "LiveSupport", "Postgres", "Processes",
            "Secrets",
        ]),
    tests("CopyFormatTests", ["CopyFormat"]),
    tests("PostgresTests", ["Postgres", "CopyFormat", "Effects", "Faults", "LiveSupport", "Processes", "Secrets"]),
    tests(
        "RestoringTests",
        ["Restoring", "DurableFiles", "Effects", "Faults", "LiveSupport", "Postgres", "Processes", "Secrets"]),
    tests("InfisicalDataTests", ["InfisicalData", "Crypto", "Faults", "Secrets"]),
    tests(
        "CensusTests",
        [
            "Census", "CopyFormat", "Crypto", "InfisicalData", "InfisicalStore", "InfisicalTables", "LiveSupport",
            "Postgres", "Secrets",
        ]),
    tests(
        "RekeyingTests",
        [
            "Rekeying", "Census", "Crypto", "Effects", "Faults", "InfisicalData", "InfisicalStore", "LiveSupport",
            "Postgres", "Secrets",
        ]),
    tests("InfisicalTablesTests", ["InfisicalTables", "CopyFormat"]),
    tests("BackupTablesTests", ["BackupTables", "InfisicalData"]),
    tests("InfisicalStoreTests", ["InfisicalStore", "InfisicalData", "LiveSupport", "Postgres", "Effects", "Secrets"]),
    tests(
        "SecretExportTests",
        [
            "SecretExport", "CopyFormat", "Effects", "Faults", "InfisicalData", "InfisicalStore", "InfisicalTables",
            "LiveSupport", "Postgres", "Secrets", "Settings",
        ]),
    tests("RepositoryTests", ["Repository", "Age", "Crypto", "CopyFormat", "DurableFiles", "Effects", "Secrets"]),
    tests("InstanceTests", ["Instance", "Effects", "Faults", "Processes", "Secrets"]),
    tests(
        "RecoveringTests",
        [
            "Recovering", "DurableFiles", "Effects", "Faults", "Instance", "LiveSupport", "Repository", "Secrets",
            "Settings",
        ]),
    tests(
        "InstanceAccessTests",
        ["InstanceAccess", "DurableFiles", "Effects", "Faults", "Instance", "Processes", "Secrets", "Settings"]),
    tests(
        "SettingsTests",
        ["Settings", "Arguments", "Crypto", "DurableFiles", "Effects", "Postgres", "Secrets", "Faults"]),
    tests(
        "DrillsTests",
        [
            "CopyFormat", "Drills", "DurableFiles", "Effects", "Faults", "InstanceAccess", "LiveSupport", "Operations",
            "Postgres", "Processes", "Repository",
        ]),
    tests(
        "OperationsTests",
        [
            "infisical-ops", "Operations", "Age", "DurableFiles", "Effects", "Faults", "InPlace", "InfisicalData",
            "Instance",
            "InstanceAccess", "InstanceData", "InstanceHealth", "Journal", "LiveSupport", "Postgres", "Processes",
            "Rekeying", "Repository", "Restoring", "Rotating", "Rotation", "Secrets", "Settings",
        ]),
    tests(
        "RotatingTests",
        [
            "Rotating", "DurableFiles", "Effects", "Faults", "InPlace", "InfisicalData", "InfisicalStore",
            "InstanceAccess",
            "LiveSupport", "Postgres", "Rekeying", "Rotation", "Secrets",
        ]),
    // No type that holds a secret shows it, whichever target it belongs to.
    tests(
        "RedactionTests",
        [
            "Age", "Crypto", "DurableFiles", "Effects", "Faults", "InfisicalData", "Instance", "Postgres", "Processes",
            "Repository", "Secrets", "Settings",
        ]),
    tests(
        "EndToEndTests",
        [
            "infisical-ops", "ops-victim", "Age", "Arguments", "Booting", "Commands", "CopyFormat", "Drills",
            "DurableFiles",
            "Effects",
            "Faults", "HTTP",
            "InPlace", "InfisicalData", "Jail", "Journal",
            "Instance", "InstanceAccess", "InstanceHealth", "LiveSupport", "Operations", "Postgres", "Processes",
            "Recovering", "Repository", "Restoring", "Rotation", "Secrets", "Settings",
        ]),
]

let package = Package(
    name: "infisical-ops",
    products: [.executable(name: "infisical-ops", targets: ["infisical-ops"])],
    targets: libraries + leaves + middle + top + testing
)
