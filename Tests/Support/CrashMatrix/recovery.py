"""What ends a rotation that did not come to its end."""
import random

from .common import require
from .site import VICTIM

# How runs ended, and what is to be in force then; None: either.
ROTATED, UNDONE, NOTHING = "rotated", "undone", "nothing was open"


def came_to(case, result):
    """What a run that nobody killed says of itself: `rotated`, `undone`, or None where it is open."""
    code = result.returncode
    where = f"exit {code}: {result.stdout[-700:]}{result.stderr[-700:]}"
    opened = open_rotation(case)
    require((code == 14) == (opened is not None), f"status and exit code differ: {opened}, {where}")
    if code == 14:
        return None
    if code in (0, 2):
        return ROTATED
    # Before anything was begun it is refused, with what was found; from then on it fails, with everything as it was.
    is_begun = bool(case.site.json("rotate", "status")[1]["past"])
    require(code in ((1,) if is_begun else (1, 3, 10, 11, 12, 13, 15)), where)
    return UNDONE


def open_rotation(case):
    """What `rotate status` says is open, which must be true as far as it can be seen."""
    code, status = case.site.json("rotate", "status")
    opened = status.get("open")
    # What the state folder has forgotten is told by the repository.
    require(code == (14 if opened or "lost" in status else 0), f"status ended with {code}: {status}")
    if opened:
        require(opened["standing"] and opened["state"] and opened["byHand"], f"status: {status}")
        env = case.site.env_file.read_bytes()
        expected = {"old": case.old_env, "new": case.new_env}.get(opened["inForce"], env)
        require(env == expected, f"status says that the {opened['inForce']} value is in force: {opened}")
    return opened


def recover(case, point, number, more=()):
    """Ends what is open with `resume` or `rollback`; every fifth time that is killed, too, and done again."""
    site = case.site
    if not more and not open_rotation(case):
        code, said = site.json("rotate", point.end, "--yes")
        require(code == (3 if point.end == "rollback" else 0), f"nothing is open, and {point.end} ended with {code}: {said}")
        return NOTHING
    if number % 5 == 4:
        position = random.Random(point.seed).randint(1, 900)
        first = site.ops("rotate", point.end, *more, "--yes", exit=None, program=VICTIM,
                         OPS_VICTIM_KIND="killsAfter", OPS_VICTIM_POSITION=str(position))
        if first.returncode >= 0:
            return outcome(case, point, more, *answer(site, first))
        # What was taken out of the repository is in the journal by now, or not.
        if open_rotation(case):
            more = ()
        elif not more:
            return NOTHING
    return outcome(case, point, more, *site.json("rotate", point.end, *more, "--yes"))


def answer(site, result):
    return result.returncode, {"outcome": None, "said": result.stdout[-700:] + result.stderr[-700:]}


def outcome(case, point, more, code, said):
    site = case.site
    if point.end == "rollback" and code == 3 and open_rotation(case):
        require(said.get("code", "rotation.committed") == "rotation.committed", f"rollback is refused: {said}")
        code, said = site.json("rotate", "resume", *more, "--yes")
        require(code in (0, 2) and said["outcome"] == ROTATED, f"past its commit it is not finished: {code} {said}")
        return ROTATED
    if more and code == 1 and said.get("code") == "repository.host-keys-missing" and not open_rotation(case):
        return UNDONE
    require(code in (0, 2), f"{point.end} ended with {code}: {said}")
    ended = said["outcome"]
    if ended is None:
        ended = site.json("rotate", "status")[1]["past"][-1]["outcome"]
    require(ended in ((UNDONE,) if point.end == "rollback" else (ROTATED, UNDONE)), f"{point.end}: {said}")
    return ended
