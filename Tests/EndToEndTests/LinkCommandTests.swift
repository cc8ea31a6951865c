import Effects
import FoundationEssentials
import Glibc
import LiveSupport
import Postgres
import Processes
import TestSupport
import Testing

/// Every folder of a repository and of a host's state as a symbolic link to somebody else's folder, under every command
/// that works in it.
@Suite struct LinkCommandTests {
    private static let folders = [
        "keys", "chunks", "chunks/aa", "backups", "escrow", "proofs", "proofs/ID", "removals", "quarantine", "tmp",
        "locks",
    ]

    private static let commands: [(name: String, arguments: String)] = [
        ("backup", "backup"), ("repair", "repair --yes"), ("verify", "verify --all"),
        ("restore", "restore latest --files $HOME/kept --yes"), ("init", "init --yes --no-configuration"),
        ("status", "status"),
    ]

    private func prepared() throws -> OpsInstance {
        let instance = try OpsInstance(nil)
        // Some hundred chunks, so that nearly every folder of `chunks/` has one.
        try instance.sql(
            "CREATE TABLE t AS SELECT g AS a, md5(g::text) || md5((g + 1)::text) AS b FROM generate_series(1, 40000) g")
        try instance.ops("backup").expect(0)
        try instance.ops("verify").expect(0)
        return instance
    }

    @Test func `no command works behind a link in the repository, and each that meets one says so`() throws {
        let instance = try prepared(), id = try instance.ids()[0]
        let script = Self.folders.map { folder in
            let place = folder.replacing("ID", with: id)
            return Self.commands.map { name, arguments in
                """
                fresh; R="$REPOSITORY/\(place)"
                mkdir -p "$R"; mv "$R" "$HOME/victim"; ln -s "$HOME/victim" "$R"
                echo precious >"$HOME/victim/precious"; echo x >"$HOME/victim/.tmp-0123456789abcdef"
                chmod 755 "$HOME/victim"; picture >"$HOME/before"
                code=0; timeout 60 "$OPS" \(arguments) >/dev/null 2>"$HOME/errors" || code=$?
                picture >"$HOME/after"
                cmp -s "$HOME/before" "$HOME/after" && same=same || same=CHANGED
                grep -q 'symbolic link' "$HOME/errors" && said=said || said=silent
                grep -q 'hint:' "$HOME/errors" && hint=hint || hint=none
                echo "\(folder) \(name) $code $same $said $hint"
                """
            }.joined(separator: "\n")
        }.joined(separator: "\n")
        let output = try instance.shell(
            """
            picture() { (cd "$HOME/victim" && find . -printf '%p %m %T@ %n %y\\n' | sort; find . -type f -exec sha256sum {} + | sort); }
            fresh() {
                rm -rf "$HOME/victim" "$HOME/kept"; find "$REPOSITORY" -mindepth 1 -delete
                cp -a "$HOME/whole/." "$REPOSITORY"
            }
            # In memory nothing waits for the disk.
            mount -t tmpfs tmpfs "$HOME"; cp -a "$REPOSITORY" "$HOME/whole"; mount -t tmpfs -o mode=700 tmpfs "$REPOSITORY"
            \(script)
            """
        ).expect(0).output
        let lines = output.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
        #expect(lines.count == Self.folders.count * Self.commands.count)
        for line in lines {
            try #require(line.count == 6)
            let title = Comment(rawValue: line.joined(separator: " "))
            #expect(line[3] == "same", title)
            // A backup, a lock and whatever needs what lies behind the link refuse; the rest goes on without it.
            let goesAround =
                [
                    "backups": ["init"], "locks": ["init", "status", "restore"], "keys": [],
                ][line[0]] ?? Self.commands.map(\.name)
            if line[1] == "backup" || !goesAround.contains(line[1]) {
                #expect(["3", "13"].contains(line[2]) && line[4] == "said" && line[5] == "hint", title)
            }
            #expect(["0", "2", "3", "10", "13"].contains(line[2]), title)
        }
    }

    @Test func `a lock file that is another file's other name is not written`() throws {
        let instance = try prepared()
        let output = try instance.shell(
            """
            echo precious >"$HOME/precious"
            for lock in backup repository; do
                for make in 'ln' 'ln -s' 'fifo'; do
                    rm -f "$REPOSITORY/locks/$lock"
                    case $make in fifo) mkfifo "$REPOSITORY/locks/$lock" ;; *) $make "$HOME/precious" "$REPOSITORY/locks/$lock" ;; esac
                    for command in backup verify 'repair --yes'; do
                        code=0; timeout 60 "$OPS" $command --json >/dev/null 2>"$HOME/errors" || code=$?
                        test "$(cat "$HOME/precious")" = precious || echo "$lock $make $command: overwritten"
                        case $lock:$command in backup:verify | backup:repair*) want=0 ;; *) want=3 ;; esac
                        test $code = $want || echo "$lock $make $command: $code"
                        test $code != 3 || grep -q file.unfit "$HOME/errors" || cat "$HOME/errors"
                    done
                done
                rm -f "$REPOSITORY/locks/$lock"
            done
            "$OPS" backup -q && echo whole again
            """
        ).expect(0).output
        #expect(output == "whole again\n")
    }

    @Test func `links in the state folder lead nowhere`() throws {
        let instance = try prepared()
        let output = try instance.shell(
            """
            ID=$(ls "$STATE" | grep -E '^[0-9a-f]{32}$'); cp -a "$STATE" "$HOME/whole"
            picture() { (cd "$HOME/victim" && find . -printf '%p %m %T@ %n %y\\n' | sort; find . -type f -exec sha256sum {} + | sort); }
            for command in backup 'verify' 'init --yes --no-configuration' 'repository rekey --yes'; do
                rm -rf "$STATE" "$HOME/victim"; cp -a "$HOME/whole" "$STATE"
                mv "$STATE/$ID" "$HOME/victim"; ln -s "$HOME/victim" "$STATE/$ID"; picture >"$HOME/before"
                code=0; "$OPS" $command >/dev/null 2>"$HOME/errors" || code=$?
                picture >"$HOME/after"; cmp "$HOME/before" "$HOME/after"
                grep -q 'is a symbolic link' "$HOME/errors" || cat "$HOME/errors"
                echo "$command $code"
            done
            rm -rf "$STATE"; mv "$HOME/whole" "$HOME/real"; ln -s "$HOME/real" "$STATE"
            "$OPS" backup -q; echo "the state folder itself $?"
            mv "$REPOSITORY" "$HOME/repository"; ln -s "$HOME/repository" "$REPOSITORY"
            "$OPS" backup -q; "$OPS" verify --all -q; "$OPS" repair --yes -q; echo "the repository itself $?"
            """.replacing("$STATE", with: instance.state)
        ).expect(0).output
        #expect(
            output == """
                backup 3
                verify 3
                init --yes --no-configuration 3
                repository rekey --yes 3
                the state folder itself 0
                the repository itself 0

                """)
    }
}
