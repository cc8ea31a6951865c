"""A restore in place, its undo, and what it refuses."""
import re

from .common import BACKEND, REDIS, docker, inspect, require


def other_contents(instance):
    # As many as before, so that nothing but the contents is amiss.
    instance.sql("UPDATE secrets_v2 SET key = 'OTHER_' || key; UPDATE super_admin SET \"allowSignUp\" = false")


def is_other(instance):
    """OptionalQuery through the API: none of the secrets is there."""
    right, words = instance.truth()
    differ = re.search(r"(\d+) differ", " ".join(words))
    return not right and differ is not None and int(differ.group(1)) > 3000


def ensure_backup(instance):
    if not (instance.folder / "repository").exists():
        instance.ops("init", "--no-configuration", "--yes")
    instance.heal()
    require(instance.truth()[0], f"the truth before: {instance.truth()[1]}")
    instance.ops("backup")


def kept_names(instance):
    return instance.sql("SELECT datname FROM pg_database WHERE datname ~ '^postgres_(before|restored|undone)_'",
                        "template1").split()


def drop_kept(instance):
    for name in kept_names(instance):
        instance.sql(f'DROP DATABASE "{name}" WITH (FORCE)', "template1")


def in_place(instance):
    ensure_backup(instance)
    other_contents(instance)
    docker("exec", REDIS, "redis-cli", "set", "marker", "1")
    policy = inspect(BACKEND)["HostConfig"]["RestartPolicy"]["Name"]
    done = instance.json("restore", "--in-place", "--yes")
    right, words = instance.truth()
    require(right, f"the truth after the restore: {words}")
    require(docker("exec", REDIS, "redis-cli", "exists", "marker") == "0", "Redis was not emptied")
    require(any("AUTH_SECRET" in warning for warning in done["warnings"]), "a new AUTH_SECRET is not recommended")
    require(inspect(BACKEND)["HostConfig"]["RestartPolicy"]["Name"] == policy, "the restart policy was not put back")
    require(done["undo"][-1].endswith("ALLOW_CONNECTIONS true;"), f"undo: {done['undo']}")
    docker("exec", REDIS, "redis-cli", "set", "marker", "1")
    undone = instance.json("restore", "--in-place", "--undo", "--keep-redis", "--yes")
    require(undone["outcome"] == "undone" and undone["kept"].startswith("postgres_undone_"), f"the undo: {undone}")
    require(any("AUTH_SECRET" in warning for warning in undone["warnings"]), "the undo does not warn of old tokens")
    require(is_other(instance), "the undo did not bring the other contents back")
    require(docker("exec", REDIS, "redis-cli", "exists", "marker") == "1", "Redis was emptied in spite of --keep-redis")
    redone = instance.json("restore", "--in-place", "--undo", "--yes")
    require(redone["outcome"] == "redone" and redone["kept"].startswith("postgres_before_"), f"the redo: {redone}")
    require(instance.truth()[0], "the undo of the undo")
    # By hand, as it is printed.
    kept = instance.sql("SELECT datname FROM pg_database WHERE NOT datallowconn AND datname ~ '_before_'", "template1")
    docker("stop", "-t", "5", BACKEND)
    for statement in ('ALTER DATABASE "postgres" RENAME TO "postgres_undone"',
                      f'ALTER DATABASE "{kept}" RENAME TO "postgres"',
                      'ALTER DATABASE "postgres" WITH ALLOW_CONNECTIONS true'):
        instance.sql(statement, "template1")
    docker("start", BACKEND)
    instance.ops("health", "--wait", "60s")
    require(is_other(instance), "the undo by hand")
    instance.sql('DROP DATABASE "postgres_undone"', "template1")
    # Another key in force, as after a rotation: the copy is encrypted with it.
    instance.edit(INFISICAL_ENCRYPTION_KEY="0123456789abcdef0123456789abcdef")
    exchanged = instance.ops("restore", "--in-place", "--yes")
    require("encrypting the copy" in exchanged.stdout and instance.truth()[0], f"another key: {exchanged.stdout}")
    (instance.stack / ".env").write_text(instance.env_text)
    instance.ops("restore", "--in-place", "--undo", "--yes")
    require(is_other(instance), "the undo under another key")
    drop_kept(instance)
    # The way out: the container runs on another key, the env file has that of the backup.
    instance.recreate(INFISICAL_ENCRYPTION_KEY="0123456789abcdef0123456789abcdef")
    (instance.stack / ".env").write_text(instance.env_text)
    instance.ops("restore", "--in-place", "--yes")
    require(instance.truth()[0], "the truth after a restore under another running key")
    # Nothing to undo, no room, Redis gone.
    drop_kept(instance)
    require("in-place.nothing-to-undo" == instance.json("restore", "--in-place", "--undo", "--yes", exit=3)["code"],
            "nothing to undo")
    docker("stop", "-t", "2", REDIS)
    require("in-place.redis-unreachable" == instance.json("restore", "--in-place", "--yes", exit=3)["code"],
            "Redis gone")
    instance.heal()
