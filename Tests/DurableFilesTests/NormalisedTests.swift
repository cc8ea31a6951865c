import DurableFiles
import Glibc
import TestSupport
import Testing

/// Paths as they are printed: without `.` and `..`, and still those of the same files.
struct NormalisedTests {
    @Test(
        arguments: [
            ("/a/b", "/a/b"), ("/a/../b", "/b"), ("/a/./b/", "/a/b"), ("/a//b/../../c", "/c"), ("/..", "/"),
            ("/../../a", "/a"), ("/a/..", "/"), ("a/../b", "a/../b"), ("/a/..b/c..", "/a/..b/c.."), ("", ""),
            ("/dev/zero/..", "/dev/zero/.."),
        ])
    func `dots are taken out as the system goes them`(path: String, normal: String) {
        #expect(files().normalised(path) == normal)
    }

    @Test func `above a link lies the folder above what it points to`() throws {
        let folder = try TemporaryFolder(), files = files()
        let root = try files.resolved(folder.path)
        for name in ["far/deep", "near"] { try files.createFolder(folder.path(name)) }
        try files.publish([1], at: folder.path("far/file"), existing: .refuse)
        #expect(symlink("../far/deep", folder.path("near/link")) == 0)
        #expect(files.normalised(folder.path("near/link/../file")) == "\(root)/far/file")
        // A link on the way stays as it is written.
        #expect(files.normalised(folder.path("near/link/./x")) == folder.path("near/link/x"))
        #expect(files.normalised(folder.path("near/nothing/../y")) == folder.path("near/y"))
    }
}
