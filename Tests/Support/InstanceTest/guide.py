"""The usage guide's own set-up: the instance's keys lie in Infisical, a start script exports them into an env file before
every start, and Compose reads that one after `.env`. Compose 2 only: version 1 takes one env file."""
import json
import urllib.parse
import urllib.request

from .common import BACKEND, FIXTURES, PORT, inspect, require
from .in_place import ensure_backup
from .rotate import IS_WHOLE
from .rotations import State, differing, require_untouched, stored_copies
from .stored_copies import ENVIRONMENT, KEY, PROJECT, admit, forget, identify, restarted, rotate

EXPORTED = ".env.infisical"
BOTH = ("--env-file", ".env", "--env-file", EXPORTED)
FORCED = ("--force-recreate", "infisical-backend")
# Holds the fixture's first key among other things, and is no business of the start script.
OTHER = "KEY_BACKUP"


def guide(instance):
    """What a start makes of each way to treat the copies, for each of the three."""
    require(instance.is_version2, "the guide's two env files need version 2 of Compose")
    ensure_backup(instance)
    accounts = json.loads((FIXTURES / "infisical-2024-10" / "accounts.json").read_text())["identities"][0]
    identify(instance, accounts)
    admit(instance, accounts)
    try:
        start(instance, accounts, *FORCED)
        files = inspect(BACKEND)["Config"]["Labels"]["com.docker.compose.project.environment_file"]
        require(files == f"{instance.stack}/.env,{instance.stack}/{EXPORTED}", f"the files of the project: {files}")
        alive(instance)
        undecided(instance)
        updated(instance, accounts)
        strayed(instance, accounts)
        start(instance, accounts, *FORCED)
        alive(instance)
        listed(instance, accounts)
        removed(instance, accounts)
    finally:
        (instance.stack / EXPORTED).unlink(missing_ok=True)
        forget(instance)
        instance.renew()


def exported(accounts):
    """What the start script reads, over the API."""
    def ask(path, document=None, token=None):
        request = urllib.request.Request(f"http://127.0.0.1:{PORT}{path}",
                                         data=None if document is None else json.dumps(document).encode())
        request.add_header("Content-Type", "application/json")
        if token:
            request.add_header("Authorization", f"Bearer {token}")
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.load(answer)

    token = ask("/api/v1/auth/universal-auth/login",
                {"clientId": accounts["clientId"], "clientSecret": accounts["clientSecrets"][0]})["accessToken"]
    truth = json.loads((FIXTURES / "infisical-2024-10" / "truth.json").read_text())
    project = next(project["id"] for project in truth["projects"] if project["slug"] == PROJECT)
    query = urllib.parse.urlencode({"workspaceId": project, "environment": ENVIRONMENT, "secretPath": "/"})
    return {secret["secretKey"]: secret["secretValue"]
            for secret in ask(f"/api/v3/secrets/raw?{query}", token=token)["secrets"]}


def start(instance, accounts, *words):
    """As the start script does it: an export, then Compose with both files."""
    values = exported(accounts)
    (instance.stack / EXPORTED).write_text("".join(
        "{}='{}'\n".format(name, value.replace("'", r"\'")) for name, value in sorted(values.items())))
    instance.compose(*BOTH, "up", "-d", *words)
    return values


def alive(instance):
    health = instance.json("health", "--wait", "60s")
    require(health["healthy"], f"after a start: {health}")


def undecided(instance):
    before, export = State(instance), (instance.stack / EXPORTED).read_bytes()
    for kind in ("encryption-key", "auth-secret", "database-password"):
        problem = instance.json("rotate", kind, "--yes", exit=3)
        require(problem["code"] == "rotation.stored-copies", f"{kind}, without a choice: {problem}")
    require_untouched(instance, before, "without a choice")
    require((instance.stack / EXPORTED).read_bytes() == export, "without a choice: the export was written")
    print("  without a choice each of the three is refused, and nothing is written", flush=True)


def updated(instance, accounts):
    kinds = [("encryption-key", "ENCRYPTION_KEY"), ("auth-secret", "AUTH_SECRET"), ("database-password", "POSTGRES_PASSWORD")]
    for kind, variable in kinds if IS_WHOLE else kinds[:1]:
        start(instance, accounts, *FORCED)
        alive(instance)
        before = State(instance)
        left = [OTHER] if OTHER in stored_copies(before.value(variable)) else []
        done = instance.json("rotate", kind, "--stored-copies", "update", "--yes", exit=2 if left else 0)
        require(done["outcome"] == "rotated" and len(done["left"]) == len(left), f"{kind}: {done}")
        value = State(instance).value(variable)
        require(value != before.value(variable), f"{kind}: .env has the old value")
        export = (instance.stack / EXPORTED).read_bytes()
        values = start(instance, accounts)
        require(values[f"INFISICAL_{variable}"] == value, f"{kind}: the export has another value than .env")
        again = (instance.stack / EXPORTED).read_bytes()
        require(again == export, f"{kind}: a new export changes the file: "
                + differing(export.decode().splitlines(), again.decode().splitlines()))
        alive(instance)
        restarted(instance)
        # Without the export, as after --skip-infisical.
        instance.compose("up", "-d", *FORCED)
        alive(instance)
    print(f"  update: an export, a start with both files and one with .env alone agree, for {'each of the three' if IS_WHOLE else 'the key'}",
          flush=True)


def strayed(instance, accounts):
    """The containers were made with `.env` alone, and a later start with the export as well changed nothing."""
    start(instance, accounts)
    alive(instance)
    planned = instance.json("rotate", "auth-secret", "--stored-copies", "update", "--dry-run", exit=2)
    done = instance.json("rotate", "auth-secret", "--stored-copies", "update", "--yes", exit=2)
    require(len(done["left"]) == 1 and f"{instance.stack}/{EXPORTED}" in done["left"][0], f"beside: {done}")
    require(any(EXPORTED in step for step in planned["steps"]), f"beside, in the plan: {planned}")
    start(instance, accounts)
    alive(instance)
    print("  an export that the containers were not made with is named", flush=True)


def listed(instance, accounts):
    """Left to the operator, who forgets it: the next rotation knows what that secret would do, whatever its age."""
    done = rotate(instance, "list", exit=2)
    require(any(KEY in text for text in done["left"]), f"list: {done}")
    alive(instance)
    first = exported(accounts)[KEY]
    done = rotate(instance, "list", exit=2)
    require(sum(KEY in text and "earlier key" in text for text in done["left"]) == 1, f"list, once more: {done}")
    problem = rotate(instance, None, exit=3)
    require(problem["code"] == "rotation.stored-copies" and "earlier key" in problem["message"], f"an earlier key: {problem}")
    require(exported(accounts)[KEY] == first, "list: the secret was written")
    print("  list: the secret is named at the end, and by every later rotation, as an earlier key", flush=True)


def removed(instance, accounts):
    done = rotate(instance, "remove")
    require(done["outcome"] == "rotated" and done["left"] == [], f"remove: {done}")
    require(KEY not in start(instance, accounts), "remove: the secret is still exported")
    alive(instance)
    restarted(instance)
    print("  remove: nothing is exported any more; starts and restarts agree", flush=True)
