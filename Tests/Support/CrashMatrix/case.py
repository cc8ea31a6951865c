"""One kind of rotation of one instance, and what is true before it."""
import json
import re
import secrets
from base64 import b64decode, b64encode

from .common import SUPPORT, Failed, require, run
from .site import DATABASE, VICTIM

VARIABLES = ("ENCRYPTION_KEY", "ROOT_ENCRYPTION_KEY", "AUTH_SECRET")
# What a rotation must leave as it was.
KEPT = ("values", "closed", "misnamed", "indexes", "problems", "boxes", "members", "times", "triggers")


class Case:
    def __init__(self, site, route):
        self.site, self.route = site, route
        self.depth = None if route == "auth-secret" else route
        site.renew()
        self.old_env = site.env_file.read_bytes()
        self.changes = self.new_values()
        self.new_env = self.replaced()
        self.key_file = site.folder / f"new-{route}.env"
        self.key_file.write_text("".join(f"{name}={new}\n" for name, (_, new) in self.changes.items()))
        self.key_file.chmod(0o600)
        self.before = self.decrypted()
        self.effects = self.listed()

    def new_values(self):
        found = dict(re.findall(r"(?m)^((?:INFISICAL_)?(?:" + "|".join(VARIABLES) + r"))=(.*)$", self.old_env.decode()))
        changes = {}
        for name, old in found.items():
            variable = name.removeprefix("INFISICAL_")
            if (variable == "AUTH_SECRET") == (self.depth is None):
                changes[name] = (old, secrets.token_hex(16) if variable == "ENCRYPTION_KEY"
                                 else b64encode(secrets.token_bytes(32)).decode())
        return changes

    def replaced(self):
        env = self.old_env
        for name, (old, new) in self.changes.items():
            line = f"{name}={old}\n".encode()
            if env.count(line) != 1:
                raise Failed(f"the env file has {name} not once")
            env = env.replace(line, f"{name}={new}\n".encode())
        return env

    @property
    def words(self):
        more = ("--depth", self.depth, "--untried-era") if self.depth else ()
        return ("rotate", "encryption-key" if self.depth else "auth-secret", *more, "--new-key-file", str(self.key_file),
                "--stored-copies", "list", "--yes")

    def listed(self):
        """The effects of a rotation to which nothing happens, which must be right, too."""
        written = self.site.folder / "effects"
        self.site.ops(*self.words, program=VICTIM, exit=None, OPS_VICTIM_LIST=str(written))
        code = self.site.output[-1][2].returncode
        if code not in (0, 2):
            raise Failed(f"{self.site.name} {self.route}: {self.site.output[-1][2].stderr[-1500:]}")
        return written.read_text().splitlines()

    # The database, by a program that shares nothing with the one that is tried

    def decrypted(self, dead=()):
        known = self.site.folder / "dead.json"
        known.write_text(json.dumps({"keys": list(dead)}))
        found = json.loads(run(SUPPORT / "rekeying" / "decryptor", f"host=127.0.0.1 port={self.site.bench.port} user=postgres "
                               f"dbname={DATABASE}", self.site.env_file, "--keys", "--dead", known).stdout)
        # Rows come in the order in which they lie, which a rotation changes.
        return found | {name: sorted(found[name]) for name in ("closed", "dead", "misnamed", "indexes", "problems")}

    def dead(self, is_new):
        """The keys that may open nothing, in hex."""
        if self.depth in (None, "native"):
            return []
        own = [value[is_new is False].encode().hex() for value in self.changes.values()]
        own += [key for key in (in_hex(value[is_new is False]) for value in self.changes.values()) if key]
        # Keys that are still in use are left out by the decryptor itself.
        return own + (self.before["keys"] if is_new and self.depth in ("deep", "rekey") else [])

    def require_data(self, is_new):
        after = self.decrypted(self.dead(is_new))
        for name in KEPT:
            # The row that keeps the old key for a while is not for the new one.
            if not (name == "problems" and self.depth == "native"):
                require(self.before[name] == after[name], f"{name} differ: {differing(self.before[name], after[name])}")
        require(after["dead"] == [], f"opens with a key that is none any more: {after['dead'][:5]}")


def in_hex(text):
    try:
        return b64decode(text, validate=True).hex()
    except ValueError:
        return None


def differing(before, after):
    if isinstance(before, dict) and isinstance(after, dict):
        before, after = [f"{k}: {v}" for k, v in before.items()], [f"{k}: {v}" for k, v in after.items()]
    if isinstance(before, list) and isinstance(after, list):
        return f"gone {[x for x in before if x not in after][:5]}, new {[x for x in after if x not in before][:5]}"
    return f"{before} before, {after} after"
