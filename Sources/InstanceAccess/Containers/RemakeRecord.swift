package import Instance

/// The backend as it was before its containers are made again; written down before the first of them is stopped.
package struct RemakeRecord: Codable, Sendable, Equatable {
    /// One container of the backend's service.
    package struct Replica: Codable, Sendable, Equatable {
        package let id: String
        package let name: String
        /// The engine's part of starting it again, to be put back at the end.
        package let restartPolicy: String
    }

    /// Where the containers come from, so that they are found and made even where none of them is left.
    package struct Project: Codable, Sendable, Equatable {
        package let name: String
        package let service: String
        package let folder: String
        package let files: [String]
        package let environmentFiles: [String]
        /// Id of the image that all of them run, `sha256:…`.
        package let image: String
        package let replicas: [Replica]

        package var labels: ComposeLabels {
            ComposeLabels(project: name, folder: folder, files: files, environmentFiles: environmentFiles)
        }
    }

    /// Nil where the instance runs without containers.
    package let project: Project?
    /// The sockets on which the backend listened, by the kernel's numbers; empty with containers, and where nothing tells.
    package let sockets: Set<String>
}

/// How far making the backend again has come.
package enum RemakeState: Sendable, Equatable {
    /// What is there is what was there before. Without containers: the process that listened still does.
    case old
    /// It is made anew with the wanted keys, and does not run. Without containers: nothing runs.
    case made
    case started
    /// Anything else; one clause each.
    case other([String])
}
