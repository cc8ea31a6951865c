"""Rotations that are killed, and what finishes them or takes them back."""
import shutil

from .common import BACKEND, DATABASE, REDIS, docker, inspect, require, run, wait_until
from .in_place import ensure_backup
from .instance import VICTIM
from .kills import effects, only, positions
from .rotate import IS_WHOLE, KINDS, fresh, rotated, variable, words
from .rotations import (JOURNAL, State, dead_after, in_hex, key_file, replaced, require_rotated, require_same_data,
                        require_undone, require_works, status)

ENDS = ("resume", "rollback")
# One kind for each variable of the env file.
VARIABLES = (KINDS[0], *KINDS[-2:])


def rotate_kills(instance, count=0):
    """A rotation is killed at an effect; `rotate resume` finishes it, or every other time `rotate rollback` takes it back. By
    itself at some lines of the journal, statements, commands of the engine and changes of the env file; with a number at so
    many of all effects of each kind, with -1 at every one."""
    ensure_backup(instance)
    first, number = State(instance), 0
    forget_first(instance, VARIABLES)
    for kind, depth in KINDS:
        outcomes = dict.fromkeys(("nothing was open", "finished", "taken back", "past taking back"), 0)
        for victim in victims(instance, kind, depth, count):
            outcome = killed(instance, kind, depth, victim, ENDS[number % 2])
            if outcome:
                outcomes[outcome] += 1
                number += 1
        require(sum(outcomes.values()) > 0, f"{kind} {depth}: no run was killed")
        print(f"  rotate {kind} {depth or '':5}  killed {sum(outcomes.values())} times: "
              + ", ".join(f"{times} {outcome}" for outcome, times in outcomes.items()) + "; all right afterwards", flush=True)
    for kind, depth in VARIABLES:
        rotated(instance, kind, depth, State(instance), first.value(variable(kind)))
    require(State(instance).env == first.env, "the env file at the end")
    instance.env_text = first.env.decode()


def rotate_reboot(instance):
    """A rotation is killed after one of its last lines in the journal, and the host restarted: what it kept the engine from
    starting is down then, and `rotate resume` starts it and finishes, from whatever state."""
    ensure_backup(instance)
    first, (kind, depth) = State(instance), KINDS[0]
    forget_first(instance, KINDS[:1])
    lines, states = counted(instance, kind, depth, "sync", JOURNAL), []
    for position in range(lines - 1, lines - 6, -1 if IS_WHOLE else -2):
        outcome = killed(instance, kind, depth, ("sync", JOURNAL, position, "killsAfter"), "resume", states)
        require(outcome == "finished", f"killed in {states[-1]}, after a restart: {outcome}")
    print(f"  killed in {', '.join(states)}, and the host restarted: finished, and everything runs", flush=True)
    rotated(instance, kind, depth, State(instance), first.value(variable(kind)))
    require(State(instance).env == first.env, "the env file at the end")
    instance.env_text = first.env.decode()


def forget_first(instance, kinds):
    """The fixture keeps the values that it begins with as secrets, which every run would have to tell at its end: others are put in
    force, and the first ones are no earlier keys either, because no backup knows of them."""
    for kind, depth in kinds:
        rotated(instance, kind, depth, State(instance))
    instance.env_text = (instance.stack / ".env").read_text()
    for name in ("repository", "state"):
        shutil.rmtree(instance.folder / name)
    ensure_backup(instance)


def restart_host(instance):
    """All is killed, and the engine starts what it is to start by itself."""
    for name in (BACKEND, REDIS, DATABASE):
        docker("kill", name, check=False)
    for name in (DATABASE, REDIS, BACKEND):
        if inspect(name)["HostConfig"]["RestartPolicy"]["Name"] != "no":
            docker("start", name)
    wait_until(lambda: run("docker", "exec", DATABASE, "pg_isready", "-h", "127.0.0.1", check=False).returncode == 0, 30)


def counted(instance, kind, depth, kinds="", subject=""):
    """How many effects a whole rotation has."""
    total = effects(instance, kinds, words(kind, depth, "--yes"), keeps=True, subject=subject)
    instance.env_text = (instance.stack / ".env").read_text()
    require(total > 0, f"a rotation has no {kinds} {subject}")
    return total


