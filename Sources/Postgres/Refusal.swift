/// Why the server did not make an object, where the reason lies in the object itself: it may be left out.
///
/// A full disk, a lost session, a lock or a limit of the server is no such reason, and neither is its own confusion.
package struct Refusal: Sendable, Equatable {
    package let sqlState: String
    /// In the server's words, without values of rows.
    package let reason: String
    /// Whether it is a role that is not there.
    package let isAboutRole: Bool

    package init(sqlState: String, reason: String, isAboutRole: Bool = false) {
        self.sqlState = sqlState
        self.reason = reason
        self.isAboutRole = isAboutRole
    }

    /// Whether a SQLSTATE is about the object that is made, or about the rows that it is made of.
    package static func isOfObject(_ sqlState: String) -> Bool {
        // A lock that was not given is the other session's doing.
        if sqlState == "55P03" { return false }
        return classes.contains(String(sqlState.prefix(2))) || sqlState == missingFile
    }

    /// A file of an extension that the target's host lacks; with anything else, a file of the database is gone.
    package static let missingFile = "58P01"
    package static let notPermitted = "42501"

    private static let classes: Set = [
        // Not supported; more than one row; data; constraints; functions of the database; schemas; names, types and rights;
        // check options; limits of the program, such as the longest key of an index; state; code in PL/pgSQL.
        "0A", "21", "22", "23", "2F", "38", "39", "3F", "42", "44", "54", "55", "P0",
    ]

    /// Whether an error comes from a part of the server that deals with files or transaction numbers: it calls a folder
    /// that it may not enter, or a disk that is read-only now, a lack of rights.
    static func isOfStorage(source: String?) -> Bool { source.map(storage.contains) ?? false }

    private static let storage: Set = [
        "fd.c", "md.c", "smgr.c", "bufmgr.c", "storage.c", "tablespace.c", "copydir.c", "relmapper.c", "dbcommands.c",
        "file_utils.c", "varsup.c", "multixact.c", "slru.c", "xlog.c",
    ]

    /// Whether an error comes from where the server looks a role up: its words may be in any language.
    static func isAboutRole(raisedBy function: String?) -> Bool { function == "get_role_oid" }

    static let raised =
        "a function of the database raised an error, whose text is not shown because it may quote values"

    /// Whether the text of an error was written in the database and not by the server.
    static func isRaised(by function: String?) -> Bool { function == "exec_stmt_raise" }

    /// A DETAIL such as `Key (a)=(b) is duplicated.` with everything between the first value and the last parenthesis left
    /// out; nil for one of another form, which may have values anywhere.
    static func masked(_ detail: String) -> String? {
        let scalars = Array(detail.unicodeScalars)
        guard
            let start = scalars.indices.dropLast(2).first(where: {
                scalars[$0] == ")" && scalars[$0 + 1] == "=" && scalars[$0 + 2] == "("
            }), let end = scalars.lastIndex(of: ")"), end > start + 2
        else { return nil }
        var view = String.UnicodeScalarView(scalars[...(start + 2)])
        view.append(contentsOf: "***".unicodeScalars)
        view.append(contentsOf: scalars[end...])
        return String(view)
    }
}

extension PostgresFault {
    /// The SQLSTATE of a statement that was refused for a reason that lies in its object or rows; nil for anything else.
    package var refusedState: String? {
        switch self {
        case .badData(let state, _) where Refusal.isOfObject(state): state
        case .statementFailed(let state, _, _) where Refusal.isOfObject(state) && state != Refusal.missingFile: state
        case .duplicate: "42710"
        default: nil
        }
    }
}
