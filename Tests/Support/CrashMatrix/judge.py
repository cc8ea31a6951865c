"""What must be true when no rotation is open any more."""
import re
from base64 import b64decode
from pathlib import Path

from .common import HERE, require, run
from .site import DATABASE

JOURNAL = "rotation.journal"


def judge(case, is_new):
    """Database, env file and backend agree on one value. `is_new` says which; None where both are right. Returns which it was."""
    site = case.site
    env = site.env_file.read_bytes()
    require(env in (case.old_env, case.new_env), "the env file is neither as before nor as it was to be")
    if is_new is None:
        is_new = env == case.new_env
    require((env == case.new_env) == is_new, f"the env file does not have the {'new' if is_new else 'old'} value")
    require(site.bench.sql(f"SELECT datallowconn FROM pg_database WHERE datname = '{DATABASE}'") == "t", "the database is closed")
    code, status = site.json("rotate", "status")
    require(code == 0 and "open" not in status, f"a rotation is open: {status}")
    require(site.answers(), "the backend does not answer")
    running = environment(site)
    for name, values in case.changes.items():
        require(running.get(name.removeprefix("INFISICAL_")) == values[is_new], f"the backend runs on another {name}")
    case.require_data(is_new)
    code, health = site.json("health")
    require(code == 0, f"health: {code} {health}")
    require_nothing_left(site)
    require_no_secrets(case)
    return is_new


def environment(site):
    number = int((site.place / "backend.pid").read_text())
    words = Path(f"/proc/{number}/environ").read_bytes().split(b"\0")
    return dict(word.decode().split("=", 1) for word in words if b"=" in word)


def require_nothing_left(site):
    """The keys of the rotation are put away nowhere any more."""
    published = site.place / "repository" / "rotations"
    left = sorted(path.name for path in published.iterdir() if not path.name.startswith(".tmp-")) if published.exists() else []
    if left:
        # As it is said when no backup could be taken with the new key, and where this host has lost its own keys.
        if site.ops("backup", exit=None).returncode == 3:
            site.ops("init", "--no-configuration", "--adopt", "--yes")
            site.ops("backup")
        site.ops("rotate", "resume", "--yes")
        left = sorted(path.name for path in published.iterdir())
    require(left == [], f"in the repository: {left}")
    state = site.place / "state"
    left = sorted(path.name for path in state.iterdir() if "rotation" in path.name) if state.exists() else []
    require(left in ([JOURNAL], []), f"in the state folder: {left}")


def require_no_secrets(case):
    site, needles = case.site, set()
    for value in re.findall(r"(?m)^(?:INFISICAL_)?(?:ENCRYPTION_KEY|ROOT_ENCRYPTION_KEY|AUTH_SECRET)=(.*)$",
                            (case.old_env + case.new_env).decode()):
        needles.add(value.encode())
        if value.endswith("="):
            needles.add(b64decode(value))
    for folder in ("state", "repository", "tmp"):
        for path in (site.place / folder).rglob("*"):
            if path.is_file():
                content = path.read_bytes()
                require(not any(needle in content for needle in needles), f"a key in {path.relative_to(site.place)}")
    for words, _, result in site.output:
        said = (result.stdout + result.stderr).encode()
        require(not any(needle in said for needle in needles), f"a key in what {' '.join(map(str, words))} prints")
