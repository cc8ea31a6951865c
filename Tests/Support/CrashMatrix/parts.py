"""What happens to a rotation in each part. Each returns what became of it."""
import random
import shlex
import shutil

from .common import HERE, require, run
from .eyes import eyes
from .judge import judge
from .recovery import NOTHING, ROTATED, UNDONE, came_to, open_rotation, recover
from .site import VICTIM

# The run was shorter than the one that was counted: no point at all.
NOT_REACHED = "not reached"


def stopped(case, point, **more):
    return case.site.ops(*case.words, exit=None, program=VICTIM, OPS_VICTIM_EFFECTS=point.kind,
                         OPS_VICTIM_POSITION=str(point.position), **more)


def killed(case, point):
    return stopped(case, point, OPS_VICTIM_KIND=point.how)


def ended(case, point, number, result, restarts=False):
    """Ends it, and looks at everything then. `restarts`: whether systemd would go on starting the backend by itself."""
    if result.returncode >= 0:
        came = came_to(case, result)
        if came:
            judge(case, came == ROTATED)
            if point.how.startswith("kills"):
                return NOT_REACHED
            return "came to its end" if came == ROTATED else "undone by itself"
    came = recover(case, point, number)
    if restarts:
        case.site.start_backend()
    is_new = judge(case, {ROTATED: True, UNDONE: False}.get(came))
    if came == NOTHING:
        return f"nothing was open ({'new' if is_new else 'old'})"
    return {ROTATED: "finished", UNDONE: "taken back"}[came]


def effects(case, point, number):
    """An effect fails, or the program is killed at it."""
    return ended(case, point, number, killed(case, point))


def server(case, point, number):
    """The database's server crashes just before a statement, and is there again."""
    script = case.site.folder / "crash"
    words = shlex.join(map(str, case.site.bench.control_words("-m", "immediate", "restart")))
    happened = case.site.place / "tmp" / "crashed"
    script.write_text(f"#!/bin/sh\ntouch {happened}\ncd / && exec {words} >/dev/null 2>&1 </dev/null\n")
    script.chmod(0o755)
    result = stopped(case, point, OPS_VICTIM_RUN=str(script))
    outcome = ended(case, point, number, result)
    return outcome if happened.exists() else NOT_REACHED


def state(case, point, number):
    """The program is killed, and its state folder is lost."""
    site = case.site
    result = killed(case, point)
    if result.returncode >= 0:
        return ended(case, point, number, result)
    shutil.rmtree(site.place / "state")
    published = site.place / "repository" / "rotations"
    if not any(published.glob("*.age")):
        code, said = site.json("rotate", point.end, "--from-repository", "--yes")
        require(code == 3 and said["code"] == "rotation.nothing-open", f"nothing was put away, and {code}: {said}")
        return f"nothing was open ({'new' if judge(case, None) else 'old'})"
    if point.seed % 2:
        # What signs backups is lost, too. Without it a transaction that was not committed is taken back.
        site.ops("init", "--no-configuration", "--adopt", "--yes")
    came = recover(case, point, number, more=("--from-repository",))
    judge(case, came == ROTATED)
    return {ROTATED: "finished", UNDONE: "taken back"}[came]


def order(case, point, number):
    """Everything is killed and started again, in any order."""
    site, chance = case.site, random.Random(point.seed)
    result = killed(case, point)
    if result.returncode >= 0:
        return ended(case, point, number, result)
    ends = [lambda: site.stop_backend("kill"), lambda: site.bench.control("-m", "immediate", "stop"), site.bench.stop_redis]
    wrong = []
    starts = [lambda: run(HERE / "service", "start", site.place), lambda: site.bench.control("start"), site.bench.start_redis,
              lambda: wrong.extend(tried(case, point))]
    for some in (ends, starts):
        chance.shuffle(some)
        for act in some:
            act()
    if open_rotation(case):
        outcome = ended(case, point, number, result, restarts=True)
    else:
        site.start_backend()
        outcome = f"ended meanwhile ({'new' if judge(case, None) else 'old'})"
    require(not wrong, f"in the end {outcome}, but {wrong}")
    return outcome


def tried(case, point):
    """A recovery that may come too early; then the rotation stays open. What is wrong with its exit code."""
    result = case.site.ops("rotate", point.end, "--yes", exit=None)
    is_open = bool(open_rotation(case))
    # Past its commit nothing is taken back, whatever is down.
    is_past = point.end == "rollback" and result.returncode == 3 and "is done: the new value is in force" in result.stderr
    return [] if (result.returncode == 14) == is_open or is_past and is_open else [f"{point.end} ended with {result.returncode}, open: {is_open}"]


PARTS = {"eyes": eyes, "effects": effects, "server": server, "state": state, "order": order}
