"""Rotations of the running instance: done, refused, and taken back. Each of them refuses to run beside another container with
the same key, so these parts are not for several instances of one engine (--stacks)."""
import os
import re
import secrets
import shutil
import subprocess
import time

from .common import NETWORK, Failed, docker, require, run, wait_until
from .in_place import ensure_backup
from .rotations import (State, dead_after, in_hex, key_file, label, replaced, require_rotated, require_same_data, require_undone,
                        require_untouched, require_works, stored_copies, well_with)

ALL_KINDS = (("encryption-key", "full"), ("encryption-key", "deep"), ("encryption-key", "rekey"), ("auth-secret", None),
             ("database-password", None))
IS_WHOLE = os.environ.get("INSTANCE_TEST_ROTATIONS") == "all"
KINDS = ALL_KINDS if IS_WHOLE else (ALL_KINDS[0], *ALL_KINDS[-2:])


def words(kind, depth, *more):
    # The fixture keeps its own keys as secrets, which is what these are refused for without a word about it.
    return ("rotate", kind, *(("--depth", depth) if depth else ()), "--stored-copies", "list", *map(str, more))


def variable(kind):
    return {"encryption-key": "ENCRYPTION_KEY", "auth-secret": "AUTH_SECRET", "database-password": "POSTGRES_PASSWORD"}[kind]


def fresh(kind):
    return secrets.token_hex(32 if kind == "auth-secret" else 16)


def rotate(instance):
    """Each kind, there and back."""
    ensure_backup(instance)
    every(instance, lambda: rehearsed(instance),
          *(lambda kind=kind, depth=depth: there_and_back(instance, kind, depth) for kind, depth in KINDS))


def rotate_newest(instance):
    """The newest era: nothing is left of the old key, or, natively, what the server itself keeps of it."""
    before = instance.fixture
    instance.renew("infisical-s8")
    try:
        ensure_backup(instance)
        every(instance, *(lambda depth=depth: there_and_back(instance, "encryption-key", depth) for depth in ("full", "rekey")),
              lambda: natively(instance))
    finally:
        instance.renew(before)


def rotate_refused(instance):
    """What a rotation is not begun for, without a write."""
    ensure_backup(instance)
    every(instance, lambda: refusals(instance), lambda: new_keys(instance), lambda: strange_container(instance),
          lambda: sick_before(instance))


def rotate_undone(instance):
    """What is taken back, and somebody else at the env file."""
    ensure_backup(instance)
    every(instance, lambda: edited_meanwhile(instance),
          *(lambda kind=kind, depth=depth: taken_back(instance, kind, depth)
            for kind, depth in (KINDS if IS_WHOLE else (KINDS[0], KINDS[-1]))),
          lambda: edited_and_taken_back(instance))


def every(instance, *parts):
    """All of them, also when one fails; a failure leaves the next ones an instance of the beginning."""
    first, wrong = State(instance).env, []
    for part in parts:
        try:
            part()
            require((instance.stack / ".env").read_bytes() == first, "the env file is not what it was at the beginning")
        except (Failed, subprocess.TimeoutExpired, KeyError, ValueError, StopIteration) as problem:
            wrong.append(f"{type(problem).__name__}: {problem}")
            print(f"  WRONG: {wrong[-1]}", flush=True)
            instance.renew()
            ensure_backup(instance)
    require(not wrong, f"{len(wrong)} of {len(parts)}")


# There and back

def there_and_back(instance, kind, depth):
    before = State(instance)
    planned(instance, kind, depth, before)
    # A value that the program makes, then the old one out of a file.
    done = rotated(instance, kind, depth, before)
    back = rotated(instance, kind, depth, State(instance), before.value(variable(kind)))
    require(State(instance).env == before.env, "there and back: the env file")
    print(f"  {kind} {depth or '':5}  down for {done['downtime']:.1f} s and {back['downtime']:.1f} s"
          + (f", {done['rewritten']} values" if depth else ""), flush=True)


