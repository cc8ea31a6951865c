// A drill that boots, as a program that may be killed at any moment. Usage: boot-victim local|docker, with
//   BOOT_DATA, BOOT_DATABASE, BOOT_MARKER   the cluster of a scratch server that does not run
//   BOOT_KEY                                the file of the key
//   BOOT_CANARY                             a file with project, environment, path, name and value, a line each
//   BOOT_COMMAND, BOOT_FOLDER               what to start: words separated by spaces
//   BOOT_IMAGES                             images of the database, Redis and the backend, separated by spaces
//   BOOT_NETWORK                            a network of the engine in the place of none: a hole
// Prints the seconds until the backend answered; a fault goes to standard error, with its code in front.
import Booting
import DurableFiles
import Effects
import Faults
import Glibc
import Instance
import Jail
import Processes
import Secrets

let cancellation = Cancellation()
let effects = Effects()
func variable(_ name: String) -> String { getenv("BOOT_" + name).map { String(cString: $0) } ?? "" }
func line(_ text: String, to descriptor: Int32) {
    let bytes = Array((text + "\n").utf8)
    _ = write(descriptor, bytes, bytes.count)
}

Secret.protectProcess()
StandardStreams.occupy()
signal(SIGPIPE, SIG_IGN)
signal(SIGINT) { cancellation.cancel(signal: $0) }
signal(SIGTERM) { cancellation.cancel(signal: $0) }
let words = ProcessArguments.own()
do {
    if words.count > 2, words[0] == JailStage.command, let stage = JailStage(rawValue: words[1]) {
        exit(try stage.run(Array(words.dropFirst(3)), effects: effects, cancellation: cancellation))
    }
    let files = Files(effects: effects)
    let canary = String(decoding: try files.read(variable("CANARY"), limit: 1 << 16), as: UTF8.self)
        .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    var value = Array(canary[4].utf8)
    let request = BootRequest(
        cluster: BootCluster(
            data: variable("DATA"), database: variable("DATABASE"), user: "postgres", marker: variable("MARKER"),
            others: ["1"]),
        keys: BootKeys(
            encryptionKey: try files.readSecret(variable("KEY"), limit: 4096).firstLine(), rootEncryptionKey: nil,
            isFIPS: false),
        canary: Canary(
            projectID: canary[0], environment: canary[1], path: canary[2], name: canary[3],
            value: Secret(consuming: &value)))
    let report: BootReport
    if words.first == "docker" {
        let images = variable("IMAGES").split(separator: " ").map(String.init)
        report = try BootDrill.run(
            request, images: BootImages(database: images[0], redis: images[1], backend: images[2]),
            docker: Docker(runner: ProcessRunner(effects: effects, cancellation: cancellation), effects: effects),
            network: variable("NETWORK").isEmpty ? "none" : variable("NETWORK"),
            effects: effects, cancellation: cancellation)
    } else {
        report = try BootDrill.run(
            request, command: variable("COMMAND").split(separator: " ").map(String.init), folder: variable("FOLDER"),
            effects: effects, cancellation: cancellation)
    }
    line("\(report.seconds)", to: 1)
} catch {
    let fault: any Fault = .of(error)
    line("\(fault.code): \(fault.message)", to: 2)
    exit(fault.exit.rawValue)
}
