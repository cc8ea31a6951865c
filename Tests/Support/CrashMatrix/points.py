"""Where a rotation is made to fail, or is killed: spread over everything that it does."""
import random
from collections import namedtuple

HOWS = ("killsBefore", "failsBefore", "killsAfter", "failsAfter")
ENDS = ("resume", "rollback")
JOURNAL = "state/rotation.journal"
# What changes something outside, or asks another process to.
CHANGES = ("write", "sync", "syncFolder", "rename", "remove", "createFolder", "changeMode", "statement", "connect", "spawn", "await",
           "request", "copyIn", "lock")

# `position` is among the effects of its `kind`: how often something is asked until it works is another number in each run.
# `effect` is what it was in the run that was counted; `seed` is for what else is left to chance.
Point = namedtuple("Point", "part site route how kind position end seed effect")


def text(point):
    return " ".join(str(word) for word in point[:8])


def parsed(words):
    part, site, route, how, kind, position, end, seed = words.split()
    return Point(part, site, route, how, kind, int(position), end, int(seed), f"{kind} {position}")


def kind_of(effect):
    return effect.split(" ", 1)[0]


def phases(effects):
    """For each effect, how many lines the journal had before."""
    lines, found = 0, []
    for effect in effects:
        found.append(lines)
        if effect.startswith("sync ") and effect.endswith(JOURNAL):
            lines += 1
    return found


def spread(effects, count, seed, wanted=lambda phase, kind: True):
    """So many positions, from 1: of each kind of effect between two lines of the journal one, then another one, and so on, what
    changes something more often than what looks. All of them where `count` is None."""
    strata = {}
    for position, (phase, effect) in enumerate(zip(phases(effects), effects), 1):
        kind = kind_of(effect)
        if wanted(phase, kind):
            strata.setdefault((kind not in CHANGES, phase, kind), []).append(position)
    if count is None:
        return sorted(position for some in strata.values() for position in some)
    chance, chosen = random.Random(seed), []
    for some in strata.values():
        chance.shuffle(some)
    while len(chosen) < count and any(strata.values()):
        order = sorted(strata)
        chance.shuffle(order)
        turn = 0
        for stratum in order:
            # What only looks is one in three.
            turn += 1
            if strata[stratum] and (not stratum[0] or turn % 3 == 0):
                chosen.append(strata[stratum].pop())
    return sorted(chosen[:count])


def among_its_kind(effects, position):
    """The kind of an effect, and the how-manieth of its kind it is."""
    kind = kind_of(effects[position - 1])
    return kind, sum(kind_of(effect) == kind for effect in effects[:position])
