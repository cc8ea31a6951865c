"""What happens between the start of the process and the first request; every way to fail prints what a real server
prints, and ends as it ends."""
import errno
import re
import socket
import sys
import time

import psycopg2

from keys import EnvironmentKeys, Hierarchy
from logs import fail, log
from root import Root
from stores import Database, Redis

def check_environment(environment):
    for name in ("AUTH_SECRET", "REDIS_URL"):
        if not (environment.get(name) or "").strip():
            log(50, "Invalid environment variables. Check the error below")
            import json
            record = {"level": 50, "time": int(time.time() * 1000), "hostname": socket.gethostname(),
                      "0": {"code": "invalid_type", "expected": "string", "received": "undefined", "path": [name],
                            "message": "Required"}, "severity": "ERROR"}
            print(json.dumps(record, separators=(",", ":")), flush=True)
            sys.exit(255)


def connect_database(environment):
    database = Database(environment)
    try:
        database.connect()
    except psycopg2.OperationalError as error:
        text = str(error)
        target = re.search(r'at "([^"]*)"(?: \(([^)]*)\))?, port (\d+)', text)
        if "could not translate host name" in text:
            host = re.search(r'host name "([^"]*)"', text).group(1)
            fail(f"getaddrinfo ENOTFOUND {host}", type="Error", errno=-3008, code="ENOTFOUND",
                 syscall="getaddrinfo", hostname=host)
        if "does not exist" in text and "database" in text:
            name = re.search(r'database "([^"]*)"', text).group(1)
            fail(f'database "{name}" does not exist', type="DatabaseError", name="error", severity="FATAL",
                 code="3D000", file="postinit.c", routine="InitPostgres")
        if "is not currently accepting connections" in text:
            name = re.search(r'database "([^"]*)" is not', text).group(1)
            fail(f'database "{name}" is not currently accepting connections', type="DatabaseError", name="error",
                 severity="FATAL", code="55000", file="postinit.c", routine="CheckMyDatabase")
        if "password authentication failed" in text:
            user = re.search(r'user "([^"]*)"', text).group(1)
            fail(f'password authentication failed for user "{user}"', type="DatabaseError", name="error",
                 severity="FATAL", code="28P01", file="auth.c", routine="auth_failed")
        address, port = (target.group(2) or target.group(1), target.group(3)) if target else ("?", "?")
        word = "ETIMEDOUT" if "timeout" in text or "timed out" in text else "ECONNREFUSED"
        fail(f"connect {word} {address}:{port}", type="Error", errno=-111, code=word, syscall="connect",
             address=address, port=int(port) if port.isdigit() else port)
    return database


def check_schema(database, environment):
    """Migrations are not imitated, only what keeps them from running; `STANDIN_PENDING` says that there are some. With
    none to run a held lock is not even looked at, as on the real server."""
    if not database.has("super_admin"):
        fail('select "super_admin".* from "super_admin" where "super_admin"."id" = $1 limit $2 - relation '
             '"super_admin" does not exist', type="DatabaseError", name="error", severity="ERROR", code="42P01")
    if environment.get("STANDIN_PENDING") and database.has("infisical_migrations_lock"):
        log(30, "Running application migrations.")
        row = database.first("SELECT max(is_locked) AS locked FROM infisical_migrations_lock")
        if row and row["locked"]:
            log(50, "Boot up migration failed", err={
                "type": "LockError", "message": "Migration table is already locked", "name": "MigrationLocked"})
            sys.exit(1)


def wait_for_redis(redis):
    deadline = time.monotonic() + 15
    while True:
        try:
            redis.command("PING", timeout=2)
            return
        except OSError:
            print(f"[ioredis] Unhandled error event: Error: connect ECONNREFUSED {redis.host}:{redis.port}",
                  file=sys.stderr, flush=True)
            if time.monotonic() > deadline:
                for _ in range(3):
                    print(f"Error: connect ECONNREFUSED {redis.host}:{redis.port}\n  errno: -111,\n"
                          "  code: 'ECONNREFUSED',\n  syscall: 'connect',\n"
                          f"  address: '{redis.host}',\n  port: {redis.port}\n}}", file=sys.stderr, flush=True)
                fail("Plugin did not start in time: 'registerRoutes'. You may have forgotten to call 'done' function "
                     "or to resolve a Promise", type="AvvioError", code="AVV_ERR_READY_TIMEOUT", name="AvvioError")
            time.sleep(1)


def is_fips(database, environment):
    """Section 3.3."""
    if (environment.get("FIPS_ENABLED") or "").strip() != "true" or not database.has("super_admin", "fipsEnabled"):
        return False
    row = database.first('SELECT "fipsEnabled" AS is_on FROM super_admin LIMIT 1')
    return row is None or row["is_on"]


def boot(environment):
    check_environment(environment)
    database = connect_database(environment)
    check_schema(database, environment)
    redis = Redis(environment["REDIS_URL"])
    keys = EnvironmentKeys(environment, is_fips(database, environment))
    wait_for_redis(redis)
    root = Root(database, keys, environment)
    root.run_weekly()
    print("Checking configurations...\nTesting smtp connection\nSMTP - Failed to connect to undefined:587\n"
          "Testing Postgres connection\nPostgreSQL - Connected successfully\nTesting redis connection\n"
          "Redis successfully connected", flush=True)
    log(30, "KMS: Loading ROOT Key into Memory.")
    log(50, "connect ECONNREFUSED 127.0.0.1:587", err={
        "type": "Error", "message": "connect ECONNREFUSED 127.0.0.1:587", "errno": -errno.ECONNREFUSED,
        "code": "ESOCKET", "syscall": "connect", "address": "127.0.0.1", "port": 587, "command": "CONN"})
    return database, redis, root, Hierarchy(database, keys, root)
