package import Instance
import Secrets
import Settings

extension Compose {
    /// What `KeyDefinitions` asks: the project as Compose renders it, with other values for variables.
    ///
    /// - Parameters:
    ///   - project: its name.
    ///   - version: that of its compose files; nil for those of the newer form.
    package func rendering(_ project: String, version: String?) -> KeyDefinitions.Rendering {
        { values, services in
            guard let first = services.values.first else {
                return try RenderedProject(
                    try rendered(assuming: values, nil, for: [], version: version), project: project)
            }
            // One text goes to all of them.
            for other in services.values
            where other.keys.sorted() != first.keys.sorted() || first.contains(where: { other[$0]?.equals($1) != true })
            {
                throw KeyDefinitionFault.severalFiles(services.keys.sorted())
            }
            return try RenderedProject(
                try rendered(
                    assuming: values, EnvFile.text(first), for: services.keys.sorted(), version: version),
                project: project)
        }
    }
}
