"""What every part of the test uses: names, programs to run, and how a failure is told."""
import json
import os
import socket
import subprocess
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent
ROOT = HERE.parent.parent
STACK = HERE / "Stack"
FIXTURES = ROOT / "Tests" / "Fixtures"
# Where infisical-ops and ops-victim lie, and the document that promises what their JSON holds: of this tree, or of another.
BUILT = Path(os.environ.get("INSTANCE_TEST_PROGRAMS", ROOT / ".build" / "debug"))
SCRIPTING = Path(os.environ.get("INSTANCE_TEST_SCRIPTING", ROOT / "docs" / "scripting.md"))
# Of several instances beside each other, this is the one with the number, from 1.
NUMBER, STACKS = map(int, os.environ.get("INSTANCE_TEST_SHARE", "1/1").split("/"))
with socket.create_server(("127.0.0.1", 0)) as listener:
    PORT = listener.getsockname()[1]
NAME = "stack" if NUMBER == 1 else f"stack{NUMBER}"
NETWORK = f"{NAME}_default"
PREFIX = "infisical" if NUMBER == 1 else f"infisical-{NUMBER}"
BACKEND, DATABASE, REDIS = f"{PREFIX}-backend", f"{PREFIX}-db", f"{PREFIX}-redis"


class Failed(Exception):
    pass


def run(*words, check=True, **options):
    result = subprocess.run([str(word) for word in words], capture_output=True, text=True, timeout=300, **options)
    if check and result.returncode != 0:
        raise Failed(f"{' '.join(map(str, words))} ended with {result.returncode}: {result.stderr.strip()[-600:]}")
    return result


def docker(*words, **options):
    return run("docker", *words, **options).stdout.strip()


def require(condition, message):
    if not condition:
        raise Failed(message)


def inspect(name):
    return json.loads(docker("inspect", name))[0]


def wait_until(condition, seconds):
    end = time.monotonic() + seconds
    while not condition():
        require(time.monotonic() < end, "the state did not come about")
        time.sleep(0.3)