def rehearsed(instance):
    """The same on a copy; of the instance nothing changes but that it has one backup more, without a proof."""
    before = State(instance)
    done = instance.json(*words("encryption-key", "rekey", "--rehearse"))
    require(done["drill"]["proven"] == "boots" and done["rewritten"] > 0 and "canary" in done["drill"], f"rehearsed: {done}")
    require(done["expectedDowntime"] > done["exchangeSeconds"] > 0, f"rehearsed: {done}")
    require("not proven" not in str(done) and done["exit"] == 0, f"rehearsed: {done}")
    taken, = (backup for backup in instance.json("list")["backups"] if backup["id"] not in before.backups)
    require("drilled" not in taken and taken["id"] == done["drill"]["backup"], f"rehearsed: {taken}")
    before.backups = sorted([*before.backups, taken["id"]])
    require_untouched(instance, before, "rehearsed")
    print(f"  rehearsed: {done['rewritten']} values in {done['exchangeSeconds']:.1f} s, "
          f"{done['expectedDowntime']:.1f} s without Infisical are expected", flush=True)


def planned(instance, kind, depth, before):
    copies = stored_copies(before.value(variable(kind)))
    plan = instance.json(*words(kind, depth, "--dry-run"), exit=2 if copies else 0)
    text = "\n".join(plan["steps"])
    require(before.value(variable(kind)) not in text and str(instance.stack / ".env") in text, f"the plan: {text}")
    require_untouched(instance, before, f"{kind} --dry-run")


def rotated(instance, kind, depth, before, value=None):
    """One rotation and everything that must be true of it."""
    where, name = f"{kind} {depth or ''}", variable(kind)
    more = ["--new-key-file", key_file(instance, name, value)] if value else []
    copies = stored_copies(before.value(name))
    overheard = listening(instance)
    done = instance.json(*words(kind, depth, *more, "--yes"), exit=2 if copies else 0, PATH=f"{overheard}:/usr/bin:/bin")
    require((done["outcome"], done["inForce"]) == ("rotated", "new"), f"{where}: {done}")
    require_unsaid(overheard, before.env + (instance.stack / ".env").read_bytes(), where)
    require_copies(copies, done["left"], where)
    require(done["downtime"] > 0, f"{where}: no downtime")
    after = State(instance, dead_after(before, name, depth))
    value = value or after.value(name)
    require(value != before.value(name), f"{where}: it is the old value")
    require_rotated(instance, before, after, name, value, where)
    require_works(instance, where)
    last = after.rotations[-1]
    require((last["rotation"], last["outcome"]) == (done["rotation"], "rotated"), f"{where}: {after.rotations}")
    if depth:
        opens(instance, before, name, value)
        require_depth(before, after, depth)
    else:
        require(after.database["by"] == before.database["by"], f"{where}: the keys of the database are others")
    news = [backup for backup in after.backups if backup not in before.backups]
    require(sorted([done["backupBefore"], done["backupAfter"]]) == news, f"{where}: backups {news}, and {done}")
    verified = instance.json("verify", *news, "--level", "readable")
    require(not any(backup["damaged"] for backup in verified["backups"]), f"{where}: {verified}")
    return done


def listening(instance):
    """A folder of programs that write down the words with which they are called, which any user of the host could read, and then
    are what they stand for."""
    folder = instance.folder / "overheard"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for name in ("docker", "docker-compose", "pg_dump", "pg_restore", "psql"):
        real = shutil.which(name, path="/usr/bin:/bin")
        if real:
            (folder / name).write_text(f"#!/bin/sh\nprintf '%s\\n' \"{name} $*\" >>{folder}/words\nexec {real} \"$@\"\n")
            (folder / name).chmod(0o755)
    return folder


def require_unsaid(overheard, env, where):
    """No value of an env file that is a secret was among them."""
    said = (overheard / "words").read_text()
    values = set(re.findall(r"(?m)^[A-Z_]*(?:_KEY|_SECRET|_PASSWORD)=(.{8,})$", env.decode()))
    require(len(values) >= 4 and said, f"{where}: {len(values)} secrets, and {len(said)} characters were said")
    for value in values:
        require(value not in said, f"{where}: a secret stood on a command line: {said.replace(value, '(the secret)')[-600:]}")


def require_copies(copies, left, where):
    require(len(left) == len(copies) and all(any(copy in text for text in left) for copy in copies),
            f"{where}: {copies} keep the old value, and this is left: {left}")


