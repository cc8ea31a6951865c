"""The runbooks, word for word, each on an instance in the state that it is for."""
import re
import shlex
import shutil

from .common import ROOT, require, run
from .in_place import ensure_backup

# Where one of these is missing, the page is about another instance.
LEAKED_KEY = ("rotate encryption-key --depth rekey --stored-copies list --yes",
              "rotate auth-secret --stored-copies list --yes", "census --live")
LOST_KEY = ("status", "restore latest --files ./kept", "keys label --key-file ./kept/.env", "restart --recreate --yes")


def runbooks(instance):
    for lived in (leaked_key, lost_key):
        ensure_backup(instance)
        lived(instance)
        instance.renew()


def leaked_key(instance):
    # The fixture keeps its own keys as secrets, which are left.
    Page("leaked-key", instance, LEAKED_KEY).live(lambda command: 2 if "--stored-copies" in command else 0)


def lost_key(instance):
    page = Page("lost-key", instance, LOST_KEY)
    before = instance.running("ENCRYPTION_KEY")
    instance.recreate(INFISICAL_ENCRYPTION_KEY="00112233445566778899aabbccddeeff")
    page.live()
    require(instance.running("ENCRYPTION_KEY") == before and instance.truth()[0], "lost-key: the instance afterwards")


class Page:
    """The commands of a page in their order. One that is to end with another code than 0 says so behind it."""

    def __init__(self, name, instance, needed):
        self.name, self.instance = name, instance
        text = (ROOT / "docs" / "runbooks" / f"{name}.md").read_text().replace("/srv/infisical", str(instance.stack))
        blocks = re.findall(r"^```sh\n(.*?)^```", text, re.M | re.S)
        lines = [line for block in blocks for line in block.splitlines() if line]
        self.commands = [(shlex.split(line, comments=True), int((re.findall(r"# ends with (\d+)", line) or [0])[0]))
                         for line in lines]
        # The page begins in a folder that has none.
        shutil.rmtree(instance.folder / "kept", ignore_errors=True)
        said = [" ".join(words[1:]) for words, _ in self.commands if words[0] == "infisical-ops"]
        missing = [one for one in needed if not any(command.startswith(one) for command in said)]
        require(not missing, f"{name}: it does not say {missing}")

    def live(self, allowed=lambda words: 0):
        for words, expected in self.commands:
            if words[0] == "infisical-ops":
                ended = self.instance.ops(*words[1:], exit=None)
            else:
                ended = run(*words, cwd=self.instance.folder, check=False)
            require(ended.returncode in (expected, allowed(words)),
                    f"{self.name}: {' '.join(words)}: {ended.returncode}: {ended.stdout[-400:]}{ended.stderr[-800:]}")
        print(f"  {self.name}: {len(self.commands)} commands, each ended as the page says", flush=True)
