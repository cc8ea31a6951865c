"""Runs that are killed, and the next run."""
import json

from .common import BACKEND, NUMBER, STACKS, inspect, require
from .in_place import drop_kept, ensure_backup, is_other, kept_names, other_contents
from .instance import VICTIM

JOURNAL = "in-place.journal"
RESTORE = ("restore", "--in-place", "--yes")
UNDO = ("restore", "--in-place", "--undo", "--yes")


def killed_at(instance, words, position, kind="killsAfter", kinds="", subject=""):
    """Kills a run. None when it came to its end: it had fewer effects, or that one failed (a file that is not there), and
    nothing was done after which to kill it. What a killed run leaves must be told by others."""
    ended = instance.ops(*words, exit=None, program=VICTIM, OPS_VICTIM_KIND=kind, OPS_VICTIM_POSITION=str(position),
                         **only(kinds, subject))
    where = f"{' '.join(words)}: {kind} {kinds or 'effect'} {subject} {position}"
    if ended.returncode >= 0:
        require(ended.returncode == 0, f"{where} was to come: {ended.stdout[-800:]}{ended.stderr[-800:]}")
        return None
    if has_journal(instance):
        codes = [finding["code"] for finding in instance.json("health", exit=None)["findings"]]
        require("health.unfinished-restore" in codes, f"{where}: health does not tell: {codes}")
        require("was interrupted" in instance.ops("status", exit=None).stderr, f"{where}: nor does status")
    return where


def recovered(instance, words, where):
    """The next run; what became of the one that was killed."""
    after = instance.ops(*words, exit=None)
    require(after.returncode == 0, f"{where}: {after.stdout[-800:]}{after.stderr[-800:]}")
    return ("finished" if "is finished" in after.stdout else
            "undone" if "had changed nothing" in after.stdout else "nothing to recover")


def require_whole(instance, where, truth=True):
    """The instance works on the contents it is to have, and nothing else is left."""
    instance.ops("health", "--wait", "60s")
    right, words = instance.truth()
    require(right if truth else is_other(instance), f"{where}: the contents afterwards: {words}")
    left = instance.sql("SELECT datname FROM pg_database WHERE datname ~ '_(restored|restoring)_'", "template1")
    require(left == "", f"{where}: there is still {left}")
    require(not has_journal(instance), f"{where}: the journal is still there")
    require(inspect(BACKEND)["HostConfig"]["RestartPolicy"]["Name"] == "unless-stopped",
            f"{where}: the restart policy was not put back")


def phase(instance):
    """Where the work is that the journal calls open; None where there is none."""
    path = instance.folder / "state" / JOURNAL
    if not path.exists():
        return None
    records = [json.loads(line.split(" ", 2)[2]) for line in path.read_text().splitlines()[1:]]
    began = [number for number, record in enumerate(records) if "began" in record]
    if not began:
        return None
    states = ["began"] + [record["entered"]["_0"] for record in records[began[-1] + 1:] if "entered" in record]
    return None if states[-1] in ("exchanged", "undone") else states[-1]


def has_journal(instance):
    return phase(instance) is not None


def positions(total, count):
    """So many of all the effects, or (below 0) every one, of which this instance takes its share. How often a container
    is looked at depends on time, so a run may have more of them than the last one."""
    every = range(1, total + 30) if count < 0 else sorted({round(total * (n + 0.5) / count) + 1 for n in range(count)})
    return list(every)[NUMBER - 1::STACKS]


def told(name, outcomes, total):
    require(sum(outcomes.values()) > 0, f"{name}: no run was killed")
    print(f"  {name}: killed {sum(outcomes.values())} times, a run has {total} effects: "
          + ", ".join(f"{number} {outcome}" for outcome, number in outcomes.items()) + "; all right afterwards", flush=True)


