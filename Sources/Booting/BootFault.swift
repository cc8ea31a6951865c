package import Faults
package import Instance

/// Why a restored copy is not proven to boot.
package enum BootFault: Fault, Equatable {
    /// The engine does not have an image, and no drill fetches one: what a name means may have changed. Of one that no
    /// registry gave, its own id.
    case imageMissing(String, id: String? = nil)
    /// The backend ended, or never answered; the cause as its log tells it.
    case doesNotBoot(reason: String, cause: LogCause?)
    /// PostgreSQL or Redis of the drill did not start.
    case serverDoesNotStart(String, reason: String)
    /// It gave back another value than the one that was decrypted.
    case canaryDiffers(name: String)
    /// It started with this key, but whether it serves secrets was not seen.
    case canaryNotRead(name: String, seconds: Double, reason: String)
    /// The database is not the drill's own; nothing was written to it.
    case notScratch(String)
    /// What the configuration says cannot be used.
    case unusable(String)
    /// A part of the configured machine identity is not what Infisical makes.
    case identityUnusable(String)
    /// Something in a container reaches what it must not.
    case containersNotTight([String])

    package var code: String {
        switch self {
        case .imageMissing: "drill.image-missing"
        case .doesNotBoot: "drill.does-not-boot"
        case .serverDoesNotStart: "drill.server-does-not-start"
        case .canaryDiffers: "drill.canary-differs"
        case .canaryNotRead: "drill.canary-not-read"
        case .notScratch: "drill.not-scratch"
        case .unusable: "drill.backend-unusable"
        case .identityUnusable: "drill.identity-unusable"
        case .containersNotTight: "drill.not-tight"
        }
    }

    package var message: String {
        switch self {
        case .imageMissing(let image, let id):
            "the engine does not have the image \(image)" + (id.map { " (\($0))" } ?? "")
        case .doesNotBoot(let reason, let cause):
            "Infisical does not start on the restored copy: " + (cause.map { "\($0.text) (\(reason))" } ?? reason)
        case .serverDoesNotStart(let name, let reason): "the drill's own \(name) does not start: \(reason)"
        case .canaryDiffers(let name):
            "Infisical starts on the restored copy, but gives back another value of \(name) than the one in it"
        case .canaryNotRead(let name, _, let reason):
            "Infisical started with this key, but the canary \(name) was not read: \(reason)"
        case .notScratch(let why): "the database that is to be booted on is not the drill's own: \(why)"
        case .unusable(let why): "what drill.backend names cannot be started: \(why)"
        case .identityUnusable(let part):
            "the machine identity under instance.identity cannot be used: \(part) holds other characters than letters, digits, -, _ and ."
        case .containersNotTight(let reached):
            "a container that is to be apart from the host reaches " + reached.joined(separator: ", ")
        }
    }

    /// Whether it is about the copy, and not about what it should have been started on.
    package var isOfCopy: Bool {
        switch self {
        case .doesNotBoot, .canaryDiffers, .canaryNotRead: true
        case .imageMissing, .serverDoesNotStart, .notScratch, .unusable, .identityUnusable,
            .containersNotTight:
            false
        }
    }

    /// The message for what others may read: without the name of a secret.
    package var publicMessage: String {
        switch self {
        case .canaryDiffers: "Infisical starts on the restored copy, but gives back another value than the one in it"
        case .canaryNotRead(_, _, let reason): "Infisical started with this key, but no secret was read back: \(reason)"
        default: message
        }
    }

    package var hints: [Hint] {
        switch self {
        case .imageMissing(let image, nil):
            [.command(["docker", "pull", image]), .check("or load it from a file with docker load --input FILE")]
        case .imageMissing:
            [
                .check(
                    "no registry has it: load it with docker load --input FILE, or name another one under drill.images")
            ]
        case .doesNotBoot(_, let cause) where cause?.condition == .wrongKey:
            [
                .check("the key that the backup was taken with must be the one of its database"),
                .command(["infisical-ops", "keys", "check"]),
            ]
        case .doesNotBoot:
            [.check("run drill.backend.command in drill.backend.folder by hand, and read what it prints")]
        case .serverDoesNotStart(let name, _):
            [.check("\(name) must be installed here and be of the instance's version")]
        case .canaryDiffers: [.command(["infisical-ops", "census"])]
        case .canaryNotRead:
            [.check("the key is right, or the server would not have started; try another version of it")]
        case .notScratch: [.check("nothing was written; please report this with the command and what it printed")]
        case .unusable: [.check("command and folder under drill.backend in infisical-ops.yaml")]
        case .identityUnusable: [.command(["infisical-ops", "config", "show"])]
        case .containersNotTight: [.check("nothing was started; prove this level on another machine")]
        }
    }

    package var exit: ExitCode {
        switch self {
        case .notScratch, .unusable, .imageMissing, .identityUnusable, .containersNotTight: .refused
        case .doesNotBoot(_, let cause): cause?.condition == .wrongKey ? .keyMismatch : .failed
        case .canaryDiffers: .damaged
        case .canaryNotRead, .serverDoesNotStart: .failed
        }
    }
}
