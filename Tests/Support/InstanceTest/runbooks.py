"""The runbooks, word for word, each on an instance in the state that it is for."""
import re
import shlex
import shutil

from .common import BACKEND, DATABASE, NAME, REDIS, ROOT, docker, inspect, require, run
from .in_place import ensure_backup
from .instance import VICTIM
from .rotations import State, require_works

# Where one of these is missing, the page is about another instance.
LEAKED_KEY = ("rotate encryption-key --depth rekey --stored-copies list --yes",
              "rotate auth-secret --stored-copies list --yes", "census --live")
LOST_KEY = ("status", "restore latest --files ./kept", "keys label --key-file ./kept/.env", "restart --recreate --yes")
FAILED_UPGRADE = ("backup --tag upgrade=before", "restore ID --in-place --yes", "census --live")
MOVED_HOST = ("backup --tag move=last", "recover --signer", "init --adopt")


def runbooks(instance):
    for lived in (leaked_key, lost_key, failed_upgrade, rotation_by_hand, moved_host):
        ensure_backup(instance)
        lived(instance)
        instance.renew()


def leaked_key(instance):
    # The fixture keeps its own keys as secrets, which are left.
    Page("leaked-key", instance, LEAKED_KEY).live(lambda command: 2 if "--stored-copies" in command else 0)


def lost_key(instance):
    page = Page("lost-key", instance, LOST_KEY)
    before = instance.running("ENCRYPTION_KEY")
    instance.recreate(INFISICAL_ENCRYPTION_KEY="00112233445566778899aabbccddeeff")
    page.live()
    require(instance.running("ENCRYPTION_KEY") == before and instance.truth()[0], "lost-key: the instance afterwards")


def failed_upgrade(instance):
    before, compose = inspect(BACKEND), instance.stack / "docker-compose.yml"

    def upgrade():
        """A newer version migrates the database, and ends at every start."""
        made = docker("commit", "--change", 'ENTRYPOINT ["sh", "-c", "echo migration failed >&2; exit 1"]', BACKEND,
                      "infisical-ops-test/newer")
        compose.write_text(compose.read_text().replace("infisical-ops-test/backend", "infisical-ops-test/newer"))
        instance.sql("""INSERT INTO infisical_migrations (name, batch, migration_time) SELECT '20991231000000_newer.mjs',
                        max(batch) + 1, now() FROM infisical_migrations; DELETE FROM secrets_v2""")
        instance.compose("up", "-d", "--no-deps", "infisical-backend")
        require(inspect(BACKEND)["Image"] == made, "the newer version does not run")

    Page("failed-upgrade", instance, FAILED_UPGRADE).live(before={"infisical-ops health": upgrade})
    require(inspect(BACKEND)["Image"] == before["Image"] and instance.truth()[0], "failed-upgrade: the instance afterwards")
    docker("rmi", "-f", "infisical-ops-test/newer")


def moved_host(instance):
    page = Page("moved-host", instance, MOVED_HOST)
    folder, environment = instance.folder / "new-host", dict(instance.environment)
    signer, = (instance.folder / "repository").glob("**/allowed_signers")
    key = folder.with_suffix(".pub")
    key.write_text(" ".join(signer.read_text().split()[1:3]) + "\n")
    fingerprint = run("ssh-keygen", "-l", "-f", key).stdout.split()[1]

    def move():
        """The new host has none of it but the repository and the identity."""
        folder.mkdir()
        # Not the configuration of the machine that runs this.
        (folder / "new.yaml").write_text("")
        instance.environment["INFISICAL_OPS_CONFIG"] = str(folder / "new.yaml")
        identity, = (instance.folder / "state").glob("*/identity.txt")
        shutil.move(identity, folder / "identity.txt")
        shutil.rmtree(instance.folder / "state")
        shutil.move(instance.folder / "repository", folder / "repository")
        docker("rm", "-f", "-v", BACKEND, DATABASE, REDIS)
        docker("volume", "rm", f"{NAME}_infisical-db-data", check=False)
        run("sh", "-c", f"rm -rf {instance.stack}/disk/* {instance.stack}/.env {instance.stack}/docker-compose.yml")

    page.replace({"/mnt/backup/infisical": folder / "repository", "/root/identity.txt": folder / "identity.txt",
                  "SHA256:FINGERPRINT-ON-THE-RECOVERY-SHEET": fingerprint})
    try:
        page.live(before={"export INFISICAL_OPS_REPOSITORY": move})
        require(instance.truth()[0], "moved-host: the instance afterwards")
    finally:
        instance.environment = environment
        shutil.rmtree(folder, ignore_errors=True)


