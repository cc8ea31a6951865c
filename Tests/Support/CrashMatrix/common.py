"""What every part of the crash matrix uses."""
import os
import socket
import subprocess
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
SUPPORT = HERE.parent
ROOT = SUPPORT.parent.parent
FIXTURES = ROOT / "Tests" / "Fixtures"
# Of several benches beside each other, this is the one with the number, from 1.
NUMBER, BENCHES = map(int, os.environ.get("CRASH_MATRIX_SHARE", "1/1").split("/"))


class Failed(Exception):
    """The test itself does not work."""


class Stranded(Exception):
    """What must hold after a rotation that was stopped does not."""


def require(condition, message):
    if not condition:
        raise Stranded(message)


def run(*words, check=True, timeout=600, **options):
    result = subprocess.run([str(word) for word in words], capture_output=True, text=True, timeout=timeout,
                            stdin=subprocess.DEVNULL, **options)
    if check and result.returncode != 0:
        raise Failed(f"{' '.join(map(str, words))} ended with {result.returncode}: {result.stderr.strip()[-1500:]}")
    return result


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def wait_until(condition, seconds, what):
    end = time.monotonic() + seconds
    while not condition():
        require(time.monotonic() < end, f"{what}: not within {seconds} s")
        time.sleep(0.05)
