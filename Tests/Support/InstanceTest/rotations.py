"""What the tests of rotations look at: the database by a program that shares nothing with the product, the env file byte by
byte, the container, and what the program says of all of them."""
import hashlib
import json
import re
import secrets

from .common import BACKEND, DATABASE, FIXTURES, HERE, NAME, NETWORK, docker, inspect, require, run

DECRYPTOR = HERE / "rekeying" / "decryptor"
JOURNAL = "rotation.journal"
# What a rotation must leave as it was.
KEPT = ("values", "closed", "misnamed", "indexes", "problems", "boxes", "members", "times", "triggers")


class State:
    """The instance at a moment."""

    def __init__(self, instance, dead=()):
        self.env = (instance.stack / ".env").read_bytes()
        self.container = inspect(BACKEND)
        self.server = inspect(DATABASE)
        self.files = sorted(path.name for path in instance.stack.iterdir())
        self.names = sorted(docker("ps", "-a", "--filter", f"label=com.docker.compose.project={NAME}",
                                   "--format", "{{.Names}}").split())
        self.database = decrypted(instance, dead)
        self.rotations = status(instance)["past"]
        self.backups = backups(instance)

    def value(self, name):
        return re.search(rf"(?m)^INFISICAL_{name}=(.*)$", self.env.decode()).group(1)

    @property
    def policy(self):
        return self.container["HostConfig"]["RestartPolicy"]["Name"]


def decrypted(instance, dead=()):
    """Everything in the database, opened with the keys of the env file alone. `dead` are keys, in hex, with which nothing may
    open: what does is listed under `dead`."""
    address = inspect(DATABASE)["NetworkSettings"]["Networks"][NETWORK]["IPAddress"]
    text = (instance.stack / ".env").read_text()
    password = re.search(r"(?m)^INFISICAL_POSTGRES_PASSWORD=(.*)$", text).group(1)
    known = instance.folder / "dead.json"
    known.write_text(json.dumps({"keys": list(dead)}))
    found = json.loads(run(DECRYPTOR, f"host={address} user=postgres password={password} dbname=postgres",
                           instance.stack / ".env", "--keys", "--dead", known).stdout)
    # Rows come in the order in which they lie, which a rotation changes.
    return found | {name: sorted(found[name]) for name in ("closed", "dead", "misnamed", "indexes", "problems")}


def status(instance, exit=0):
    return instance.json("rotate", "status", exit=exit)


def backups(instance):
    return sorted(path.stem for path in (instance.folder / "repository" / "backups").glob("*.json"))


def stored_copies(value):
    """Names of the secrets that hold a value, or hold it among other things."""
    truth = json.loads((FIXTURES / "infisical-2024-10" / "truth.json").read_text())
    return sorted(secret["key"] for project in truth["projects"] for environment in project["environments"]
                  for folder in environment["folders"] for secret in folder["secrets"] if value in secret["value"])


def key_file(instance, variable, value):
    path = instance.folder / f"new-{secrets.token_hex(4)}.env"
    path.write_text(f"INFISICAL_{variable}={value}\n")
    path.chmod(0o600)
    return path


def label(key):
    return hashlib.sha256(b"infisical:kek-fingerprint:v1" + key.encode()).hexdigest()[:32]


def in_hex(key):
    return key.encode().hex()


def well_with(state):
    """For STANDIN_WELL_WITH: the stand-in works with the keys and the password of this state and with no others."""
    address = next(line.partition("=")[2] for line in state.container["Config"]["Env"] if line.startswith("DB_CONNECTION_URI="))
    return hashlib.sha256(f"{state.value('ENCRYPTION_KEY')}\n{state.value('AUTH_SECRET')}\n{address}".encode()).hexdigest()


def replaced(state, variable, value):
    """The env file with another value of a variable, and not a byte else."""
    old = f"INFISICAL_{variable}={state.value(variable)}".encode()
    require(state.env.count(old) == 1, f"the env file has {variable} not once")
    return state.env.replace(old, f"INFISICAL_{variable}={value}".encode())


def require_same_data(before, after, where):
    for name in KEPT:
        require(before.database[name] == after.database[name], f"{where}: {name} differ: "
                + differing(before.database[name], after.database[name]))


def differing(before, after):
    if isinstance(before, dict) and isinstance(after, dict):
        before, after = set(before.items()), set(after.items())
    if isinstance(before, (set, list)) and isinstance(after, (set, list)):
        return f"gone {[x for x in before if x not in after][:5]}, new {[x for x in after if x not in before][:5]}"
    return f"{before} before, {after} after"


def require_untouched(instance, before, where):
    """Nothing was written: neither database nor file, and the container runs on."""
    after = State(instance)
    require_same_data(before, after, where)
    require(after.env == before.env, f"{where}: the env file was written")
    require(after.database["keys"] == before.database["keys"], f"{where}: the database has other keys")
    require((after.container["Id"], after.container["State"]["StartedAt"])
            == (before.container["Id"], before.container["State"]["StartedAt"]), f"{where}: the container was restarted")
    require(after.policy == before.policy and after.names == before.names, f"{where}: containers: {after.names}")
    require(after.rotations == before.rotations and after.backups == before.backups, f"{where}: something was begun")