# What is under a key that the depth replaces, and what not, of the columns that the fixture fills.
REACH = {"kms_root_config.encryptedRootKey": "full", "webhooks.urlCipherText": "full", "internal_kms.encryptedKey": "deep",
         "secrets_v2.encryptedValue": "rekey", "secret_versions_v2.encryptedValue": "rekey"}


def require_depth(before, after, depth):
    depths = ["full", "deep", "rekey"]
    for column, reached_by in REACH.items():
        names = [name for name in before.database["by"] if name.split("#")[0] == column]
        require(names, f"the fixture has nothing in {column}")
        is_reached = depths.index(depth) >= depths.index(reached_by)
        wrong = [name for name in names if (before.database["by"][name] != after.database["by"][name]) != is_reached]
        verb = "kept" if is_reached else "lost"
        require(not wrong, f"{depth}: {len(wrong)} of {len(names)} in {column} {verb} their key")


def opens(instance, before, name, value):
    """What the program says of both keys."""
    labels = instance.json("keys", "label")
    require((labels["keys"][0]["label"], labels["database"]) == (label(value), "opens"), f"keys label: {labels}")
    old = instance.json("keys", "label", "--key-file", key_file(instance, name, before.value(name)), exit=12)
    require(old["database"] == "does not open", f"keys label of the old key: {old}")


# Natively

def natively(instance):
    """The key is staged, and the server promotes it when it starts; back again in the same way."""
    first = State(instance)
    labels = [label(first.value("ENCRYPTION_KEY"))]
    require(roles(instance) == {"sentinel": labels[0]}, f"natively: {roles(instance)}")
    for value in (fresh("encryption-key"), first.value("ENCRYPTION_KEY")):
        before = State(instance)
        file = key_file(instance, "ENCRYPTION_KEY", value)
        copies = stored_copies(before.value("ENCRYPTION_KEY"))
        done = instance.json(*with_value("encryption-key", "native", file), exit=2 if copies else 0)
        require((done["outcome"], done["inForce"], done["depth"]) == ("rotated", "new", "native"), f"natively: {done}")
        labels.append(label(value))
        require(roles(instance) == {"sentinel": labels[-1], "retained": labels[-2]}, f"natively: {roles(instance)}")
        history = instance.sql('SELECT "kekLabel", "supersededAt" IS NULL FROM kms_kek_history '
                               'ORDER BY "activatedAt" DESC LIMIT 2')
        require(history.split() == [f"{labels[-1]}|t", f"{labels[-2]}|f"], f"natively: the history: {history}")
        after = State(instance)
        require(after.env == replaced(before, "ENCRYPTION_KEY", value), "natively: the env file")
        # The row that is kept is the one thing that the new key does not open.
        problems = after.database["problems"]
        require(problems == ["another wrap of the root key stays closed"], f"natively: {problems}")
        require(after.database["values"] == first.database["values"] and after.database["closed"] in (
            first.database["closed"], closed_with_kept(after, first)), f"natively: {after.database['closed'][:5]}")
        require_works(instance, "natively")
        # An instance that was not told yet still starts.
        docker("run", "-d", "--name", "replica", "--network", NETWORK,
               *(word for line in before.container["Config"]["Env"] for word in ("--env", line)), before.container["Image"])
        try:
            wait_until(lambda: "0.0.0.0:8080" in run("docker", "logs", "replica").stdout, 60)
            require("retained key" in run("docker", "logs", "replica").stdout, "natively: the replica opened something else")
        finally:
            docker("rm", "-f", "replica")
        # For an hour after that it would not start again, so nothing is rotated.
        refused(instance, with_value("encryption-key", "native", key_file(instance, "ENCRYPTION_KEY", fresh("encryption-key"))), 3)
        instance.sql("""UPDATE kms_root_config SET "lastResolvedAt" = now() - interval '2 hours' WHERE "supersededAt" IS NOT NULL""")
    require(State(instance).env == first.env, "natively: the env file at the end")
    print("  natively there and back: promoted by the server, the row before is kept", flush=True)


def closed_with_kept(after, first):
    kept = [name for name in after.database["closed"]
            if name.startswith("kms_root_config.") and name not in first.database["closed"]]
    return sorted(first.database["closed"] + kept) if len(kept) == 1 else None