def rotation_by_hand(instance):
    """What RECOVER.md says of a rotation that was cut off, without the program."""
    before, repository = State(instance), instance.folder / "repository"
    ended = instance.ops("rotate", "encryption-key", "--stored-copies", "list", "--yes", exit=None, program=VICTIM,
                         OPS_VICTIM_KIND="killsBefore", OPS_VICTIM_POSITION="1", OPS_VICTIM_EFFECTS="rename",
                         OPS_VICTIM_SUBJECT=".env")
    require(ended.returncode < 0, f"by hand: the rotation was to be killed: {ended.returncode} {ended.stderr[-400:]}")
    text = " ".join((repository / "RECOVER.md").read_text().partition("## A rotation of the key")[2].split())
    opening, = re.findall(r"`(age --decrypt [^`]*)`", text)
    identity, = (instance.folder / "state").glob("*/identity.txt")
    sealed, = (repository / "rotations").glob("*.age")
    opened = run("bash", "-c", opening.replace("identity.txt", str(identity)).replace("rotations/<id>.age", str(sealed)))
    new, old = (line.partition("=") for line in opened.stdout.splitlines())
    require(old[0] == new[0] == "ENCRYPTION_KEY" and old[2] == before.value("ENCRYPTION_KEY") != new[2], "by hand: the keys")
    opening, = re.findall(r"`(ALTER DATABASE [^`]*)`", text)
    instance.sql(opening.replace(" name ", " postgres "), "template1")
    instance.recreate(INFISICAL_ENCRYPTION_KEY=new[2])
    policy, = re.findall(r"`(docker update [^`]*)`", text)
    run(*policy.replace("infisical-backend", BACKEND).split())
    health = instance.json("health", "--wait", "60s", exit=14)
    require(health["healthy"] and instance.truth()[0], f"by hand: the instance afterwards: {health}")
    # The program finds all of it done.
    done = instance.json("rotate", "resume", "--yes", exit=2)
    require(done["outcome"] == "rotated", f"by hand: {done}")
    instance.env_text = (instance.stack / ".env").read_text()
    require_works(instance, "by hand")
    print("  RECOVER.md: a rotation that was cut off is finished by hand, and the program finds it done", flush=True)


class Page:
    """The commands of a page in their order. One that is to end with another code than 0 says so behind it."""

    def __init__(self, name, instance, needed):
        self.name, self.instance = name, instance
        text = (ROOT / "docs" / "runbooks" / f"{name}.md").read_text()
        blocks = re.findall(r"^```sh\n(.*?)^```", text, re.M | re.S)
        self.lines = [line for block in blocks for line in block.splitlines() if line]
        self.replace({"/srv/infisical": instance.stack, "infisical-backend": BACKEND})
        # The page begins in a folder that has none.
        shutil.rmtree(instance.folder / "kept", ignore_errors=True)
        said = [line.partition(" ")[2] for line in self.lines if line.startswith("infisical-ops ")]
        missing = [one for one in needed if not any(command.startswith(one) for command in said)]
        require(not missing, f"{name}: it does not say {missing}")

    def replace(self, values):
        for old, new in values.items():
            self.lines = [line.replace(old, str(new)) for line in self.lines]

    def live(self, allowed=lambda words: 0, before=None):
        """`before` is what happens before a line that begins so."""
        before = dict(before or {})
        for line in self.lines:
            for start in [start for start in before if line.startswith(start)]:
                before.pop(start)()
            words = shlex.split(line, comments=True)
            if words[0] == "export":
                name, _, value = words[1].partition("=")
                self.instance.environment[name] = value
                continue
            expected = int((re.findall(r"# ends with (\d+)", line) or [0])[0])
            if words[0] == "infisical-ops":
                ended = self.instance.ops(*(self.named() if word == "ID" else word for word in words[1:]), exit=None)
            elif words[:2] == ["docker", "compose"]:
                # The folder of the project is where this runs.
                ended = self.instance.compose(*(word for word in words[2:] if word not in
                                                ("--project-directory", str(self.instance.stack))), check=False)
            else:
                ended = run(*words, cwd=self.instance.folder, check=False)
            require(ended.returncode in (expected, allowed(words)),
                    f"{self.name}: {' '.join(words)}: {ended.returncode}: {ended.stdout[-400:]}{ended.stderr[-800:]}")
        require(not before, f"{self.name}: no line begins with {list(before)}")
        print(f"  {self.name}: {len(self.lines)} commands, each ended as the page says", flush=True)

    def named(self):
        """The backup that the page has named by its tag."""
        listed = self.instance.json("list", "--tag", "upgrade=before")
        return listed["backups"][-1]["id"]
