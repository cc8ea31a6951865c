import Repository
import Testing

/// What is said of a disk that may be too small for the next backup.
@Suite struct RepositoryRoomTests {
    @Test func `room that is left and room that is needed are told in a unit that says something`() {
        let least = RepositoryRoom.warning(free: 40 << 10, added: 700 << 10, size: nil)
        #expect(
            least
                == "the repository's disk has only 40 KiB left; the last backup added 700 KiB, and 16 MiB should be free"
        )
        let large = RepositoryRoom.warning(free: 20 << 20, added: 300 << 20, size: nil)
        #expect(
            large
                == "the repository's disk has only 20 MiB left; the last backup added 300 MiB, and 300 MiB should be free"
        )
        let first = RepositoryRoom.warning(free: 0, added: nil, size: 3 << 30)
        #expect(first == "the repository's disk has only 0 KiB left; the database takes 3072 MiB before compression")
        #expect(RepositoryRoom.warning(free: 16 << 20, added: 1, size: nil) == nil)
        #expect(RepositoryRoom.warning(free: 0, added: nil, size: nil) == nil)
    }
}