def victims(instance, kind, depth, count):
    """Kinds of effects, what they are of, which of them, and whether before or after it."""
    if count:
        return [("", "", position, "killsAfter") for position in positions(counted(instance, kind, depth), count)]
    lines = counted(instance, kind, depth, "sync", JOURNAL)
    if (kind, depth) != KINDS[0]:
        return [("sync", JOURNAL, (lines + 1) // 2, "killsAfter")]
    chosen = [("sync", JOURNAL, position, ("killsBefore", "killsAfter")[position % 2]) for position in spread(lines, 4)]
    for kinds, some in (("statement", 2), ("spawn", 2)):
        chosen += [(kinds, "", position, "killsAfter") for position in spread(counted(instance, kind, depth, kinds), some)]
    return chosen + [("rename", ".env", 1, how) for how in ("killsBefore", "killsAfter")]


def spread(total, count):
    """So many of 1 to `total`, as far from each other and from both ends as can be."""
    return sorted({round(total * (number + 0.5) / count + 0.5) for number in range(count)})


def killed(instance, kind, depth, victim, end, restarted=None):
    """Kills one rotation and ends it as is said, with a list of states after a restart of the host, too. What became of it, or
    None where it came to its own end."""
    before, name, value = State(instance), variable(kind), fresh(kind)
    kinds, subject, position, how = victim
    where = f"rotate {kind} {depth or ''}: {how} {kinds or 'effect'} {subject} {position}, then {end}"
    run = instance.ops(*words(kind, depth, "--new-key-file", key_file(instance, name, value), "--yes"), exit=None,
                       program=VICTIM, OPS_VICTIM_KIND=how, OPS_VICTIM_POSITION=str(position), **only(kinds, subject))
    is_killed = run.returncode < 0
    if is_killed:
        if restarted is not None:
            restarted.append(instance.json("rotate", "status", exit=14)["open"]["state"])
            restart_host(instance)
        outcome = ended(instance, end, where)
    else:
        require(run.returncode == 0, f"{where}: it was to come: {run.stdout[-800:]}{run.stderr[-800:]}")
        outcome = None
    instance.env_text = (instance.stack / ".env").read_text()
    require_one_or_the_other(instance, before, (name, depth, value), outcome, where)
    return outcome


def ended(instance, end, where):
    """Ends a rotation that was killed. What the program says of it is compared with what is there by others."""
    shown = instance.json("rotate", "status", exit=None)
    if "open" not in shown:
        require(shown["exit"] == 0, f"{where}: {shown}")
        done = instance.json("rotate", "resume", "--yes")
        require("open" not in done, f"{where}: {done}")
        return "nothing was open"
    require(shown["exit"] == 14 and shown["open"]["byHand"], f"{where}: {shown}")
    # Nothing else may change the instance meanwhile.
    refused = instance.json("restart", "--yes", exit=14)
    require(refused["code"] == "rotation.open", f"{where}: {refused}")
    if end == "rollback":
        done = instance.json("rotate", "rollback", "--yes", exit=None)
        if done.get("code") == "rotation.committed":
            require(done.get("exit", 3) == 3, f"{where}: {done}")
            require(resumed(instance, where) == "rotated", f"{where}: past its commit it is not finished")
            return "past taking back"
        require(done.get("outcome") == "undone", f"{where}: {done}")
        return "taken back"
    return {"rotated": "finished", "undone": "taken back"}[resumed(instance, where)]


def resumed(instance, where):
    done = instance.json("rotate", "resume", "--yes", exit=None)
    require(done.get("outcome") in ("rotated", "undone") and done["exit"] == 0, f"{where}: {done}")
    return done["outcome"]


def require_one_or_the_other(instance, before, change, outcome, where):
    """Env file, container and database agree, and only one of both values opens anything."""
    name, depth, value = change
    env = (instance.stack / ".env").read_bytes()
    is_new = env == replaced(before, name, value)
    require(is_new or env == before.env, f"{where}: the env file is neither as before nor as it was to be")
    if outcome != "nothing was open":
        require(is_new == (outcome != "taken back"), f"{where}: {outcome}, and the env file says otherwise")
    if is_new:
        after = State(instance, dead_after(before, name, depth))
        require_rotated(instance, before, after, name, value, where)
    else:
        after = State(instance, [in_hex(value)] if depth else [])
        require_undone(instance, before, after, name, where, keeps_keys=depth in ("full", None))
    require_same_data(before, after, where)
    require_works(instance, where)
    require(status(instance)["past"] == after.rotations, f"{where}: the journal")
