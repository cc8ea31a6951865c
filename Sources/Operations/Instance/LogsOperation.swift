package import Instance
import InstanceAccess
import Secrets
import Settings

/// What the instance's containers printed, in the order of time, without secrets.
package struct LogsOperation {
    package struct Entry: Sendable {
        package let time: String
        package let role: InstanceContainers.Role
        package let container: String
        package let text: String
    }

    private let workplace: Workplace
    /// Lines of each container, from the end; nil for all.
    private let tail: Int?
    /// A time, or a length of time such as `10m`.
    private let since: String?

    package init(_ workplace: Workplace, tail: Int?, since: String?) {
        self.workplace = workplace
        self.tail = tail
        self.since = since
    }

    /// - Parameter show: says whether to go on.
    /// - Throws: where there are no containers to ask.
    package func perform(_ show: (Entry) throws -> Bool) throws {
        let found = try workplace.instance.requireContainers()
        let mask = workplace.instance.secretMask()
        var streams: [(role: InstanceContainers.Role, name: String, stream: LogStream, next: LogStream.Line)] = []
        for role in InstanceContainers.Role.allCases {
            guard let container = found[role] else { continue }
            let stream = try workplace.surroundings.docker.log(of: container.id, tail: tail, since: since)
            if let first = try stream.next() { streams.append((role, container.name, stream, first)) }
        }
        while let index = streams.indices.min(by: { streams[$0].next.time < streams[$1].next.time }) {
            let source = streams[index]
            let entry = Entry(
                time: source.next.time, role: source.role, container: source.name,
                text: mask.applied(to: source.next.text, showing: LogStream.shown))
            guard try show(entry) else { return }
            if let next = try source.stream.next() {
                streams[index].next = next
            } else {
                streams.remove(at: index)
            }
        }
    }
}
