import Effects
import Faults
import FoundationEssentials

/// A JSON document taken apart, so that the commands in its texts for people can be completed, and nothing else: a name, a
/// tag or a path stays what it is, whatever it says.
enum AdvisedJSON: Codable {
    case null
    case truth(Bool)
    case whole(Int64)
    case number(Double)
    case text(String)
    case list([AdvisedJSON])
    case members([String: AdvisedJSON])

    /// Members that are sentences for people, or lists of them.
    private static let forPeople: Set = [
        "cleanup", "command", "detail", "details", "hints", "message", "notes", "reason", "steps", "warnings",
    ]
    /// Members whose own members are named by people.
    private static let foreign: Set = ["tags"]

    init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        if value.decodeNil() {
            self = .null
            return
        }
        // Whatever is tried and is not it throws; the last one says what is wrong.
        if let text = try? value.decode(String.self) {
            self = .text(text)
        } else if let truth = try? value.decode(Bool.self) {
            self = .truth(truth)
        } else if let whole = try? value.decode(Int64.self) {
            self = .whole(whole)
        } else if let number = try? value.decode(Double.self) {
            self = .number(number)
        } else if let list = try? value.decode([AdvisedJSON].self) {
            self = .list(list)
        } else {
            self = .members(try value.decode([String: AdvisedJSON].self))
        }
    }

    func encode(to encoder: any Encoder) throws {
        var value = encoder.singleValueContainer()
        switch self {
        case .null: try value.encodeNil()
        case .truth(let truth): try value.encode(truth)
        case .whole(let whole): try value.encode(whole)
        case .number(let number): try value.encode(number)
        case .text(let text): try value.encode(text)
        case .list(let list): try value.encode(list)
        case .members(let members): try value.encode(members)
        }
    }

    /// - Parameter isForPeople: whether this is the value of such a member.
    func completed(by advised: AdvisedCommands, isForPeople: Bool = false) -> AdvisedJSON {
        switch self {
        case .text(let text) where isForPeople: .text(advised.completed(text))
        case .list(let list): .list(list.map { $0.completed(by: advised, isForPeople: isForPeople) })
        case .members(let members):
            .members(
                Dictionary(
                    uniqueKeysWithValues: members.map { name, value in
                        let isLeft = AdvisedJSON.foreign.contains(name)
                        return (
                            name,
                            isLeft
                                ? value
                                : value.completed(by: advised, isForPeople: AdvisedJSON.forPeople.contains(name))
                        )
                    }))
        default: self
        }
    }
}
