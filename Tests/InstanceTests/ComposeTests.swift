import FoundationEssentials
import Secrets
import TestSupport
import Testing

@testable import Instance

@Suite struct ComposeTests {
    private func labels(_ folder: TemporaryFolder, envFiles: String = "") throws -> ComposeLabels {
        try #require(
            ComposeLabels([
                "com.docker.compose.project": "p", "com.docker.compose.service": "backend",
                "com.docker.compose.project.working_dir": folder.path,
                "com.docker.compose.project.config_files": "a.yml,/srv/b.yml,/state/\(Compose.pinFile)",
                "com.docker.compose.project.environment_file": envFiles,
            ]))
    }

    /// Writes down its arguments, one a line.
    private func recorder(_ folder: TemporaryFolder, version2: Bool) throws -> ScriptedDocker {
        let file = folder.path("arguments")
        return try ScriptedDocker(
            """
            if [ "$1 $2" = "compose version" ]; then exit \(version2 ? 0 : 1); fi
            printf '%s\\n' "$@" >'\(file)'
            env | sort >'\(file).environment'
            """, compose: "printf '%s\\n' \"$@\" >'\(file)'")
    }

    private func arguments(_ folder: TemporaryFolder) throws -> [String] {
        let data = try Data(contentsOf: URL(filePath: folder.path("arguments")))
        return String(decoding: data, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    @Test func `version 2 gets files and env files in their order, and pulls nothing`() throws {
        let folder = try TemporaryFolder(), scripted = try recorder(folder, version2: true)
        let labels = try labels(folder, envFiles: "first.env,/etc/second.env")
        let compose = try #require(try Compose(scripted.docker, labels))
        try compose.recreate("backend", pin: "/tmp/pin.yml", seconds: 1)
        // Several override each other in this order; the pin comes after all files of the project.
        #expect(
            try arguments(folder) == [
                "compose", "-p", "p", "--project-directory", folder.path, "-f", folder.path("a.yml"), "-f",
                "/srv/b.yml",
                "-f", "/tmp/pin.yml", "--env-file", folder.path("first.env"), "--env-file", "/etc/second.env", "up",
                "-d",
                "--no-deps", "--no-build", "--pull", "never", "--force-recreate", "backend",
            ])
        let environment = try Data(contentsOf: URL(filePath: folder.path("arguments.environment")))
        #expect(!String(decoding: environment, as: UTF8.self).contains("ENCRYPTION_KEY"))
        #expect(compose.commandLine(recreating: "backend").prefix(3) == ["docker", "compose", "-p"])
    }

    @Test(arguments: [true, false])
    func `the command for people is that of the version that is there, and needs no folder`(version2: Bool) throws {
        let folder = try TemporaryFolder(), scripted = try recorder(folder, version2: version2)
        let compose = try #require(try Compose(scripted.docker, try labels(folder, envFiles: "one.env")))
        let start = version2 ? ["docker", "compose"] : ["docker-compose"]
        let project = [
            "-p", "p", "--project-directory", folder.path, "-f", folder.path("a.yml"), "-f", "/srv/b.yml", "--env-file",
            folder.path("one.env"), "up", "-d", "--no-recreate", "--no-build",
        ]
        let pull = version2 ? ["--pull", "missing"] : []
        #expect(compose.commandLine(making: "redis") == start + project + pull + ["--no-deps", "redis"])
        #expect(compose.commandLine(making: nil) == start + project + pull)
    }

    @Test func `version 1 is used where 2 is not there, and none is told`() throws {
        let folder = try TemporaryFolder(), scripted = try recorder(folder, version2: false)
        let compose = try #require(try Compose(scripted.docker, try labels(folder)))
        try compose.recreate("backend", pin: nil, seconds: 1)
        let words = try arguments(folder)
        #expect(words.first == "-p" && !words.contains("--pull") && words.suffix(2) == ["--force-recreate", "backend"])
        _ = try compose.rendered()
        #expect(try arguments(folder).last == "config")
        let without = try ScriptedDocker("exit 1")
        #expect(try Compose(without.docker, try labels(folder)) == nil)
    }
}