def roles(instance):
    rows = instance.sql("""SELECT CASE WHEN id = '00000000-0000-0000-0000-000000000000' THEN 'sentinel'
        WHEN "activatedAt" IS NULL THEN 'staged' ELSE 'retained' END, "kekLabel" FROM kms_root_config""")
    return dict(row.split("|") for row in rows.split())


# Refused

def refusals(instance):
    before = State(instance)
    for kind, depth in KINDS:
        command, name = words(kind, depth, "--yes"), "INFISICAL_" + variable(kind)
        # An env file that somebody edited: the container runs on the old value.
        instance.edit(**{name: fresh(kind)})
        refused(instance, command, 3)
        (instance.stack / ".env").write_bytes(before.env)
        # A value that the shell has would win at the next start by hand.
        answer = refused(instance, command, 3, **{name: before.value(variable(kind))})
        require(answer["code"] == "keys.in-shell", f"{kind}, exported: {answer}")
    require_untouched(instance, before, "refused for an edited file, or a shell")
    print("  refused without a write: edited env files, values that the shell has", flush=True)


def new_keys(instance):
    before, key = State(instance), secrets.token_hex(16)
    for value in (key[:31], key * 2, key[:30] + "\u00e9\u00e9", before.value("ENCRYPTION_KEY")):
        refused(instance, with_value("encryption-key", "full", key_file(instance, "ENCRYPTION_KEY", value)), 3)
    refused(instance, with_value("encryption-key", "full", key_file(instance, "AUTH_SECRET", fresh("auth-secret"))), 3)
    refused(instance, with_value("auth-secret", None, key_file(instance, "AUTH_SECRET", before.value("AUTH_SECRET"))), 3)
    # The guide's start script would export it, and the next start would have the old key.
    answer = refused(instance, ("rotate", "encryption-key", "--yes"), 3)
    require(answer["code"] == "rotation.stored-copies" and "INFISICAL_ENCRYPTION_KEY" in answer["message"]
            and before.value("ENCRYPTION_KEY") not in str(answer), f"stored copies: {answer}")
    # Nobody was asked.
    refused(instance, words("encryption-key", "full"), 3)
    require_untouched(instance, before, "refused for the new key")
    print("  new keys of no use, the old one once more, and nobody to ask", flush=True)


def sick_before(instance):
    """An instance that does not work before is not made to be the rotation's fault."""
    instance.recreate(STANDIN_SICK="500")
    wait_until(lambda: instance.json("health", exit=None)["failing"] == "backend", 30)
    sick = State(instance)
    for kind, depth in KINDS:
        refused(instance, words(kind, depth, "--yes"), 15)
    require_untouched(instance, sick, "refused for a sick instance")
    instance.heal()
    print("  a sick instance", flush=True)


def with_value(kind, depth, file, *more):
    return words(kind, depth, "--new-key-file", file, *more, "--yes")


def refused(instance, command, exit, **more):
    answer = instance.json(*command, exit=exit, **more)
    require(answer["code"] and answer["message"] and answer["hints"], f"{' '.join(command)}: {answer}")
    return answer


def strange_container(instance):
    """Another container with the old key would go on writing under it."""
    before = State(instance)
    environment = [word for line in before.container["Config"]["Env"] for word in ("--env", line)]
    docker("run", "-d", "--name", "stranger", "--network", NETWORK, *environment, before.container["Image"])
    try:
        answer = refused(instance, words("encryption-key", "full", "--yes"), 3)
        require("stranger" in str(answer), f"a second container is not named: {answer}")
    finally:
        docker("rm", "-f", "stranger")
    require_untouched(instance, before, "refused for a second container")
    print("  a second container", flush=True)


# Taken back

SICKNESSES = ({"STANDIN_SICK": "500"}, {"STANDIN_SICK": "exit"}, {"STANDIN_SLOW": "90"})
# Enough for the stand-in to start on a busy machine, which it must do on the way back.
TIMEOUT = "25s"


