import Faults
package import Postgres

extension SectionScript {
    /// An archive of `pg_dump --schema-only` as SQL, without owners, access rights and tablespaces: what `pg_restore`
    /// writes, less what `portable` takes out of it. `recover.sh` reads the title of each entry.
    ///
    /// - Returns: what rows need, and what needs rows.
    package static func render(_ contents: ArchiveContents) -> (preData: [UInt8], postData: [UInt8]) {
        let head = head(contents), size = contents.entries.reduce(4096) { $0 + $1.definition.count + 192 }
        var preData = Script(head, size), postData = Script(head, size), last: [Int] = []
        var section = ArchiveContents.Entry.Section.preData
        // By their places: an entry has many arrays, each of which would be counted.
        for index in contents.entries.indices {
            switch SchemaParts.part(of: contents.entries[index], &section) {
            case .preData: preData.append(contents.entries[index])
            case .postData: postData.append(contents.entries[index])
            case .last: last.append(index)
            case .rights, nil: break
            }
        }
        for index in last { postData.append(contents.entries[index]) }
        return (preData.ended(), postData.ended())
    }

    private struct Script {
        private var text: [UInt8] = []
        private var accessMethod: [UInt8] = []

        init(_ head: [UInt8], _ size: Int) {
            text.reserveCapacity(size)
            text += head
        }

        mutating func append(_ entry: ArchiveContents.Entry) {
            if !entry.isPartitioned, !entry.accessMethod.isEmpty, entry.accessMethod != accessMethod {
                accessMethod = entry.accessMethod
                text += "SET default_table_access_method = ".utf8
                text += accessMethod == heap ? heap : EntryStatements.quoted(accessMethod)
                text += ";\n\n".utf8
            }
            SectionScript.append(titleOf: entry, to: &text)
            text += entry.definition
            text += "\n\n".utf8
            if entry.isPartitioned, !entry.accessMethod.isEmpty {
                text += EntryStatements.accessMethod(entry, entry.accessMethod)
                text += "\n\n".utf8
            }
        }

        consuming func ended() -> [UInt8] {
            text += "--\n-- PostgreSQL database dump complete\n--\n\n".utf8
            return text
        }
    }

    private static let heap = Array("heap".utf8)

    /// What the session must be like that runs it.
    private static func head(_ contents: ArchiveContents) -> [UInt8] {
        let searchPath = contents.entries.first { $0.description == "SEARCHPATH" }?.definition ?? []
        let isStandard = contents.hasStandardStrings
        return Array(
            """
            --
            -- PostgreSQL database dump
            --

            -- Dumped from database version \(ControlCharacters.escaped(contents.serverVersion))
            -- Dumped by pg_dump version \(ControlCharacters.escaped(contents.dumpVersion))

            SET statement_timeout = 0;
            SET lock_timeout = 0;
            SET idle_in_transaction_session_timeout = 0;
            SET client_encoding = '\(contents.encoding ?? "SQL_ASCII")';
            SET standard_conforming_strings = \(isStandard ? "on" : "off");

            """.utf8) + searchPath
            + Array(
                """
                SET check_function_bodies = false;
                SET xmloption = content;
                SET client_min_messages = warning;
                \(isStandard ? "" : "SET escape_string_warning = off;\n")SET row_security = off;


                """.utf8)
    }

    /// In one line, whatever the object is called.
    private static func append(titleOf entry: ArchiveContents.Entry, to script: inout [UInt8]) {
        script += "--\n-- Name: ".utf8
        append(line: entry.nameBytes, to: &script)
        script += "; Type: ".utf8
        append(line: Array(entry.description.utf8), to: &script)
        script += "; Schema: ".utf8
        if entry.schemaBytes.isEmpty { script += "-".utf8 } else { append(line: entry.schemaBytes, to: &script) }
        script += "; Owner: -\n--\n\n".utf8
    }

    private static func append(line bytes: [UInt8], to script: inout [UInt8]) {
        if bytes.contains(10) || bytes.contains(13) {
            script += bytes.map { $0 == 10 || $0 == 13 ? 32 : $0 }
        } else {
            script += bytes
        }
    }
}
