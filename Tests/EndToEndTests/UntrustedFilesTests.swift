import FoundationEssentials
import LiveSupport
import Postgres
import Processes
import TestSupport
import Testing

/// What a stranger left in the folder that root happens to be in decides nothing.
@Suite struct UntrustedFilesTests {
    @Test func `a stranger's configuration and its programs are not used, root's with a user's env file are`() throws {
        let instance = try OpsInstance(nil)
        try instance.sql("CREATE TABLE t AS SELECT 1 AS a")
        instance.environment["INFISICAL_OPS_CONFIG"] = nil
        instance.environment["XDG_CONFIG_HOME"] = .plain(instance.path("none"))
        let output = try instance.shell(
            """
            chmod a+rx "$HOME/.." "$HOME"
            printf '#!/bin/sh\\ntouch "%s/ran"\\nexit 1\\n' "$HOME" >evil; chmod 755 evil
            printf 'backup: { pg_dump: ./evil }\\ninstance: { commands: { stop: [./evil], start: [./evil] } }\\n' >infisical-ops.yaml
            chown 4000001:4000001 evil infisical-ops.yaml
            try() { code=0; "$OPS" "$@" --json >/dev/null 2>"$HOME/errors" || code=$?; echo "$code $(grep -o '"code":"[^"]*"' "$HOME/errors")"; }
            for command in backup status 'backup --dry-run' 'config show' 'list' 'verify' 'restart --yes'; do try $command; done
            grep -o 'run: chown -h root [^"]*yaml' "$HOME/errors" | sed "s|$HOME|HOME|"
            chown root infisical-ops.yaml; try backup
            chown root evil; chmod 777 evil; try backup
            chmod 755 evil; chmod 757 .; try backup
            test ! -e "$HOME/ran" && echo nothing ran
            chmod 755 .; try backup
            test -e "$HOME/ran" && echo root\\'s own ran; rm -f ran infisical-ops.yaml
            # The usual host: root's cron, the env file of a user whose umask is 002.
            chown 4000001:4000001 "$INFISICAL_OPS_ENV_FILE"; chmod 664 "$INFISICAL_OPS_ENV_FILE"
            for command in backup status verify; do try $command; done
            chmod 666 "$INFISICAL_OPS_ENV_FILE"; try backup
            grep -o 'run: chmod o-w' "$HOME/errors"
            """
        ).expect(0).output
        #expect(
            output == String(repeating: "3 \"code\":\"settings.untrusted-file\"\n", count: 7)
                + "run: chown -h root HOME/infisical-ops.yaml\n"
                + String(repeating: "3 \"code\":\"settings.untrusted-file\"\n", count: 3) + "nothing ran\n"
                + "1 \"code\":\"process.failed\"\nroot's own ran\n0 \n0 \n0 \n3 \"code\":\"settings.untrusted-file\"\n"
                + "run: chmod o-w\n")
    }

    @Test func `what is named with --config is used`() throws {
        let instance = try OpsInstance(nil)
        try instance.sql("CREATE TABLE t AS SELECT 1 AS a")
        try instance.write(Array("backup: { jobs: 1 }\n".utf8), to: instance.configuration)
        try instance.shell("chown 4000001:4000001 \"$INFISICAL_OPS_CONFIG\"; chmod 666 \"$INFISICAL_OPS_CONFIG\"")
            .expect(0)
        try instance.ops("backup").expect(0)
        instance.environment["INFISICAL_OPS_CONFIG"] = nil
        try instance.ops("backup", "--config", instance.configuration).expect(0)
    }
}
