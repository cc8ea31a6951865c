"""The JSON of every answer has the members that docs/scripting.md promises, and no others."""
import json
import re

from .common import SCRIPTING, require


def documented():
    """The members of each JSON object, by schema, as docs/scripting.md promises them."""
    table = {}
    for line in SCRIPTING.read_text().splitlines():
        if line.startswith("| `") and "infisical-ops/" in line:
            _, _, schema, members, *_ = line.split("|")
            outside, before = members, None
            while outside != before:
                outside, before = re.sub(r"\([^()]*\)", "", outside), outside
            table[schema.strip(" `")] = {member.split(":")[0].strip(" `") for member in outside.split(",")}
    return table


def hold_to_contract(result):
    """Every object has members that are documented, and no others."""
    for line in result.stdout.splitlines():
        value = json.loads(line)
        schema = value.pop("schema")
        is_plan = schema.endswith("-plan/1") and schema not in DOCUMENTED
        promised = PLAN if is_plan else DOCUMENTED[schema]
        extra = set(value) - promised - {"time", "fault"}
        require(not extra, f"{schema}: {extra} is not documented")


DOCUMENTED = documented()
# Those of most commands are told of in a sentence, not in the table.
PLAN = {"steps", "warnings", "exit", "reason"}
