"""Copies of the instance's own keys that are kept as secrets inside of it: refused, exchanged and deleted through the running
backend, and what an export and a restart make of that."""
import json
import os
import pty
import re
import select
import subprocess

from .common import FIXTURES, require, run
from .in_place import ensure_backup
from .instance import VICTIM
from .rotate import IS_WHOLE
from .rotations import State, key_file, replaced

PROJECT, ENVIRONMENT, KEY = "local-ai-packaged", "development", "INFISICAL_ENCRYPTION_KEY"


def stored_copies(instance):
    ensure_backup(instance)
    identity = json.loads((FIXTURES / "infisical-2024-10" / "accounts.json").read_text())["identities"][0]
    try:
        refused(instance, identity)
        before = exchanged(instance, identity)
        reinstated(instance)
        if IS_WHOLE:
            back(instance, before)
        deleted(instance, ("KEY_BACKUP",) if IS_WHOLE else ())
    finally:
        forget(instance)
        instance.renew()


def identify(instance, identity):
    """The program gets a machine identity."""
    secret = instance.folder / "client-secret"
    secret.write_text(identity["clientSecrets"][0] + "\n")
    secret.chmod(0o600)
    instance.environment |= {"INFISICAL_OPS_INSTANCE_IDENTITY_CLIENT_ID": identity["clientId"],
                             "INFISICAL_OPS_INSTANCE_IDENTITY_CLIENT_SECRET_FILE": str(secret)}


def forget(instance):
    for name in ("ID", "SECRET_FILE"):
        instance.environment.pop(f"INFISICAL_OPS_INSTANCE_IDENTITY_CLIENT_{name}", None)


def admit(instance, identity):
    """It becomes a member of the project."""
    instance.sql(f"""INSERT INTO identity_project_memberships (id, "projectId", "identityId", "createdAt", "updatedAt")
                     SELECT gen_random_uuid(), id, '{identity["id"]}', now(), now() FROM projects WHERE slug = '{PROJECT}'
                     ON CONFLICT DO NOTHING""")


def expel(instance, identity):
    instance.sql(f"""DELETE FROM identity_project_memberships WHERE "identityId" = '{identity["id"]}'
                     AND "projectId" = (SELECT id FROM projects WHERE slug = '{PROJECT}')""")


def rotate(instance, how, *more, exit=0):
    return instance.json("rotate", "encryption-key", *(("--stored-copies", how) if how else ()), *map(str, more), "--yes",
                         exit=exit)


def rotated(instance, how, *more, others=("KEY_BACKUP",)):
    """Another secret of the fixture holds its first key among other things; it is left to the operator."""
    done = rotate(instance, how, *more, exit=2 if others else 0)
    require(done["outcome"] == "rotated" and len(done["left"]) == len(others)
            and all(name in text for name, text in zip(others, done["left"])), f"{how}: {done}")