def taken_back(instance, kind, depth):
    """A backend that does not work with the new value."""
    ends = {}
    for sickness in SICKNESSES if IS_WHOLE and (kind, depth) == KINDS[0] else SICKNESSES[:1]:
        instance.edit(**sickness, STANDIN_WELL_WITH=well_with(State(instance)))
        instance.compose("up", "-d", "--no-deps", "--force-recreate", "infisical-backend")
        instance.ops("health", "--wait", "60s")
        before = State(instance)
        where = f"{kind} {depth or ''} {sickness}"
        value = fresh(kind)
        started = time.monotonic()
        file = key_file(instance, variable(kind), value)
        failed = instance.json(*with_value(kind, depth, file, "--timeout", TIMEOUT), exit=None)
        took = time.monotonic() - started
        require(failed["code"] and failed["hints"], f"{where}: {failed}")
        after = State(instance, [in_hex(value)] if depth else [])
        require_undone(instance, before, after, variable(kind), where, keeps_keys=depth in ("full", None))
        require(after.rotations[-1]["outcome"] == "undone", f"{where}: {after.rotations}")
        require_works(instance, where)
        if depth:
            require(instance.json("keys", "label")["keys"][0]["label"] == label(before.value("ENCRYPTION_KEY")), where)
        instance.heal()
        print(f"  {kind} {depth or '':5}  taken back in {took:.0f} s: {sickness} ({failed['code']}, {failed['exit']})", flush=True)
        ends[failed["exit"]] = failed
    require(list(ends) == [1], f"{kind} {depth or ''}: everything is as it was, and this was the end of it: {ends}")


# Somebody else at the env file

def edited_meanwhile(instance):
    """A comment that is added while a rotation runs is kept."""
    before, value = State(instance), secrets.token_hex(16)
    file = key_file(instance, "ENCRYPTION_KEY", value)
    ended, told = with_comment(instance, "stopping the backend", with_value("encryption-key", "full", file))
    require(ended == 2 and "edited by somebody else" in told, f"edited meanwhile: {ended}: {told}")
    after = State(instance, [in_hex(before.value("ENCRYPTION_KEY"))])
    require(after.env == replaced(before, "ENCRYPTION_KEY", value) + COMMENT, f"edited meanwhile: {after.env!r}"[:2000])
    require_same_data(before, after, "edited meanwhile")
    require(after.database["dead"] == [], "edited meanwhile: the old key")
    require_works(instance, "edited meanwhile")
    rotated(instance, "encryption-key", "full", after, before.value("ENCRYPTION_KEY"))
    (instance.stack / ".env").write_bytes(before.env)
    print("  a comment that was added meanwhile is kept", flush=True)


def edited_and_taken_back(instance):
    """The same after the new value was written, by a rotation that is taken back."""
    instance.edit(STANDIN_SICK="500", STANDIN_WELL_WITH=well_with(State(instance)))
    instance.compose("up", "-d", "--no-deps", "--force-recreate", "infisical-backend")
    instance.ops("health", "--wait", "60s")
    before, value = State(instance), secrets.token_hex(16)
    file = key_file(instance, "ENCRYPTION_KEY", value)
    ended, told = with_comment(instance, "starting the backend",
                               with_value("encryption-key", "full", file, "--timeout", TIMEOUT))
    after = State(instance, [in_hex(value)])
    require(after.env == before.env + COMMENT, "edited and taken back: the comment, or something else")
    require_same_data(before, after, "edited and taken back")
    require(after.database["dead"] == [], "edited and taken back: the new key")
    require_works(instance, "edited and taken back")
    instance.heal()
    print("  and by a rotation that is taken back, too", flush=True)
    require(ended == 1, f"edited and taken back: it ended with {ended}: {told}")


COMMENT = b"# looked at by the operator\n"


def with_comment(instance, moment, command):
    """Runs a command, and adds a comment to the env file when it says that something is done."""
    process = subprocess.Popen([instance.program(), *command], env=instance.environment, cwd=instance.folder, text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    told, was = [], False
    for line in process.stdout:
        told.append(line)
        if moment in line and not was:
            was = True
            with (instance.stack / ".env").open("ab") as file:
                file.write(COMMENT)
    code = process.wait(timeout=300)
    require(was, f"it never said \"{moment}\": {''.join(told)}")
    return code, "".join(told)


