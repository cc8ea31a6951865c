import CLinux
import Effects
import Glibc
package import Secrets

/// An extended attribute; among them are access lists and the labels of security modules.
struct FileAttribute: Sendable, Equatable {
    let name: String
    let value: [UInt8]
}

extension Files {
    /// Begins the names of the new versions of a file.
    private static func versionPrefix(of path: String) -> String {
        temporaryPrefix + "new-" + String(name(of: path).prefix(48)) + "-"
    }

    /// Tries everything that replacing a file's content takes, except the replacing; leaves nothing behind.
    ///
    /// - Parameters:
    ///   - path: may be a link: what is replaced is the file that it leads to.
    ///   - size: how many bytes there must be room for.
    /// - Throws: `unreplaceable`, or what the system refused.
    package func requireReplaceable(_ path: String, size: Int) throws(FileFault) {
        let target = try replaceable(path)
        var version = try newVersion(of: target)
        let temporary = version.path
        do throws(FileFault) {
            // Of zeros: what it is to hold may be secret.
            try Secret(count: size) { _ in }.withBytes { (bytes) throws(FileFault) in try version.write(bytes) }
            try version.sync()
        } catch { throw error.naming(target.path, insteadOf: temporary) }
    }

    /// Exchanges the content of a file; its owner, mode, access list and attributes stay, and a link to it stays one.
    ///
    /// At every moment, also after a crash, the file has the whole old or the whole new content; when this returns it has
    /// the new one. New versions of it that a run was killed over are removed first.
    ///
    /// - Parameter expected: what it holds; a file that holds anything else is left alone.
    /// - Throws: `unreplaceable`, `changed`, or what the system refused.
    package func replaceContent(
        of path: String, expecting expected: Secret, with content: Secret
    ) throws(FileFault) {
        try removeAbandonedVersions(of: path)
        let target = try replaceable(path)
        try requireContent(target.path, expected)
        var version = try newVersion(of: target)
        let temporary = version.path
        do throws(FileFault) {
            try content.withBytes { (bytes) throws(FileFault) in try version.write(bytes) }
            try version.sync()
            try requireContent(target.path, expected)
            try version.rename(to: target.path)
        } catch {
            // Where the kernel does not tell of mounts beforehand.
            if error.errno?.code == EBUSY { throw .unreplaceable(path: target.path, .mountPoint) }
            throw error.naming(target.path, insteadOf: temporary)
        }
        try syncFolder(Files.parent(of: target.path))
    }

    /// Removes what a run that was killed left of new versions of a file: they hold what the file holds.
    package func removeAbandonedVersions(of path: String) throws(FileFault) {
        let target = try resolved(path), folder = Files.parent(of: target), prefix = Files.versionPrefix(of: target)
        guard let found = try status(folder, followingLinks: true), found.kind == .folder else { return }
        for entry in try list(folder) where entry.kind == .file && entry.name.hasPrefix(prefix) {
            // What follows is a number; anything else is of another file, whose name begins as this one's does.
            let number = entry.name.utf8.dropFirst(prefix.utf8.count)
            guard number.count == 16, UInt64(Substring(number), radix: 16) != nil else { continue }
            try remove(Files.join(folder, entry.name))
        }
    }

    // MARK: - Parts

    private struct Target {
        let path: String
        let status: FileStatus
        let attributes: [FileAttribute]
    }

    /// Where a path leads and what is there, if another file may take its place.
    private func replaceable(_ path: String) throws(FileFault) -> Target {
        let real = try resolved(path), folder = Files.parent(of: real)
        guard let status = try status(real), status.kind != .symbolicLink else {
            throw .failed(.open, path: real, Errno(ENOENT))
        }
        if status.kind != .file { throw .wrongKind(path: real, needed: .file) }
        if status.links > 1 { throw .unreplaceable(path: real, .hardLinks(status.links)) }
        let traits = try traits(of: real), forbidding = clinux_trait_immutable | clinux_trait_append_only
        if traits & Int32(clinux_trait_mount_point) != 0 { throw .unreplaceable(path: real, .mountPoint) }
        for (path, traits) in [(real, traits), (folder, try self.traits(of: folder))]
        where traits & Int32(forbidding) != 0 {
            throw .unreplaceable(path: real, .attribute(of: path))
        }
        if let above = try self.status(folder), above.mode & UInt32(Glibc.S_ISVTX) != 0,
            ![0, above.user, status.user].contains(geteuid())
        {
            throw .unreplaceable(path: real, .stickyFolder(folder))
        }
        return Target(path: real, status: status, attributes: try attributes(of: real))
    }

    private func newVersion(of target: Target) throws(FileFault) -> PendingFile {
        let file = try PendingFile.create(
            inFolder: Files.parent(of: target.path), mode: 0o600, prefix: Files.versionPrefix(of: target.path),
            files: self)
        let temporary = file.path
        do throws(FileFault) { try file.liken(to: target.status, target.attributes) } catch {
            throw error.naming(target.path, insteadOf: temporary)
        }
        return file
    }

    private func requireContent(_ path: String, _ expected: Secret) throws(FileFault) {
        let file = try openRegular(path)
        // One byte more tells a longer file from an equal one.
        let found: Secret
        do throws(FileFault) { found = try Files.readSecret(file, limit: max(expected.count, 1)) } catch {
            if case .tooLarge = error { throw .changed(path: path) }
            throw error
        }
        if !found.equals(expected) { throw .changed(path: path) }
    }

    private func traits(of path: String) throws(FileFault) -> Int32 {
        try Files.value(of: effects.call(.inspect, path) { clinux_traits(path) }, .inspect, path)
    }

    /// The extended attributes of a file, none where the file system has none.
    func attributes(of path: String) throws(FileFault) -> [FileAttribute] {
        guard let names = try attributeBytes(path, { listxattr(path, $0, $1) }) else { return [] }
        var attributes: [FileAttribute] = []
        for name in names.split(separator: 0) {
            let name = String(decoding: name, as: UTF8.self)
            // One that went meanwhile is none.
            guard let value = try attributeBytes(path, { getxattr(path, name, $0, $1) }) else { continue }
            attributes.append(FileAttribute(name: name, value: value))
        }
        return attributes
    }

    /// What a call about attributes answers, which is asked for the size first; nil for what there is not.
    private func attributeBytes(
        _ path: String, _ call: (UnsafeMutablePointer<CChar>?, Int) -> Int
    ) throws(FileFault) -> [UInt8]? {
        var bytes: [UInt8] = []
        let result = effects.call(.inspect, path) { () -> Int in
            let size = call(nil, 0)
            if size <= 0 { return size }
            var buffer = [CChar](repeating: 0, count: size)
            let count = buffer.withUnsafeMutableBufferPointer { call($0.baseAddress, size) }
            if count > 0 { bytes = buffer[..<count].map { UInt8(bitPattern: $0) } }
            return count
        }
        if case .failure(let error) = result, error.code == ENOTSUP || error.code == ENODATA { return nil }
        _ = try Files.value(of: result, .inspect, path)
        return bytes
    }
}
