import DurableFiles
package import InfisicalData
import InstanceAccess
package import Operations
package import Settings

/// The keys that a command is about: those of the instance, or those of an env file that is given.
package struct GivenKeys {
    /// What the keys are from.
    package let environment: InstanceEnvironment
    /// Where they are from, as it reads in a sentence.
    package let source: String
    /// The env file that they are from; nil where it is none, or more than one.
    package let file: String?

    /// Those of the running backend count only where no file has any.
    ///
    /// - Parameters:
    ///   - keyFile: an env file with keys, instead of the instance's own.
    ///   - takesFile: whether the command could be given one.
    /// - Throws: where there is no key at all.
    package init(_ workplace: Workplace, keyFile: String?, for data: String, takesFile: Bool = true) throws {
        let configuration = workplace.configuration
        if let keyFile {
            let text = try workplace.surroundings.files.readSecret(keyFile, limit: 1 << 20)
            environment = try InstanceEnvironment(texts: [(path: keyFile, text: text)], syntax: configuration.envSyntax)
            (source, file) = (keyFile, keyFile)
        } else if !configuration.instance.hasKey, let running = configuration.running, running.hasKey {
            (environment, source, file) = (running, "the environment of the running backend", nil)
        } else {
            environment = configuration.instance
            file = environment.files.count == 1 ? environment.files[0].path : nil
            source = file ?? "the instance's env files"
        }
        if environment.hasKey { return }
        // A file that is there and cannot be read may be the one with the key; a lost one is no other than none.
        if keyFile == nil { try configuration.requireEnvFiles(toleratesLoss: true) }
        throw keyFile.map { InstanceDataFault.noKey(file: $0) as any Error }
            ?? KeyRequirement(workplace, data, keyFile: nil, takesFile: takesFile).absent
    }

    /// As the instance reads them on a database that says this about FIPS mode.
    package func holder(_ workplace: Workplace, _ flag: FIPSMode.DatabaseFlag) -> KeyHolder {
        KeyHolder(
            name: source,
            keys: KeysInForce(workplace.instance, envFiles: environment).ofEnvFiles(flag).keys)
    }
}
