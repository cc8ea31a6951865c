"""Which points are tried, and what is told of them."""
import random
import subprocess
import time
from collections import Counter

from .case import Case
from .common import Failed, Stranded
from .parts import NOT_REACHED, PARTS
from .points import ENDS, HOWS, Point, among_its_kind, parsed, phases, spread, text
from .site import Site

# Kinds of rotations and instances, those that say most first.
CASES = [("s4", "full"), ("s8", "native"), ("both", "rekey"), ("s4", "auth-secret"), ("s1", "full"), ("s8", "full"), ("s3", "deep"),
         ("s4", "rekey"), ("s8", "deep"), ("s3", "rekey"), ("both", "full"), ("s8", "rekey"), ("s7", "full"), ("s1", "rekey"),
         ("s4", "deep"), ("both", "deep"), ("s3", "full"), ("s7", "deep"), ("s8", "auth-secret"), ("s1", "deep"), ("s7", "rekey"),
         ("s3", "auth-secret")]
# Of the points of a case, how many each part has.
SHARES = {"effects": 6, "server": 1, "state": 2, "order": 1}
# For so many points another case is worth its preparation.
POINTS_OF_CASE = 6


def campaign(bench, options, number, count):
    """Returns how many points are stranded. One that did not come about is none: of all of them, that is a failure, too."""
    matrix = Matrix(bench)
    try:
        if options.repeat:
            matrix.attempt(parsed(options.repeat), 0)
        else:
            print(f"crash-matrix: seed {options.seed}", flush=True)
            cases = CASES if options.all else CASES[:max(1, min(len(CASES), options.points // POINTS_OF_CASE))]
            parts = options.parts or list(PARTS)
            each = None if options.all else -(-options.points // len(cases))
            if number == 1 and "eyes" in parts:
                matrix.attempt(Point("eyes", *CASES[0], "-", "-", 0, "-", 0, "the judge"), 0)
            parts = [part for part in parts if part != "eyes"]
            for place, case in enumerate(cases if parts else []):
                if place % count == number - 1:
                    matrix.try_case(*case, parts, each, options.seed + place)
    finally:
        matrix.down()
    return matrix.told()


def divided(count, parts, seed):
    """So many points for each part. What is less than a point comes to another part with each seed."""
    whole, amounts, done = sum(SHARES[part] for part in parts), {}, 0
    start, reached = seed * 0.37 % 1, 0
    for part in parts:
        done += SHARES[part]
        until = count if done == whole else int(count * done / whole + start)
        amounts[part], reached = until - reached, until
    return amounts


class Matrix:
    def __init__(self, bench):
        self.bench, self.sites, self.cases = bench, {}, {}
        self.outcomes, self.stranded, self.tried = {}, [], 0
        self.started = time.monotonic()

    def down(self):
        for site in self.sites.values():
            site.stop_backend("kill")

    def case(self, site, route):
        if site not in self.sites:
            self.sites[site] = Site(self.bench, site)
        if (site, route) not in self.cases:
            self.cases[site, route] = Case(self.sites[site], route)
        return self.cases[site, route]

    def try_case(self, site, route, parts, count, seed):
        try:
            case = self.case(site, route)
        except (Failed, Stranded) as problem:
            raise Failed(f"{site} {route}: {problem}") from problem
        points = list(self.points(case, parts, count, seed))
        for point in points:
            self.attempt(point, self.tried)
            self.tried += 1
        self.sites[site].stop_backend("kill")
        print(f"  {site} {route}: {len(points)} points of {len(case.effects)} effects, {len(self.stranded)} stranded so far "
              f"({time.monotonic() - self.started:.0f} s)", flush=True)

    def points(self, case, parts, count, seed):
        chance, effects = random.Random(seed), case.effects
        last = phases(effects)[-1]
        # Keys of a rotation that encrypts nothing are not in the repository.
        parts = [part for part in parts if part != "state" or case.depth]
        amounts = dict.fromkeys(parts) if count is None else divided(count, parts, seed)
        wanted = {"effects": lambda phase, kind: True, "server": lambda phase, kind: kind == "statement" and phase > 0,
                  "state": lambda phase, kind: phase > 0, "order": lambda phase, kind: 0 < phase < last}
        for part in parts:
            for place, position in enumerate(spread(effects, amounts[part], seed, wanted[part])):
                hows = {"effects": HOWS, "server": ("crashes",)}.get(part, ("killsBefore", "killsAfter"))
                for how in hows if count is None else [hows[(seed + place) % len(hows)]]:
                    for end in ENDS if count is None else [ENDS[(seed + place // len(hows)) % 2]]:
                        yield Point(part, case.site.name, case.route, how, *among_its_kind(effects, position), end,
                                    chance.randrange(10**6), effects[position - 1])

    def attempt(self, point, number):
        case = self.case(point.site, point.route)
        try:
            case.site.renew()
            outcome = PARTS[point.part](case, point, number)
        except (Stranded, Failed, subprocess.TimeoutExpired, subprocess.CalledProcessError, KeyError, ValueError, OSError) as problem:
            outcome = "STRANDED"
            self.stranded.append(point)
            print(f"STRANDED at {point.effect.replace(str(case.site.folder), '')}: {type(problem).__name__}: {problem}\n"
                  f"  crash-matrix --repeat '{text(point)}'", flush=True)
            for words, more, result in case.site.output[-6:]:
                print(f"  {' '.join(map(str, words))} {more} ended with {result.returncode}\n"
                      + "\n".join("    " + line for line in (result.stdout[-1200:] + result.stderr[-1200:]).splitlines()), flush=True)
            self.mend()
        self.outcomes.setdefault(point.part, Counter())[outcome] += 1

    def mend(self):
        """For the next point, whatever this one left."""
        if not self.bench.is_server_there():
            self.bench.control("start")
        if not self.bench.is_redis_there():
            self.bench.stop_redis()
            self.bench.start_redis()

    def told(self):
        for part, outcomes in self.outcomes.items():
            print(f"  {part}: {sum(outcomes.values())} points: "
                  + ", ".join(f"{times} {outcome}" for outcome, times in sorted(outcomes.items())), flush=True)
        self.outcomes.pop("eyes", None)
        points = sum(times for some in self.outcomes.values() for outcome, times in some.items() if outcome != NOT_REACHED)
        print(f"crash-matrix: {points} points, {len(self.stranded)} stranded "
              f"({time.monotonic() - self.started:.0f} s)", flush=True)
        if self.outcomes and not points:
            raise Failed("nothing came about")
        return len(self.stranded)