def at_terminal(instance, *words, phrase):
    """Somebody agrees, and is asked for the phrase that only the escrow identity opens, with stock age."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen([instance.program(), "rotate", "encryption-key", *words], stdin=theirs, stdout=theirs,
                               stderr=theirs, env=instance.environment, cwd=instance.folder, start_new_session=True)
    os.close(theirs)
    text, answered = "", 0
    while True:
        if not select.select([ours], [], [], 300)[0]:
            process.kill()
            break
        try:
            text += os.read(ours, 65536).decode().replace("\r", "")
        except OSError:
            break
        question = text[answered:].rstrip()
        if question.endswith(("Go on? [y/N]", "The phrase in it:")):
            answered = len(text)
            os.write(ours, ("y" if question.endswith("]") else phrase(text)).encode() + b"\n")
    os.close(ours)
    return process.wait(), text


def opened(instance, text):
    sealed = re.search(r"(?s)-----BEGIN AGE ENCRYPTED FILE-----.*?-----END AGE ENCRYPTED FILE-----\n", text)[0]
    identity, = (instance.folder / "state").glob("*/identity.txt")
    content = run("age", "--decrypt", "-i", identity, input=sealed).stdout
    return re.fullmatch(r"check phrase: (\S+)\n", content)[1]


def exported(instance):
    """What the start script of the usage guide would write into its env file."""
    text = instance.ops("export", "--project", PROJECT, "--env", ENVIRONMENT, "--format", "dotenv", exit=None)
    require(text.returncode in (0, 2), f"export: {text.returncode} {text.stderr}")
    found = re.search(rf"(?m)^{KEY}='?([^'\n]*)'?$", text.stdout)
    return found and found.group(1)


def refused(instance, identity):
    expel(instance, identity)
    before = State(instance)
    problem = rotate(instance, None, exit=3)
    require(problem["code"] == "rotation.stored-copies" and KEY in problem["message"], f"without a choice: {problem}")
    problem = rotate(instance, "update", exit=3)
    require(problem["code"] == "api.no-identity", f"without an identity: {problem}")
    identify(instance, identity)
    problem = rotate(instance, "update", exit=3)
    require(problem["code"] == "rotation.copy-out-of-reach" and "403" in problem["message"], f"no member: {problem}")
    code, text = at_terminal(instance, "--stored-copies", "list", phrase=lambda text: "AAAA-BBBB-CCCC")
    require(code == 3 and text.count("The phrase in it:") == 3 and "is not the phrase" in text, f"a wrong phrase: {code} {text}")
    instance.ops("rotate", "encryption-key", "--stored-copies", "list", "--require-verification", "--yes", exit=3)
    after = State(instance)
    # A login leaves its traces in the database, and nothing else may.
    require(after.env == before.env and after.database["keys"] == before.database["keys"]
            and after.database["values"] == before.database["values"], "refused, and something was written")
    require((after.container["Id"], after.container["State"]["StartedAt"], after.rotations, after.backups)
            == (before.container["Id"], before.container["State"]["StartedAt"], before.rotations, before.backups),
            "refused, and something was begun")
    print("  refused: without a choice, without an identity, by one that is no member of the project, without the phrase", flush=True)


def exchanged(instance, identity):
    admit(instance, identity)
    before = State(instance)
    code, text = at_terminal(instance, "--stored-copies", "update", phrase=lambda text: opened(instance, text))
    require(code == 2 and "is done" in text and "KEY_BACKUP" in text.partition("The phrase in it:")[2], f"update: {code} {text}")
    require(before.value("ENCRYPTION_KEY") not in text, "the key is on the terminal")
    after = State(instance)
    value = after.value("ENCRYPTION_KEY")
    require(value != before.value("ENCRYPTION_KEY") and after.env == replaced(before, "ENCRYPTION_KEY", value), "update: the env file")
    require(exported(instance) == value, "update: an export gives another value than the env file has")
    restarted(instance)
    print(f"  {KEY} is given the new value; an export and a restart agree", flush=True)
    return before


def reinstated(instance):
    """Killed before the secret is written; the start script exports the old value once more, and starts the backend with it."""
    before = State(instance)
    ended = instance.ops("rotate", "encryption-key", "--stored-copies", "update", "--yes", exit=None, program=VICTIM,
                         OPS_VICTIM_KIND="killsBefore", OPS_VICTIM_POSITION="2", OPS_VICTIM_EFFECTS="request",
                         OPS_VICTIM_SUBJECT="KEY")
    require(ended.returncode < 0, f"reinstated: it was to be killed: {ended.returncode} {ended.stderr[-400:]}")
    # An own key that is not in force is left out.
    require(exported(instance) is None, "reinstated: the secret was written already")
    new = re.search(rf"(?m)^{KEY}=(.*)$", (instance.stack / ".env").read_text()).group(1)
    (instance.stack / ".env").write_bytes(before.env)
    instance.compose("up", "-d", "--no-deps", "--force-recreate", "infisical-backend")
    shown = instance.json("rotate", "status", exit=14)
    require(not shown["open"]["canBeTakenBack"] and shown["open"]["inForce"] == "new", f"reinstated: {shown}")
    require(instance.json("rotate", "rollback", "--dry-run", exit=3)["code"] == "rotation.committed", "reinstated: a way back")
    done = instance.json("rotate", "resume", "--yes")
    require(done["outcome"] == "rotated" and done["left"] == [], f"reinstated: {done}")
    after = State(instance)
    require(after.value("ENCRYPTION_KEY") == new == exported(instance) == instance.running("ENCRYPTION_KEY"), "reinstated: the keys")
    require(after.env == replaced(before, "ENCRYPTION_KEY", new), "reinstated: the env file")
    restarted(instance)
    print("  the old value is exported once more meanwhile: the new one is put in force again", flush=True)


def back(instance, before):
    """The secret follows on the way back, too."""
    old = before.value("ENCRYPTION_KEY")
    rotated(instance, "update", "--new-key-file", key_file(instance, "ENCRYPTION_KEY", old), others=())
    require(exported(instance) == old and State(instance).env == before.env, "back: the export or the env file")
    print(f"  {KEY} is given the old value again", flush=True)


def deleted(instance, others):
    rotated(instance, "remove", others=others)
    require(exported(instance) is None, "remove: it is still exported")
    restarted(instance)
    print(f"  {KEY} is deleted; a restart agrees", flush=True)


def restarted(instance):
    instance.ops("restart", "--recreate", "--yes")
    health = instance.json("health", "--wait", "60s")
    require(health["healthy"], f"after the restart: {health}")

