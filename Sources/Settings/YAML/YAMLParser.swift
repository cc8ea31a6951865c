import CYAML
package import Secrets

/// YAML text as a tree, parsed by libyaml.
package enum YAML {
    /// Parses a text that holds at most one document; no document is a null node.
    ///
    /// - Parameter file: The name that errors carry, as `file:line:column`.
    package static func parse(_ text: UnsafeRawBufferPointer, file: String) throws(SettingsFault) -> YAMLNode {
        let parser = YAMLParser(text, file: file)
        return try parser.document()
    }

    /// Parses the bytes of a secret, such as a file that was read whole.
    package static func parse(_ text: Secret, file: String) throws(SettingsFault) -> YAMLNode {
        try text.withBytes { (bytes) throws(SettingsFault) in try parse(bytes, file: file) }
    }

    /// Parses a string.
    package static func parse(_ text: String, file: String) throws(SettingsFault) -> YAMLNode {
        var bytes = Array(text.utf8)
        return try parse(Secret(consuming: &bytes), file: file)
    }
}

/// Builds nodes from libyaml's events.
private final class YAMLParser {
    /// Deepest nesting; each level is one stack frame here.
    private static let depthLimit = 64
    /// Most nodes, counted after aliases are replaced: a few lines of aliases can stand for billions.
    private static let nodeLimit = 200_000

    private let parser: UnsafeMutablePointer<yaml_parser_t>
    private let file: String
    private var anchors: [String: (node: YAMLNode, size: Int)] = [:]
    private var nodes = 0

    init(_ text: UnsafeRawBufferPointer, file: String) {
        self.file = file
        parser = .allocate(capacity: 1)
        parser.initialize(to: yaml_parser_t())
        // Fails only when memory is exhausted; the first event then reports it.
        _ = yaml_parser_initialize(parser)
        yaml_parser_set_input_string(parser, text.bindMemory(to: UInt8.self).baseAddress, text.count)
    }

    deinit {
        yaml_parser_delete(parser)
        parser.deallocate()
    }

    func document() throws(SettingsFault) -> YAMLNode {
        _ = try next()  // start of stream
        let start = try next()
        guard case .documentStart = start.kind else {
            return YAMLNode(content: .scalar("", isPlain: true), mark: YAMLMark(line: 1, column: 1), tag: nil)
        }
        let root = try node(try next(), depth: 0)
        _ = try next()  // end of document
        let after = try next()
        guard case .streamEnd = after.kind else { throw syntax("a second document begins here", after.mark) }
        return root
    }

    private func node(_ event: Event, depth: Int) throws(SettingsFault) -> YAMLNode {
        if depth > YAMLParser.depthLimit { throw syntax("nested too deeply", event.mark) }
        let before = nodes
        try count(1, event.mark)
        let content: YAMLNode.Content
        let anchor: String?, tag: String?
        switch event.kind {
        case .alias(let name):
            guard let known = anchors[name] else { throw syntax("an alias of an anchor that is not there", event.mark) }
            try count(known.size - 1, event.mark)
            return YAMLNode(content: known.node.content, mark: event.mark, tag: known.node.tag)
        case .scalar(let text, let isPlain, let its):
            content = .scalar(text, isPlain: isPlain)
            (anchor, tag) = (its.anchor, its.tag)
        case .sequenceStart(let isFlow, let its):
            content = .sequence(try items(depth), isFlow: isFlow)
            (anchor, tag) = (its.anchor, its.tag)
        case .mappingStart(let isFlow, let its):
            content = .mapping(try entries(depth), isFlow: isFlow)
            (anchor, tag) = (its.anchor, its.tag)
        default: throw syntax("a value is missing", event.mark)
        }
        let node = YAMLNode(content: content, mark: event.mark, tag: tag)
        if let anchor { anchors[anchor] = (node, nodes - before) }
        return node
    }

    private func items(_ depth: Int) throws(SettingsFault) -> [YAMLNode] {
        var items: [YAMLNode] = []
        while true {
            let event = try next()
            if case .sequenceEnd = event.kind { return items }
            items.append(try node(event, depth: depth + 1))
        }
    }

