package import DurableFiles
package import Effects
package import Instance
package import Processes
package import Secrets

/// Everything an operation may touch outside its own memory; passed explicitly, so that tests can replace any of it.
package struct Surroundings: Sendable {
    package let effects: Effects
    package let files: Files
    package let processes: ProcessRunner
    package let docker: Docker
    package let clock: any Clock
    package let cancellation: Cancellation
    /// Name of this host, as it stands in manifests and lock files.
    package let hostName: String
    /// Asks for the passphrase that opens a sealed identity file; nil where nobody can be asked.
    package let passphrase: @Sendable (_ file: String) throws -> Secret?

    /// - Parameter docker: nil for the engine of this process's own environment.
    package init(
        effects: Effects, clock: any Clock, cancellation: Cancellation, hostName: String,
        passphrase: @escaping @Sendable (_ file: String) throws -> Secret?, docker: Docker? = nil
    ) {
        self.init(
            effects: effects, files: Files(effects: effects), clock: clock, cancellation: cancellation,
            hostName: hostName, passphrase: passphrase, docker: docker)
    }

    private init(
        effects: Effects, files: Files, clock: any Clock, cancellation: Cancellation, hostName: String,
        passphrase: @escaping @Sendable (_ file: String) throws -> Secret?, docker: Docker?
    ) {
        self.effects = effects
        self.files = files
        processes = ProcessRunner(effects: effects, cancellation: cancellation)
        self.docker = docker ?? Docker(runner: processes, effects: effects)
        self.clock = clock
        self.cancellation = cancellation
        self.hostName = hostName
        self.passphrase = passphrase
    }

    /// The same for what must be done although the run was stopped.
    ///
    /// - Parameter cancellation: what may stop that, too; nil for nothing.
    package func uncancelled(but cancellation: Cancellation? = nil) -> Surroundings {
        let cancellation = cancellation ?? Cancellation()
        return Surroundings(
            effects: effects, files: files, clock: clock, cancellation: cancellation, hostName: hostName,
            passphrase: passphrase, docker: docker.with(cancellation))
    }

    /// The same, following no symbolic link inside of some folders.
    func confined(to folders: [String]) -> Surroundings {
        Surroundings(
            effects: effects, files: files.confined(to: folders), clock: clock, cancellation: cancellation,
            hostName: hostName, passphrase: passphrase, docker: docker)
    }
}
