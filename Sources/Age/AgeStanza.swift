/// One way into a file: the file key, wrapped for one recipient. How, its kind and arguments say.
struct AgeStanza: Equatable {
    let kind: String
    let arguments: [String]
    let body: [UInt8]
}
