/// What came of one value.
package enum Judgement: Sendable {
    /// By its number on the rack; `remark` says what is odd about that.
    case opened(key: Int, remark: String?)
    /// No key opens it that is at hand.
    case closed(String)
    /// The same, where no server reads the column any more.
    case residue(String)
    /// Nothing at hand can prove anything of it.
    case left(String)
    /// It is no ciphertext.
    case none

    /// What is to be said of its row; nil where that is nothing.
    var remark: String? {
        switch self {
        case .opened(_, let remark): remark
        case .closed(let reason): reason
        case .residue, .left, .none: nil
        }
    }
}