def kills(instance, count=0):
    """A restore is killed at an effect; the next run finishes or undoes it. By itself at each step of the journal and at
    commands of the engine; with a number at so many of all effects, with -1 at every one."""
    ensure_backup(instance)
    total = effects(instance, "")
    if count:
        victims = [("", "", position, "killsAfter") for position in positions(total, count)]
    else:
        # Each line of the journal is written, then synced.
        spawns = effects(instance, "spawn")
        victims = [("sync", JOURNAL, position, "killsBefore" if position % 2 else "killsAfter")
                   for position in range(1, effects(instance, "sync", subject=JOURNAL) + 1)]
        victims += [("spawn", "", position, "killsAfter") for position in range(spawns // 3, spawns + 1, 12)]
        victims += [("statement", "", position, "killsAfter") for position in statements(instance)]
    outcomes = {"nothing to recover": 0, "undone": 0, "finished": 0}
    for kinds, subject, position, kind in victims:
        other_contents(instance)
        where = killed_at(instance, RESTORE, position, kind, kinds, subject)
        if where:
            outcomes[recovered(instance, RESTORE, where)] += 1
            require_whole(instance, where)
        drop_kept(instance)
    require(count or all(outcomes.values()), f"not every way was gone: {outcomes}")
    told("restore", outcomes, total)


def undo_kills(instance, count=4):
    """An undo is killed at an effect: it is finished, or had not begun. Each time it puts the other contents in place."""
    ensure_backup(instance)
    other_contents(instance)
    instance.ops(*RESTORE)
    total, truth = effects(instance, "", UNDO, keeps=True), False
    outcomes = {"not begun": 0, "finished": 0, "at its end": 0}
    for position in positions(total, count):
        before = kept_names(instance)
        where = killed_at(instance, UNDO, position)
        if where is None:
            truth = not truth
        elif has_journal(instance):
            require(recovered(instance, UNDO, where) == "finished", f"{where}: it is not said to be finished")
            truth, outcomes["finished"] = not truth, outcomes["finished"] + 1
            require_whole(instance, where, truth)
        elif kept_names(instance) == before:
            outcomes["not begun"] += 1
            require_whole(instance, where, truth)
        else:
            truth, outcomes["at its end"] = not truth, outcomes["at its end"] + 1
            require_whole(instance, where, truth)
    if not truth:
        instance.ops(*UNDO)
    drop_kept(instance)
    told("undo", outcomes, total)


def recovery_kills(instance, count=1):
    """A restore is killed in each phase, then the run that recovers from it, and the one after that does."""
    ensure_backup(instance)
    # The journal gets a line for each phase; a copy is half made in the middle of its rows.
    phases = {"copying": ("copyIn", "", 40), "stopping": ("sync", JOURNAL, 2), "exchanging": ("sync", JOURNAL, 3),
              "emptying": ("sync", JOURNAL, 4), "starting": ("sync", JOURNAL, 5)}
    for name, (kinds, subject, first) in phases.items():
        def kill_first():
            other_contents(instance)
            where = killed_at(instance, RESTORE, first, kinds=kinds, subject=subject)
            require(where and phase(instance) == name, f"the run was killed while {phase(instance)}, not {name}")

        kill_first()
        total = effects(instance, "")
        outcomes = {"nothing to recover": 0, "undone": 0, "finished": 0}
        for position in positions(total, count):
            kill_first()
            where = killed_at(instance, RESTORE, position)
            if where:
                outcomes[recovered(instance, RESTORE, f"{name}, {where}")] += 1
            else:
                instance.ops(*RESTORE)
            require_whole(instance, f"{name}, {where}")
            drop_kept(instance)
        told(f"recovery while {name}", outcomes, total)


def only(kinds, subject=""):
    return ({"OPS_VICTIM_EFFECTS": kinds} if kinds else {}) | ({"OPS_VICTIM_SUBJECT": subject} if subject else {})


def effects(instance, kinds, words=RESTORE, keeps=False, subject=""):
    """How many effects of some kinds a whole run has."""
    counter = instance.folder / "effects"
    instance.ops(*words, program=VICTIM, OPS_VICTIM_COUNT=str(counter), **only(kinds, subject))
    if not keeps:
        drop_kept(instance)
    return int(counter.read_text())


def statements(instance):
    """Positions around the exchange of the databases: it is followed by what health asks, so it is not at the end."""
    total = effects(instance, "statement")
    return range(total // 2, total + 1, max(1, total // 10))