def require_works(instance, where):
    """What holds after every rotation, whichever way it went."""
    health = instance.json("health", "--wait", "60s")
    require(health["findings"] == [], f"{where}: health finds {health['findings']}")
    right, words = instance.truth()
    require(right, f"{where}: the truth: {words}")
    require(inspect(BACKEND)["HostConfig"]["RestartPolicy"]["Name"] == "unless-stopped", f"{where}: the restart policy")
    require(instance.sql("SELECT datallowconn FROM pg_database WHERE datname = 'postgres'", "template1") == "t",
            f"{where}: the database is closed")
    require("open" not in status(instance), f"{where}: a rotation is open")
    left = sorted(path.name for path in (instance.folder / "state").iterdir() if "rotation" in path.name)
    require(left == [JOURNAL], f"{where}: in the state folder: {left}")
    left = [path.name for path in (instance.folder / "repository").glob("rotations/*")]
    require(left == [], f"{where}: in the repository: {left}")


def running(instance, variable):
    """What the backend's container has; of the database's password, what its address has."""
    if variable != "POSTGRES_PASSWORD":
        return instance.running(variable)
    return re.search(r"//[^:]*:([^@]*)@", instance.running("DB_CONNECTION_URI")).group(1)


def require_server(before, after, password, dead, where):
    """The container of the database is what it was but for the password, and the role has this one."""
    require(after.server["Image"] == before.server["Image"], f"{where}: the database has another image")
    require(volumes(after.server) == volumes(before.server), f"{where}: the database has other volumes")
    require(f"POSTGRES_PASSWORD={password}" in after.server["Config"]["Env"], f"{where}: the database was made with another password")
    require(after.server["HostConfig"]["RestartPolicy"] == before.server["HostConfig"]["RestartPolicy"],
            f"{where}: the database's restart policy")
    require(logs_in(after.server, password), f"{where}: the role has another password")
    require(not dead or not logs_in(after.server, dead), f"{where}: the role has the password of before")


def volumes(container):
    return sorted((mount["Destination"], mount.get("Name"), mount["Source"]) for mount in container["Mounts"])


def logs_in(container, password):
    address = container["NetworkSettings"]["Networks"][NETWORK]["IPAddress"]
    return run("psql", "-h", address, "-U", "postgres", "-d", "postgres", "-Atc", "SELECT 1", check=False,
               env={"PATH": "/usr/bin:/bin", "PGPASSWORD": password}).stdout.strip() == "1"


def require_rotated(instance, before, after, variable, value, where):
    """Everything has the new value, and nothing is different beside."""
    require(after.env == replaced(before, variable, value), f"{where}: the env file: {after.env!r}"[:2000])
    require(after.container["Id"] != before.container["Id"], f"{where}: it is the same container")
    require(after.container["Image"] == before.container["Image"], f"{where}: it has another image")
    require(after.names == before.names, f"{where}: containers: {after.names}")
    require(after.files == before.files, f"{where}: files beside the env file: {after.files}")
    require(running(instance, variable) == value, f"{where}: the container has another value")
    if variable == "POSTGRES_PASSWORD":
        require(after.server["Id"] != before.server["Id"], f"{where}: it is the same container of the database")
        require_server(before, after, value, before.value(variable), where)
    else:
        require(after.server["Id"] == before.server["Id"], f"{where}: another container of the database")
    require_same_data(before, after, where)
    require(after.database["dead"] == [], f"{where}: opens with an old key: {after.database['dead'][:5]}")


def require_undone(instance, before, after, variable, where, keeps_keys=True):
    """Everything is as it was."""
    require(after.env == before.env, f"{where}: the env file is another one: {differing_lines(before.env, after.env)}")
    require(after.container["Image"] == before.container["Image"], f"{where}: the container has another image")
    require(running(instance, variable) == before.value(variable), f"{where}: the container has another value")
    require_server(before, after, before.value("POSTGRES_PASSWORD"), None, where)
    require(after.names == before.names, f"{where}: containers: {after.names}")
    require(after.files == before.files, f"{where}: files beside the env file: {after.files}")
    require_same_data(before, after, where)
    require(after.database["dead"] == [], f"{where}: opens with the new key: {after.database['dead'][:5]}")
    # After `deep` and `rekey` the keys below stay new ones, wrapped with the old key.
    if keeps_keys:
        require(after.database["keys"] == before.database["keys"], f"{where}: the database has other keys")


def differing_lines(before, after):
    """Names of variables only."""
    lines = set(before.splitlines()) ^ set(after.splitlines())
    return sorted({line.split(b"=")[0].decode() for line in lines})


def dead_after(before, variable, depth):
    """The keys that may open nothing once a rotation is done."""
    if variable != "ENCRYPTION_KEY":
        return []
    if depth == "full":
        return [in_hex(before.value(variable))]
    # Keys that are still in use are left out by the decryptor itself.
    return before.database["keys"] if depth == "rekey" else [in_hex(before.value(variable)), before.database["keys"][1]]


