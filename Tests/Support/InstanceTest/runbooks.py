"""The runbooks, word for word."""
import re

from .common import ROOT, require
from .in_place import ensure_backup

# Where one of these is missing, the page is about another instance.
LEAKED_KEY = ("rotate encryption-key --depth rekey --stored-copies list --yes",
              "rotate auth-secret --stored-copies list --yes", "census --live")


def runbooks(instance):
    ensure_backup(instance)
    page("leaked-key", instance, LEAKED_KEY)
    instance.renew()


def page(name, instance, needed):
    text = (ROOT / "docs" / "runbooks" / f"{name}.md").read_text()
    blocks = re.findall(r"^```sh\n(.*?)^```", text, re.M | re.S)
    commands = [line.removeprefix("infisical-ops ").split() for block in blocks for line in block.splitlines() if line]
    said = [" ".join(words) for words in commands]
    require(all(any(command.startswith(one) for command in said) for one in needed), f"{name}: it only says {said}")
    for words in commands:
        # The fixture keeps its own keys as secrets, which are left.
        ended = instance.ops(*words, exit=None)
        allowed = (0, 2) if "--stored-copies" in words and "--yes" in words else (0,)
        require(ended.returncode in allowed, f"{name}: {' '.join(words)}: {ended.returncode}: {ended.stderr[-800:]}")
    print(f"  {name}: {len(commands)} commands, each ended as the page says", flush=True)
