"""Lines of the log, as a real server prints them."""
import json
import socket
import sys
import time

LEVELS = {30: "INFO", 40: "WARN", 50: "ERROR"}


def log(level, message, **more):
    record = {"level": level, "time": int(time.time() * 1000), "hostname": socket.gethostname(),
              "severity": LEVELS[level], **more, "msg": message}
    print(json.dumps(record, separators=(",", ":"), ensure_ascii=False), flush=True)


def fail(message, code=1, **error):
    log(50, message, err={**error, "message": message})
    sys.exit(code)