    private func entries(_ depth: Int) throws(SettingsFault) -> [YAMLNode.Entry] {
        var entries: [YAMLNode.Entry] = []
        var seen = Set<String>()
        while true {
            let event = try next()
            if case .mappingEnd = event.kind { return entries }
            guard case .scalar(let key, _) = try node(event, depth: depth + 1).content
            else { throw syntax("a key that is not a single word", event.mark) }
            if !seen.insert(key).inserted { throw .duplicateKey(place: place(event.mark), key: key) }
            let value = try node(try next(), depth: depth + 1)
            entries.append(.init(key: key, keyMark: event.mark, value: value))
        }
    }

    private func count(_ added: Int, _ mark: YAMLMark) throws(SettingsFault) {
        nodes += added
        if nodes > YAMLParser.nodeLimit { throw syntax("more values than any settings file has", mark) }
    }

    private func place(_ mark: YAMLMark) -> String { "\(file):\(mark.line):\(mark.column)" }

    private func syntax(_ problem: String, _ mark: YAMLMark) -> SettingsFault {
        .yamlSyntax(place: place(mark), problem: problem)
    }
}

extension YAMLParser {
    /// Anchor and tag of a node.
    struct Properties {
        let anchor: String?
        let tag: String?

        init(_ anchor: UnsafeMutablePointer<UInt8>?, _ tag: UnsafeMutablePointer<UInt8>?) {
            self.anchor = anchor.map { String(cString: $0) }
            self.tag = tag.map { String(cString: $0) }
        }
    }

    enum Kind {
        case alias(String)
        case scalar(String, isPlain: Bool, Properties)
        case sequenceStart(isFlow: Bool, Properties)
        case sequenceEnd
        case mappingStart(isFlow: Bool, Properties)
        case mappingEnd
        case documentStart
        case streamEnd
        case other
    }

    struct Event {
        let kind: Kind
        let mark: YAMLMark
    }

    func next() throws(SettingsFault) -> Event {
        var event = yaml_event_t()
        guard yaml_parser_parse(parser, &event) == 1 else {
            // libyaml's sentences name the kind of mistake, never the text.
            let problem = parser.pointee.problem.map { String(cString: $0) } ?? "it cannot be read"
            throw syntax(problem, mark(parser.pointee.problem_mark))
        }
        defer { yaml_event_delete(&event) }
        return Event(kind: kind(event), mark: mark(event.start_mark))
    }

    private func kind(_ event: yaml_event_t) -> Kind {
        switch event.type {
        case YAML_ALIAS_EVENT: return .alias(event.data.alias.anchor.map { String(cString: $0) } ?? "")
        case YAML_SCALAR_EVENT:
            let scalar = event.data.scalar
            let bytes = UnsafeBufferPointer(start: scalar.value, count: scalar.length)
            return .scalar(
                String(decoding: bytes, as: UTF8.self), isPlain: scalar.style == YAML_PLAIN_SCALAR_STYLE,
                Properties(scalar.anchor, scalar.tag))
        case YAML_SEQUENCE_START_EVENT:
            let start = event.data.sequence_start
            return .sequenceStart(isFlow: start.style == YAML_FLOW_SEQUENCE_STYLE, Properties(start.anchor, start.tag))
        case YAML_SEQUENCE_END_EVENT: return .sequenceEnd
        case YAML_MAPPING_START_EVENT:
            let start = event.data.mapping_start
            return .mappingStart(isFlow: start.style == YAML_FLOW_MAPPING_STYLE, Properties(start.anchor, start.tag))
        case YAML_MAPPING_END_EVENT: return .mappingEnd
        case YAML_DOCUMENT_START_EVENT: return .documentStart
        case YAML_STREAM_END_EVENT: return .streamEnd
        default: return .other
        }
    }

    private func mark(_ mark: yaml_mark_t) -> YAMLMark { YAMLMark(line: mark.line + 1, column: mark.column + 1) }
}
